// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { COMMANDS, commandsText, invocationOf, programFrom, PROGRAMS, wordsOf } from "./program.ts";

Deno.test("the name a program is called by decides its command", () => {
  const cases: [string, string, string | undefined][] = [
    ["parasync", "parasync", undefined],
    ["/usr/local/bin/parasync", "parasync", undefined],
    ["./parasync-server", "parasync-server", "serve"],
    ["/opt/x/parasync-client", "parasync-client", "push"],
    ["C:\\bin\\parasync-client.exe", "parasync-client", "push"],
    ["./parasync_http_server", "parasync_http_server", "parasync_http_server"],
    ["parasync_http_client.EXE", "parasync_http_client", "parasync_http_client"],
    ["/home/serve/deno", "parasync", undefined],
    ["version", "parasync", undefined],
    ["push", "parasync", undefined],
    ["constructor", "parasync", undefined],
    ["", "parasync", undefined],
  ];
  for (const [argv0, name, command] of cases) {
    const program = programFrom(argv0);
    assertEquals([program.name, program.command], [name, command], argv0);
  }
});

Deno.test("a command is invoked by the program's own name where it has one", () => {
  assertEquals(invocationOf("push", programFrom("parasync")), "parasync push");
  assertEquals(invocationOf("push", programFrom("parasync-client")), "parasync-client");
  assertEquals(invocationOf("serve", programFrom("parasync-client")), "parasync serve");
});

Deno.test("commands are named to people by what they are, where they are all of a kind", () => {
  const servers = PROGRAMS.filter((name) => name.endsWith("_http_server"));
  const names = ["serve", ...servers, "parasync_test"] as Parameters<typeof commandsText>[0];
  assertEquals(commandsText(names), "serve, parasync_test, the original's servers");
});

Deno.test("every program has a role of its own but parasync, which takes it from its argument", () => {
  for (const name of PROGRAMS) {
    const { command } = programFrom(name);
    assertEquals(command === undefined, name === "parasync", name);
  }
});

Deno.test("arguments that are no files have words to choose from, or none", () => {
  assertEquals([wordsOf("NEW"), wordsOf("[SIG]"), wordsOf("URL")], [undefined, undefined, []]);
  assertEquals(wordsOf("[HW]"), ["0", "1"]);
  assert(wordsOf("[COMMAND]")?.every((word) => Object.hasOwn(COMMANDS, word)));
});

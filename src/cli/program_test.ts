// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { invocationOf, programFrom } from "./program.ts";

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

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FAILURES } from "../errors.ts";
import { environmentVariable } from "./flag_spec.ts";
import { commandHelp, programHelp } from "./help_text.ts";
import { flagsOf } from "./options.ts";
import { unpainted } from "./output/paint.ts";
import { type CommandName, COMMANDS } from "./program.ts";

const NAMES = Object.keys(COMMANDS) as CommandName[];
const PLAIN = { colour: false, width: 80 };

Deno.test("a command's help names every flag it takes, its variable, its default and aliases", () => {
  for (const command of NAMES) {
    const text = commandHelp(command, `parasync ${command}`, { colour: false, width: 1000 });
    for (const [name, spec] of flagsOf(command)) {
      assert(new RegExp(`--${name}(=|\\s|\\[=)`).test(text), `${command}: --${name}`);
      assertStringIncludes(text, environmentVariable(name));
      for (const alias of spec.aliases ?? []) assertStringIncludes(text, `--${alias}`);
    }
  }
  const original = commandHelp("parasync_http_client", "parasync_http_client", PLAIN);
  assertStringIncludes(original, "Usage: parasync_http_client [FLAGS]");
  assertStringIncludes(original, "default 4;");
});

Deno.test("the program's help names every command and every exit code", () => {
  const text = programHelp(PLAIN);
  const named = [...text.matchAll(/^ {2}(?:\{(\S+)\})?([a-z_]+)/gm)].flatMap(([, schemes, name]) =>
    (schemes ?? "").split(",").map((scheme) => `${scheme}${name}`)
  );
  for (const name of NAMES) assert(named.includes(name), name);
  const codes = text.slice(text.indexOf("Exit codes"));
  for (const { exit } of Object.values(FAILURES)) {
    assert(new RegExp(`\\b${exit}\\s+[a-z]`).test(codes), `exit code ${exit}`);
  }
});

Deno.test("the original's programs have a line a kind, and each names its scheme in its own help", () => {
  const text = programHelp({ colour: false, width: 1000 });
  assertEquals(text.match(/^ {2}\S+_(?:http_server|http_client|test)\b/gm)?.length, 3);
  for (const name of NAMES.filter((each) => COMMANDS[each].original)) {
    const scheme = name.replace(/_(?:http_server|http_client|test)$/, "");
    assertMatch(commandHelp(name, name, PLAIN).split("\n")[0]!, new RegExp(`\\b${scheme}\\b`));
  }
});

Deno.test("the help of signature says that a place needs its =, that of local does not", () => {
  const style = { colour: false, width: 1000 };
  const text = commandHelp("signature", "parasync signature", style);
  assertMatch(text, /--store\[=cache\|beside\|off\|DIR\] [^\n]*\n[^-]*a value needs its =/);
  assertMatch(commandHelp("local", "parasync local", style), /--store=cache\|beside\|off\|DIR /);
});

Deno.test("every command of a person's own has examples that begin with it", () => {
  for (
    const name of NAMES.filter((each) =>
      !COMMANDS[each].original && each !== "version" && each !== "help"
    )
  ) {
    assertMatch(
      commandHelp(name, `parasync ${name}`, PLAIN),
      new RegExp(`Examples\n  parasync ${name}[ \n]`),
    );
  }
});

Deno.test("help fits the terminal, with no blanks at the ends of lines", () => {
  for (const width of [80, 100, 200]) {
    const style = { colour: false, width };
    for (
      const text of [
        programHelp(style),
        ...NAMES.map((name) => commandHelp(name, name, style)),
      ]
    ) {
      assert(text.endsWith("\n") && !text.endsWith("\n\n"));
      for (const line of text.split("\n")) {
        assert(line.length <= Math.min(width, 100), `${line.length}: ${line}`);
        assert(!line.endsWith(" "), `"${line}"`);
      }
    }
  }
});

Deno.test("help survives any width, and colours only style it", () => {
  for (let width = 1; width < 80; width++) {
    programHelp({ colour: false, width });
    commandHelp("serve", "parasync serve", { colour: false, width });
  }
  assertEquals(unpainted(programHelp({ ...PLAIN, colour: true })), programHelp(PLAIN));
});

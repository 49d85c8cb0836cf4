// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
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
      assert(new RegExp(`--${name}(=|\\s)`).test(text), `${command}: --${name}`);
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
  for (const name of NAMES) assertStringIncludes(text, `  ${name}`);
  const codes = text.slice(text.indexOf("Exit codes"));
  for (const { exit } of Object.values(FAILURES)) {
    assert(new RegExp(`\\b${exit}\\s+[a-z]`).test(codes), `exit code ${exit}`);
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

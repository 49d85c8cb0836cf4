// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { camelCase, environmentVariable, type FlagSpec } from "./flag_spec.ts";
import { FLAGS } from "./flags.ts";
import { defaultFor, flagsOf } from "./options.ts";
import { parseArguments } from "./parse.ts";
import { type CommandName, COMMANDS, isCommandName } from "./program.ts";

const ROWS = Object.entries(FLAGS) as [keyof typeof FLAGS, FlagSpec][];

/** Settings that say nothing. */
const EMPTY_SETTINGS = fileURLToPath(new URL("./testdata/settings.json", import.meta.url));

/** A value that a flag takes and that is not its default. */
function otherValue(spec: FlagSpec, command: CommandName): string {
  switch (spec.kind) {
    case "boolean":
      return spec.default === "on" ? "off" : "on";
    case "int":
      return String(Math.min(spec.max, 251));
    case "choice":
      return spec.choices.findLast((choice) => choice !== defaultFor(spec, command)) ??
        spec.choices[0] ?? "";
    case "bytes":
      return "3MiB";
    case "duration":
      return "7s";
    case "chunk_sizes":
      return "1KiB:2KiB:4KiB";
    case "string":
      return "something";
  }
}

for (const [name, spec] of ROWS) {
  Deno.test(`--${name} is set by flag and by ${environmentVariable(name)} alike`, async () => {
    for (const command of spec.commands) {
      const needed = COMMANDS[command].positionals.map((_, place) => `p${place}`);
      const required = flagsOf(command).filter(([other, of]) => of.required && other !== name)
        .map(([other]) => `--${other}=x`);
      const read = async (args: string[], env: Readonly<Record<string, string>>) => {
        const all = [...required, ...args, ...needed];
        const { values } = await parseArguments(command, all, (variable) => env[variable]);
        return (values as Record<string, unknown>)[camelCase(name)];
      };
      // A file of settings is read at once.
      const text = name === "config" ? EMPTY_SETTINGS : otherValue(spec, command);
      const byFlag = await read([`--${name}=${text}`], {});
      assertEquals(await read([], { [environmentVariable(name)]: text }), byFlag);
      const several = spec.kind !== "choice" || spec.choices.length > 1;
      if (!spec.required && several) assertNotEquals(await read([], {}), byFlag);
    }
  });
}

Deno.test("names, aliases and letters are unambiguous in every command", () => {
  for (const command of Object.keys(COMMANDS) as CommandName[]) {
    const seen = new Set<string>(["help", "h", "version", "V"]);
    for (const [name, spec] of flagsOf(command)) {
      const all = [name, ...spec.aliases ?? [], ...spec.short === undefined ? [] : [spec.short]];
      if (spec.kind === "boolean" || (spec.kind === "choice" && spec.negated)) {
        all.push(`no${name}`, `no-${name}`);
      }
      for (const each of all.map((one) => one.replaceAll("_", "-"))) {
        assert(!seen.has(each), `${command} knows --${each} twice`);
        seen.add(each);
      }
    }
  }
});

Deno.test("every row has a help line in the house's form and only commands that exist", () => {
  for (const [name, spec] of ROWS) {
    assert(/^[A-Z].*[^.]$/.test(spec.help), `--${name}: ${spec.help}`);
    assert(spec.commands.length > 0 && spec.commands.every(isCommandName), name);
    const overridden = Object.keys(spec.defaults ?? {});
    assert(overridden.every((each) => spec.commands.some((one) => one === each)), name);
    assert(overridden.length === 0 || spec.default !== undefined, name);
  }
});

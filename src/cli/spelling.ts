import { ParasyncError } from "../errors.ts";
import { printable } from "../telemetry/printable.ts";
import { type FlagSpec, mayStandAlone } from "./flag_spec.ts";
import { isChoice } from "./flag_value.ts";
import type { FlagName } from "./flags.ts";
import { flagsOf } from "./options.ts";
import type { CommandName } from "./program.ts";

/** A flag as the spellings of a command lead to it. */
interface Spelled {
  readonly name: FlagName;
  readonly spec: FlagSpec;
}

/** `-` and `_` are the same in a flag's name, as in the original's `thread_num` and our `max-body`. */
function folded(name: string): string {
  return name.replaceAll("_", "-");
}

/**
 * Every name by which `command` knows a flag: canonical, aliases and letters.
 *
 * @returns From the name with `_` folded to `-`.
 */
function spellingsOf(command: CommandName): Map<string, Spelled> {
  const spellings = new Map<string, Spelled>();
  for (const [name, spec] of flagsOf(command)) {
    const names = [name, ...spec.aliases ?? [], ...spec.short === undefined ? [] : [spec.short]];
    for (const each of names) spellings.set(folded(each), { name, spec });
  }
  return spellings;
}

/** Thrown for a flag that the command does not have, so that the reporter can look for the nearest. */
export class UnknownFlag extends Error {
  /** @param flag Its name without dashes and value. */
  constructor(readonly flag: string) {
    super(`Unknown flag ${flag}`);
  }
}

function missingValue(written: string): ParasyncError {
  return new ParasyncError("usage", `Cannot use ${printable(written, 80)}: a value is missing`);
}

/** What `--nox` means where there is such a form. */
function negationOf(name: string, spellings: Map<string, Spelled>): [Spelled, string] | undefined {
  if (!name.startsWith("no")) return undefined;
  const flag = spellings.get(name.slice(2)) ?? spellings.get(name.slice(name[2] === "-" ? 3 : 2));
  if (flag?.spec.kind === "boolean") return [flag, "false"];
  if (flag?.spec.kind === "choice" && flag.spec.negated) return [flag, flag.spec.negated];
  return undefined;
}

/**
 * Rewrites the spellings that gflags takes (one dash or two, `--x=v` or `--x v`, `--x`, `--nox`, `--no-x`,
 * aliases) into one: `--name=value` for each flag, then `--`, then the positional arguments. What the
 * arguments mean is not looked at, except that a choice that may stand alone takes the next argument only
 * where that is one of its words.
 *
 * @param args The arguments after the command's name.
 * @param command The command.
 * @returns The arguments in their one spelling.
 * @throws {UnknownFlag} for a flag that the command does not have.
 * @throws {ParasyncError} `usage` where a value is missing or too much.
 */
export function canonicalArguments(args: readonly string[], command: CommandName): string[] {
  const spellings = spellingsOf(command);
  const flags: string[] = [];
  const positionals: string[] = [];
  let at = 0;
  while (at < args.length) {
    const arg = args[at++] ?? "";
    if (arg === "--") {
      positionals.push(...args.slice(at));
      break;
    }
    const match = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(arg);
    if (match === null) {
      if (/^-[-=]/.test(arg)) throw new UnknownFlag(arg.replace(/^-+/, ""));
      positionals.push(arg);
      continue;
    }
    const name = folded(match[1] ?? "");
    let value = match[2];
    let flag = spellings.get(name);
    if (flag === undefined) {
      const negation = negationOf(name, spellings);
      if (negation === undefined) throw new UnknownFlag(match[1] ?? "");
      if (value !== undefined) {
        throw new ParasyncError("usage", `Cannot use ${printable(arg, 80)}: it takes no value`);
      }
      [flag, value] = negation;
    }
    const { spec } = flag;
    if (value === undefined) {
      const next = args[at];
      if (spec.kind === "boolean") {
        value = "true";
      } else if (spec.kind === "choice" && spec.bare !== undefined) {
        value = next !== undefined && isChoice(next, spec) ? args[at++] : spec.bare;
      } else if (mayStandAlone(spec, command)) {
        // What follows may as well be a file: a value needs its `=`.
        value = "";
      } else {
        if (next === undefined) throw missingValue(arg);
        value = next;
        at++;
      }
    }
    flags.push(`--${flag.name}=${value}`);
  }
  return [...flags, "--", ...positionals];
}

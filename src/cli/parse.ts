// @ts-types="../types/std_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import { ParasyncError } from "../errors.ts";
import { printable } from "../telemetry/printable.ts";
import type { ConfiguredFlag } from "./config_file.ts";
import { camelCase, environmentVariable, type FlagSpec, mayStandAlone } from "./flag_spec.ts";
import { type FlagValue, readFlagValue } from "./flag_value.ts";
import type { FlagName } from "./flags.ts";
import { defaultFor, flagsOf, type OptionsOf } from "./options.ts";
import {
  type CommandName,
  COMMANDS,
  invocationOf,
  isCommandName,
  type Program,
  programFrom,
} from "./program.ts";
import { canonicalArguments, UnknownFlag } from "./spelling.ts";

/** Reads one environment variable; `undefined` where it is not set. */
export type ReadEnvironment = (name: string) => string | undefined;

/** What a command was told. */
export interface Parsed<Command extends CommandName> {
  /** The command. */
  readonly command: Command;
  /** The value of each of its flags. */
  readonly values: OptionsOf<Command>;
  /** Its positional arguments, as many as it takes. */
  readonly positionals: readonly string[];
  /** The flags that stood in the arguments themselves, not in the environment. */
  readonly given: ReadonlySet<FlagName>;
  /** Those of them that stood alone, without the value that they may have. */
  readonly alone: ReadonlySet<FlagName>;
}

/** {@linkcode Parsed} of any command, told apart by `command`. */
export type ParsedCommand = { [Command in CommandName]: Parsed<Command> }[CommandName];

const HELP = /^(?:--?help|-h)$/;
const VERSION = /^(?:--?version|-V)$/;

async function unknownFlag(
  flag: string,
  command: CommandName,
  program: Program,
): Promise<ParasyncError> {
  const { adviseFlag } = await import("./advice.ts");
  return new ParasyncError("usage", adviseFlag(flag, command, invocationOf(command, program)));
}

function textsOf(
  name: FlagName,
  spec: FlagSpec,
  given: unknown,
  env: ReadEnvironment,
  settings?: ReadonlyMap<string, ConfiguredFlag>,
): { readonly texts: readonly string[]; readonly source: string } | undefined {
  if (typeof given === "string") return { texts: [given], source: `--${name}` };
  if (Array.isArray(given) && given.length > 0) return { texts: given, source: `--${name}` };
  for (const each of [name, ...spec.aliases ?? []]) {
    const source = environmentVariable(each);
    const text = env(source);
    if (text !== undefined && text !== "") {
      return { texts: spec.repeatable ? text.split(",") : [text], source };
    }
  }
  return settings?.get(name);
}

/** What stands in the file that `--config` names, if the command has that flag and it is given. */
async function settingsOf(
  command: CommandName,
  flags: readonly [FlagName, FlagSpec][],
  given: unknown,
  env: ReadEnvironment,
): Promise<ReadonlyMap<string, ConfiguredFlag> | undefined> {
  const spec = flags.find(([name]) => name === "config")?.[1];
  const file = spec && textsOf("config", spec, given, env)?.texts.at(-1);
  if (file === undefined) return undefined;
  const { readConfigFile } = await import("./config_file.ts");
  return readConfigFile(file, command);
}

function checkMissing(command: CommandName, missing: readonly string[], usage: string): void {
  if (missing.length === 0) return;
  const names = `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"}`;
  throw new ParasyncError("usage", `Cannot run ${command}: ${names} missing (see ${usage} --help)`);
}

function checkPositionals(
  command: CommandName,
  positionals: readonly string[],
  usage: string,
): void {
  const wanted: readonly string[] = COMMANDS[command].positionals;
  const missing = wanted.slice(positionals.length).filter((name) => !name.startsWith("["));
  checkMissing(command, missing, usage);
  if (positionals.length > wanted.length) {
    const extra = printable(positionals[wanted.length] ?? "", 80);
    const takes = wanted.length === 0 ? "no arguments" : `only ${wanted.join(" ")}`;
    throw new ParasyncError(
      "usage",
      `Cannot use argument ${extra}: ${command} takes ${takes} (see ${usage} --help)`,
    );
  }
}

/**
 * Reads the arguments of one command: a flag before its environment variable before the file of settings before its
 * default, and the last of a flag given twice.
 *
 * @param command The command.
 * @param args The arguments after its name.
 * @param env The environment.
 * @param program The program it was called by, for hints.
 * @returns The values of all its flags, and its positional arguments.
 * @throws {ParasyncError} `usage` for an unknown flag, a bad or missing value, or missing or extra arguments.
 */
export async function parseArguments<Command extends CommandName>(
  command: Command,
  args: readonly string[],
  env: ReadEnvironment,
  program: Program = programFrom("parasync"),
): Promise<Parsed<Command>> {
  const flags = flagsOf(command);
  let canonical: string[];
  try {
    canonical = canonicalArguments(args, command);
  } catch (error) {
    throw error instanceof UnknownFlag ? await unknownFlag(error.flag, command, program) : error;
  }
  const parsed = parseArgs(canonical, {
    string: [...flags.map(([name]) => name), "_"],
    collect: flags.filter(([, spec]) => spec.repeatable).map(([name]) => name),
  });
  const positionals = parsed._.map(String);
  const usage = invocationOf(command, program);
  const settings = await settingsOf(command, flags, parsed["config"], env);
  const values: Record<string, FlagValue | readonly FlagValue[] | undefined> = {};
  const given = new Set<FlagName>();
  const withoutValue = new Set<FlagName>();
  const missing: string[] = [];
  for (const [name, spec] of flags) {
    const alone = parsed[name] === "" && mayStandAlone(spec, command);
    const written = textsOf(name, spec, alone ? undefined : parsed[name], env, settings);
    if (alone) withoutValue.add(name);
    if (alone || written?.source === `--${name}`) given.add(name);
    const standard = defaultFor(spec, command) ?? (spec.kind === "boolean" ? "off" : undefined);
    const texts = written?.texts ?? (standard === undefined ? [] : [standard]);
    const read = texts.map((text) => readFlagValue(text, spec, written?.source ?? `--${name}`));
    values[camelCase(name)] = spec.repeatable ? read : read.at(-1);
    if (spec.required && read.length === 0) missing.push(`--${name}`);
  }
  checkMissing(command, missing, usage);
  checkPositionals(command, positionals, usage);
  // The loop above filled in exactly the flags that OptionsOf is made from.
  return {
    command,
    values: values as OptionsOf<Command>,
    positionals,
    given,
    alone: withoutValue,
  };
}

/**
 * Reads a whole command line. `--help` and `--version`, wherever they stand before `--`, are the commands
 * `help` and `version`.
 *
 * @param program The name or path the program was called by.
 * @param args Its arguments.
 * @param env The environment.
 * @returns The command and what it was told.
 * @throws {ParasyncError} `usage`, as {@linkcode parseArguments}, and for an unknown or missing command.
 */
export async function parseCommand(
  program: string,
  args: readonly string[],
  env: ReadEnvironment,
): Promise<ParsedCommand> {
  const called = programFrom(program);
  const first = args[0];
  const named = called.command ?? (first !== undefined && isCommandName(first) ? first : undefined);
  const rest = called.command === undefined ? args.slice(1) : args;
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  const parse = (command: CommandName, args: readonly string[]): Promise<ParsedCommand> =>
    parseArguments(command, args, env, called) as Promise<ParsedCommand>;

  if (flags.some((arg) => HELP.test(arg))) {
    if (named !== undefined && named !== "help") return parse("help", [named]);
    return parse("help", rest.filter((arg) => !HELP.test(arg)));
  }
  if (flags.some((arg) => VERSION.test(arg))) {
    return parse("version", flags.filter((arg) => /^--?json$/.test(arg)));
  }
  if (named !== undefined) return parse(named, rest);
  if (first === undefined) {
    throw new ParasyncError(
      "usage",
      "Cannot run parasync: a command is missing (see parasync --help)",
    );
  }
  const { adviseCommand } = await import("./advice.ts");
  throw new ParasyncError("usage", adviseCommand(first));
}

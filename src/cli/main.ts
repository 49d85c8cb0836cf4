import { createLogger, type LogLevel } from "../telemetry/log.ts";
import type { CommandContext, CommandModule } from "./command.ts";
import { readFlagValue } from "./flag_value.ts";
import { FLAGS } from "./flags.ts";
import { LOADERS, type Loaders } from "./loaders.ts";
import type { OptionsOf } from "./options.ts";
import { createOutput, type Output } from "./output/output.ts";
import { parseCommand, type ParsedCommand, type ReadEnvironment } from "./parse.ts";
import { type CommandName, programFrom } from "./program.ts";
import { interruption } from "./interruption.ts";

/** The process as the command line sees it. */
export interface Environment {
  /** The name or path the program was called by. */
  readonly program: string;
  /** The environment variables. */
  readonly env: ReadEnvironment;
  /** The names of all that are set, where they may be listed; absent: they may not. */
  readonly names?: () => readonly string[];
  /** Where results go. */
  readonly stdout: Output;
  /** Where all else goes. */
  readonly stderr: Output;
  /** Begins to catch the signals that end a program. */
  readonly interruption: () => AbortSignal;
  /** The commands' modules; absent: the real ones. */
  readonly loaders?: Loaders;
}

/** Whether `--name` stands among arguments that may not even be valid. */
function asksFor(name: "json" | "verbose", args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  const last = flags.findLast((arg) => new RegExp(`^--?(no-?)?${name}(=.*)?$`).test(arg));
  return last !== undefined && !/^--?no|=(0|f|n|no|off|false)$/i.test(last);
}

/** Flag, then PARASYNC_LOG_LEVEL, then the original's ALOG_LOG_LEVEL, then what suits the command. */
function logLevelOf(parsed: ParsedCommand, env: ReadEnvironment): LogLevel {
  if (!("logLevel" in parsed.values)) return "warn";
  const { logLevel, verbose } = parsed.values;
  if (logLevel !== undefined && parsed.given.has("log-level")) return logLevel;
  if (verbose) return "debug";
  if (logLevel !== undefined) return logLevel;
  const original = env("ALOG_LOG_LEVEL");
  if (original) {
    return readFlagValue(original, FLAGS["log-level"], "ALOG_LOG_LEVEL") as LogLevel;
  }
  if ("quiet" in parsed.values) return parsed.values.quiet ? "error" : "warn";
  return "info";
}

function contextOf(
  parsed: ParsedCommand,
  environment: Environment,
  interruption: () => AbortSignal,
): CommandContext {
  const { stdout, stderr, env } = environment;
  return {
    command: parsed.command,
    program: programFrom(environment.program),
    given: parsed.given,
    alone: parsed.alone,
    stdout,
    stderr,
    env,
    get signal(): AbortSignal {
      return interruption();
    },
    logger: createLogger({
      level: logLevelOf(parsed, env),
      format: "logFormat" in parsed.values ? parsed.values.logFormat : "text",
      write: (line) => stderr.write(line),
    }),
  };
}

/** Says of variables that set nothing that they do not. */
async function warnOfVariables(
  names: readonly string[],
  { logger }: CommandContext,
): Promise<void> {
  if (!names.some((name) => name.startsWith("PARASYNC_"))) return;
  const { adviseVariables } = await import("./unknown_variables.ts");
  for (const line of adviseVariables(names)) logger.warn(line);
}

/** Loads and runs the command; its options are of the type that its module takes, by {@linkcode Loaders}. */
async function start(
  { command, values, positionals }: ParsedCommand,
  context: CommandContext,
  loaders: Loaders,
): Promise<number> {
  const module = await loaders[command]();
  const run = module.run as CommandModule<CommandName>["run"];
  return await run(values as OptionsOf<CommandName>, positionals, context);
}

/**
 * Runs a command line from its arguments to its exit code. Nothing is thrown: failures are told on stderr,
 * and with `--json` on stdout too.
 *
 * @param args The arguments.
 * @param environment The process.
 * @returns The exit code.
 */
export async function run(args: readonly string[], environment: Environment): Promise<number> {
  const { program, env, stdout, stderr, loaders = LOADERS } = environment;
  let caught: AbortSignal | undefined;
  let parsed: ParsedCommand | undefined;
  try {
    parsed = await parseCommand(program, args, env);
    const context = contextOf(parsed, environment, () => caught ??= environment.interruption());
    await warnOfVariables(environment.names?.() ?? [], context);
    return await start(parsed, context, loaders);
  } catch (error) {
    stderr.overlay = undefined;
    const { reportFailure } = await import("./failure.ts");
    const values = parsed?.values ?? {};
    // Whatever else went wrong after an interruption is its consequence.
    return reportFailure(caught?.aborted ? caught.reason : error, {
      stdout,
      stderr,
      json: "json" in values ? values.json : asksFor("json", args),
      verbose: "verbose" in values ? values.verbose : asksFor("verbose", args),
    });
  }
}

/** Environment variables that may not be read are not set. */
function readEnvironment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** An executable may look at its own variables alone, and cannot list any. */
function variableNames(): readonly string[] {
  if (Deno.permissions.querySync({ name: "env" }).state !== "granted") return [];
  return Object.keys(Deno.env.toObject());
}

/**
 * Ends the process, with a line and a code as for any other failure, on an error that nobody could catch:
 * in a callback, or in a promise that nobody waits for.
 */
function exitOnUncaught(args: readonly string[], stdout: Output, stderr: Output): void {
  const fail = async (event: Event, error: unknown): Promise<void> => {
    event.preventDefault();
    stderr.overlay = undefined;
    const { reportFailure } = await import("./failure.ts");
    const [json, verbose] = [asksFor("json", args), asksFor("verbose", args)];
    Deno.exit(reportFailure(error, { stdout, stderr, json, verbose }));
  };
  addEventListener("unhandledrejection", (event) => void fail(event, event.reason));
  addEventListener("error", (event) => void fail(event, event.error));
}

/** The name a compiled program was called by: unlike `Deno.execPath()`, `argv0` keeps a link's name. */
async function programName(): Promise<string> {
  if (!Deno.build.standalone) return "parasync";
  const { default: process } = await import("node:process");
  return process.argv0;
}

/**
 * Runs this process's command line.
 *
 * @param args The arguments.
 * @returns The exit code.
 */
export async function main(args: readonly string[]): Promise<number> {
  const stdout = createOutput(Deno.stdout, readEnvironment);
  const stderr = createOutput(Deno.stderr, readEnvironment);
  exitOnUncaught(args, stdout, stderr);
  const program = await programName();
  return await run(args, {
    program,
    env: readEnvironment,
    names: variableNames,
    stdout,
    stderr,
    interruption,
  });
}

import type { Logger } from "../telemetry/log.ts";
import type { FlagName } from "./flags.ts";
import type { OptionsOf } from "./options.ts";
import type { Output } from "./output/output.ts";
import type { ReadEnvironment } from "./parse.ts";
import type { CommandName, Program } from "./program.ts";

export type { OptionsOf, OptionsOfAny } from "./options.ts";
export type { Output } from "./output/output.ts";

/** What a command has to work with beside its options: everything else of the process it touches. */
export interface CommandContext {
  /** The command that runs; a module may serve several, such as `push` and `parasync_http_client`. */
  readonly command: CommandName;
  /** By what name the program was called. */
  readonly program: Program;
  /** The flags that stood on the command line, by canonical name. */
  readonly given: ReadonlySet<FlagName>;
  /** Those of them that stood alone, without the value that they may have. */
  readonly alone: ReadonlySet<FlagName>;
  /** Results, and nothing else. */
  readonly stdout: Output;
  /** Progress, logs and errors. */
  readonly stderr: Output;
  /** The environment, for what is not a flag, such as PARASYNC_TOKEN. */
  readonly env: ReadEnvironment;
  /**
   * Aborted, with a {@linkcode ParasyncError} `interrupted` as its reason, by the first SIGINT or SIGTERM;
   * the second ends the process. Signals are caught from the first time this is read.
   */
  readonly signal: AbortSignal;
  /** Writes to stderr. */
  readonly logger: Logger;
}

/** What the module of a command exports. */
export interface CommandModule<Command extends CommandName> {
  /**
   * Runs the command.
   *
   * @param options The values of its flags.
   * @param positionals Its positional arguments, as many as it takes.
   * @param context The rest of the world.
   * @returns The exit code.
   * @throws {ParasyncError} for a failure to report; the caller prints it and exits with its code.
   */
  readonly run: (
    options: OptionsOf<Command>,
    positionals: readonly string[],
    context: CommandContext,
  ) => number | Promise<number>;
}

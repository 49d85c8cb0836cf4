import { ParasyncError } from "../errors.ts";
import { type GivenLine, readLine } from "./given_line.ts";

/** A sync that is tried out: everything but the patch is done, and nothing written. */
export interface DryRun {
  /** The line to say its time for; undefined: only its bytes. */
  readonly line: GivenLine | undefined;
}

/**
 * What flags, or a program's options of the same names, ask for.
 *
 * @param dryRun Whether the sync is only tried out.
 * @param line The line to say its time for, as {@linkcode readLine} reads it.
 * @returns Undefined where the sync is to be done.
 * @throws {ParasyncError} `usage` for a line that is none, or that nobody asks about.
 */
export function readDryRun(dryRun = false, line?: string): DryRun | undefined {
  if (dryRun) return { line: line === undefined ? undefined : readLine(line) };
  if (line === undefined) return undefined;
  throw new ParasyncError(
    "usage",
    "Cannot use --line without --dry-run: it says what a sync would take elsewhere",
  );
}

import type { FAILURES } from "../errors.ts";

/** What an exit code tells. */
export interface ExitMeaning {
  /** In a word or two. */
  readonly short: string;
  /** In a sentence, without a full stop. */
  readonly long: string;
}

/** Every exit code that a failure has, and 0; so that none can be added without its meaning. */
export type ExitCode = 0 | typeof FAILURES[keyof typeof FAILURES]["exit"];

/** What each exit code means: help, the manual page and the README say it in these words. */
export const EXIT_CODES: Readonly<Record<ExitCode, ExitMeaning>> = {
  0: { short: "done", long: "the new file is in its place, verified" },
  1: {
    short: "usage",
    long: "a flag or an argument is wrong, or what `--hw=require` asks for is missing",
  },
  2: {
    short: "protocol",
    long: "the two ends do not understand each other, or the other end is no parasync server",
  },
  3: {
    short: "file selection",
    long: "there is no such file, or it is not a regular file that may be used",
  },
  5: {
    short: "refused",
    long: "the server refused: token, a name outside its root, or another sync of that file",
  },
  10: {
    short: "connection",
    long: "the server cannot be reached, or the port cannot be listened on",
  },
  11: { short: "file", long: "a file cannot be read or written; no space left" },
  12: {
    short: "stream",
    long: "the connection broke in the middle, or a fault of the program itself",
  },
  20: { short: "interrupted", long: "interrupted by a signal" },
  22: { short: "limit", long: "a limit of the server: size, number of chunks, syncs at once" },
  24: {
    short: "changed meanwhile",
    long: "a file changed while it was being synced, or the session is over",
  },
  30: {
    short: "timeout",
    long: "`--timeout` ran out, or the other end stood still for too long",
  },
  35: {
    short: "connect timeout",
    long: "the server did not answer within `--connect-timeout`",
  },
  40: {
    short: "not verified",
    long: "the result does not have the new file's digest; it was thrown away",
  },
};

import { Flags } from "../flags.ts";

/** How the micro benches are called. */
export const MICRO_USAGE = `Usage: deno task bench [FLAGS] [FILTER…]

The parts of a sync one by one, each checked, beside what moving the same bytes costs on this machine.

  FILTER        only rows whose group or name holds one of these words
  --rounds=N    rounds that count, each with every row once (15); one more comes before them
  --json        one line of JSON on stdout instead of a table
`;

/** What was asked for. */
export interface MicroOptions {
  readonly filters: readonly string[];
  readonly rounds: number;
  readonly json: boolean;
}

/**
 * Reads the micro benches' arguments.
 *
 * @param args The arguments.
 * @returns What was asked for; `null` for help.
 * @throws {ParasyncError} `usage`.
 */
export function readMicroOptions(args: readonly string[]): MicroOptions | null {
  const names = { texts: ["rounds"], switches: ["json"], words: true };
  const flags = Flags.read("bench", args, names);
  return flags && {
    filters: flags.words.map((word) => word.toLowerCase()),
    rounds: flags.count("rounds", 15),
    json: flags.isOn("json"),
  };
}

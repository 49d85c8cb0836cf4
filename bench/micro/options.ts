// @ts-types="../../src/types/std_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import { ParasyncError } from "../../src/errors.ts";

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
  const refuse = (reason: string): never => {
    throw new ParasyncError("usage", `Cannot begin: ${reason}; see deno task bench --help`);
  };
  const parsed = parseArgs(args, {
    boolean: ["json", "help"],
    string: ["rounds"],
    unknown: (arg) => arg.startsWith("-") ? refuse(`there is no ${arg}`) : true,
  });
  if (parsed["help"] === true) return null;
  const rounds = Number(parsed["rounds"] ?? 15);
  if (!Number.isSafeInteger(rounds) || rounds < 1) refuse("--rounds takes a number from 1");
  const filters = parsed._.map((word) => String(word).toLowerCase());
  return { filters, rounds, json: parsed["json"] === true };
}

// @ts-types="../../src/types/std_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import fs from "node:fs";
import { join } from "node:path";
import { ParasyncError } from "../../src/errors.ts";
import { isSchemeName } from "../../src/schemes/scheme_name.ts";
import { recipeOf } from "../pairs.ts";

/** How the bench is called. */
export const USAGE = `Usage: deno task bench:e2e [FLAGS]

Whole processes on whole files, checked byte by byte, in turn with rsync where it is installed.

  --pairs=NAME,…        the pairs (insert8,insert8-1g; with --memory insert8-1g,sparse-10g); see deno task pairs
  --dir=DIR             keep pairs there and take NAME.old and NAME.new from there (else a temporary folder)
  --runs=N              runs that count (5); one more comes before them
  --against=rsync|none  what to compare with (rsync)
  --schemes=NAME,…      the client's --scheme, several in turn; parasync:1 is its mode 1 (parasync)
  --hw=0|1|auto,…       the client's --hw, several in turn (auto)
  --threads=N           the client's --threads
  --fsync=on|off|both   the server's --fsync (both)
  --memory              peak memory against its bound instead of times
  --json                one line of JSON on stdout instead of tables
`;

/** What was asked for. */
export interface BenchOptions {
  readonly pairs: readonly string[];
  readonly dir: string | undefined;
  readonly runs: number;
  readonly rsync: boolean;
  readonly schemes: readonly string[];
  readonly hw: readonly string[];
  readonly flags: readonly string[];
  readonly fsync: readonly boolean[];
  readonly memory: boolean;
  readonly json: boolean;
}

const TEXTS = ["pairs", "dir", "runs", "against", "hw", "threads", "fsync", "schemes"];
const FSYNC = { on: [true], off: [false], both: [false, true] } as const;

/**
 * Reads the bench's arguments.
 *
 * @param args The arguments.
 * @returns What was asked for; `null` for help.
 * @throws {ParasyncError} `usage`.
 */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const refuse = (reason: string): never => {
    throw new ParasyncError("usage", `Cannot begin: ${reason}; see deno task bench:e2e --help`);
  };
  const parsed = parseArgs(args, {
    boolean: ["memory", "json", "help"],
    string: TEXTS,
    unknown: (arg) => refuse(`there is no ${arg}`),
  });
  if (parsed["help"] === true) return null;
  const text = (name: string): string | undefined =>
    typeof parsed[name] === "string" ? parsed[name] : undefined;
  const memory = parsed["memory"] === true;
  const dir = text("dir");
  const pairs = (text("pairs") ?? (memory ? "insert8-1g,sparse-10g" : "insert8,insert8-1g"))
    .split(",");
  for (const name of pairs) if (!isMade(dir, name)) recipeOf(name);
  const runs = Number(text("runs") ?? 5);
  if (!Number.isSafeInteger(runs) || runs < 1) refuse("--runs takes a number from 1");
  const against = text("against") ?? "rsync";
  if (against !== "rsync" && against !== "none") refuse("--against takes rsync or none");
  const fsync = text("fsync") ?? (memory ? "off" : "both");
  if (!Object.hasOwn(FSYNC, fsync)) refuse("--fsync takes on, off or both");
  const threads = text("threads");
  const schemes = (text("schemes") ?? "parasync").split(",");
  for (const scheme of schemes) {
    const [name, mode] = scheme.split(":");
    if (!isSchemeName(name!) || mode !== undefined && !/^[0-3]$/.test(mode)) {
      refuse(`there is no scheme ${scheme}`);
    }
  }
  return {
    pairs,
    dir,
    runs,
    rsync: against === "rsync",
    schemes,
    hw: (text("hw") ?? "auto").split(","),
    flags: threads === undefined ? [] : [`--threads=${threads}`],
    fsync: FSYNC[fsync as keyof typeof FSYNC],
    memory,
    json: parsed["json"] === true,
  };
}

/** Whether a pair lies in the folder, whoever made it. */
export function isMade(dir: string | undefined, name: string): boolean {
  return dir !== undefined && /^[\w.-]+$/.test(name) &&
    [".old", ".new"].every((end) => fs.existsSync(join(dir, name + end)));
}

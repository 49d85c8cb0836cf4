// @ts-types="../../src/types/std_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import { ParasyncError } from "../../src/errors.ts";
import { recipeOf } from "../pairs.ts";

/** How the bench is called. */
export const GROWTH_USAGE = `Usage: deno task bench:growth [FLAGS]

How the cost of a sync grows, beside rsync where it is installed: with the file, with threads, with clients at once.

  --parts=NAME,…     of sizes, threads, clients (all)
  --sizes=SIZE,…     files to grow by, as 16m or 4g; from 8g on mostly holes (1m,16m,128m,1g,4g,16g)
  --threads=N,…      --threads of both ends (1,2,4,8)
  --clients=N,…      clients at once on one server (1,2,4,8,16,32)
  --threads-pair=NAME   what is synced by so many threads (insert8-1g); see deno task pairs
  --clients-pair=NAME   what each client syncs (insert8)
  --dir=DIR          keep pairs there (else a temporary folder)
  --runs=N           runs that count (3); one more comes before them
  --json             one line of JSON on stdout instead of tables
`;

/** One of the ways in which cost grows. */
export const GROWTH_PARTS = ["sizes", "threads", "clients"] as const;
export type GrowthPart = typeof GROWTH_PARTS[number];

/** What was asked for. */
export interface GrowthOptions {
  readonly parts: readonly GrowthPart[];
  /** Names of pairs, the smallest first. */
  readonly sizes: readonly string[];
  readonly threads: readonly number[];
  readonly clients: readonly number[];
  readonly threadsPair: string;
  readonly clientsPair: string;
  readonly dir: string | undefined;
  readonly runs: number;
  readonly json: boolean;
}

const TEXTS = [
  "parts",
  "sizes",
  "threads",
  "clients",
  "threads-pair",
  "clients-pair",
  "dir",
  "runs",
];

/** From this size on a pair of random bytes takes longer to make than to measure. */
const SPARSE_FROM = 8 * 2 ** 30;

function refuse(reason: string): never {
  throw new ParasyncError("usage", `Cannot begin: ${reason}; see deno task bench:growth --help`);
}

/**
 * Reads the bench's arguments.
 *
 * @param args The arguments.
 * @returns What was asked for; `null` for help.
 * @throws {ParasyncError} `usage`.
 */
export function readGrowthOptions(args: readonly string[]): GrowthOptions | null {
  const parsed = parseArgs(args, {
    boolean: ["json", "help"],
    string: TEXTS,
    unknown: (arg) => refuse(`there is no ${arg}`),
  });
  if (parsed["help"] === true) return null;
  const text = (name: string, usual: string): string => String(parsed[name] ?? usual);
  const counts = (name: string, usual: string): number[] =>
    text(name, usual).split(",").map((item) => {
      const count = Number(item);
      return Number.isSafeInteger(count) && count >= 1
        ? count
        : refuse(`--${name} takes numbers from 1`);
    });
  const parts = text("parts", GROWTH_PARTS.join()).split(",").map((name) =>
    GROWTH_PARTS.find((part) => part === name) ?? refuse(`there is no part ${name}`)
  );
  const [threadsPair, clientsPair] = [
    text("threads-pair", "insert8-1g"),
    text("clients-pair", "insert8"),
  ];
  [threadsPair, clientsPair].forEach(recipeOf);
  return {
    parts,
    sizes: text("sizes", "1m,16m,128m,1g,4g,16g").split(",").map(pairOfSize),
    threads: counts("threads", "1,2,4,8"),
    clients: counts("clients", "1,2,4,8,16,32"),
    threadsPair,
    clientsPair,
    dir: typeof parsed["dir"] === "string" ? parsed["dir"] : undefined,
    runs: counts("runs", "3")[0]!,
    json: parsed["json"] === true,
  };
}

/** Pages overwritten here and there, or holes with islands where the file is large. */
function pairOfSize(size: string): string {
  const { bytes } = recipeOf(`pages-${size}`);
  return `${bytes >= SPARSE_FROM ? "sparse" : "pages"}-${size}`;
}

import { Flags } from "../flags.ts";
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

const TEXTS = [...GROWTH_PARTS, "parts", "threads-pair", "clients-pair", "dir", "runs"];

/** From this size on a pair of random bytes takes longer to make than to measure. */
const SPARSE_FROM = 8 * 2 ** 30;

/**
 * Reads the bench's arguments.
 *
 * @param args The arguments.
 * @returns What was asked for; `null` for help.
 * @throws {ParasyncError} `usage`.
 */
export function readGrowthOptions(args: readonly string[]): GrowthOptions | null {
  const flags = Flags.read("bench:growth", args, { texts: TEXTS, switches: ["json"] });
  if (flags === null) return null;
  const parts = flags.list("parts", GROWTH_PARTS.join()).map((name) =>
    GROWTH_PARTS.find((part) => part === name) ?? flags.refuse(`there is no part ${name}`)
  );
  const threadsPair = flags.text("threads-pair") ?? "insert8-1g";
  const clientsPair = flags.text("clients-pair") ?? "insert8";
  [threadsPair, clientsPair].forEach(recipeOf);
  return {
    parts,
    sizes: flags.list("sizes", "1m,16m,128m,1g,4g,16g").map(pairOfSize),
    threads: flags.counts("threads", "1,2,4,8"),
    clients: flags.counts("clients", "1,2,4,8,16,32"),
    threadsPair,
    clientsPair,
    dir: flags.text("dir"),
    runs: flags.count("runs", 3),
    json: flags.isOn("json"),
  };
}

/** Pages overwritten here and there, or holes with islands where the file is large. */
function pairOfSize(size: string): string {
  const { bytes } = recipeOf(`pages-${size}`);
  return `${bytes >= SPARSE_FROM ? "sparse" : "pages"}-${size}`;
}

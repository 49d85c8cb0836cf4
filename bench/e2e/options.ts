import fs from "node:fs";
import { join } from "node:path";
import { type GivenLine, readLine } from "../../src/library/given_line.ts";
import { isSchemeName, SCHEME_NAMES } from "../../src/schemes/scheme_name.ts";
import { Flags } from "../flags.ts";
import { recipeOf } from "../pairs.ts";
import { PEER_NAMES, type PeerName } from "./contender.ts";

/** How the bench is called. */
export const USAGE = `Usage: deno task bench:e2e [FLAGS]

Whole processes on whole files, checked byte by byte, in turn with other programs where these are installed.

  --pairs=NAME,…    the pairs (insert8; with --memory insert8-1g,sparse-10g); see deno task pairs
  --dir=DIR         keep pairs there and take NAME.old and NAME.new from there (else a temporary folder)
  --runs=N          runs that count (5); one more comes before them
  --against=NAME,…  of ${PEER_NAMES.join(", ")}, or none (all)
  --links=LINE,…    loopback, or a rate and a round trip such as 100mbit-40ms, which a relay is like (loopback)
  --schemes=NAME,…  the client's --scheme, several in turn, or all; parasync:1 is its mode 1 (all)
  --hw=0|1|auto,…   the client's --hw, several in turn (auto)
  --threads=N       the client's --threads
  --fsync=on|off|both   whether the target is synced to its device, by ours and by others that can (off)
  --cache=warm|cold|both  whether the files are in the page cache when a run begins (warm)
  --memory          peak memory of ours against its bound instead of times
  --html=FILE       a page with plots as well
  --json            one line of JSON on stdout instead of tables
`;

/** Where the files are when a run begins. */
export type Cache = "warm" | "cold";

/** What was asked for. */
export interface BenchOptions {
  readonly pairs: readonly string[];
  readonly dir: string | undefined;
  readonly runs: number;
  readonly against: readonly PeerName[];
  /** Null is loopback. */
  readonly links: readonly (GivenLine | null)[];
  readonly schemes: readonly string[];
  readonly hw: readonly string[];
  readonly flags: readonly string[];
  readonly fsync: readonly boolean[];
  readonly caches: readonly Cache[];
  readonly memory: boolean;
  readonly html: string | undefined;
  readonly json: boolean;
}

const TEXTS = [
  "pairs",
  "dir",
  "runs",
  "against",
  "links",
  "hw",
  "threads",
  "fsync",
  "cache",
  "schemes",
  "html",
];
const FSYNC = { on: [true], off: [false], both: [false, true] } as const;
const CACHES = { warm: ["warm"], cold: ["cold"], both: ["warm", "cold"] } as const;

/**
 * Reads the bench's arguments.
 *
 * @param args The arguments.
 * @returns What was asked for; `null` for help.
 * @throws {ParasyncError} `usage`.
 */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const flags = Flags.read("bench:e2e", args, { texts: TEXTS, switches: ["memory", "json"] });
  if (flags === null) return null;
  const memory = flags.isOn("memory");
  const dir = flags.text("dir");
  const pairs = flags.list("pairs", memory ? "insert8-1g,sparse-10g" : "insert8");
  for (const name of pairs) if (!isMade(dir, name)) recipeOf(name);
  const threads = flags.text("threads");
  return {
    pairs,
    dir,
    runs: flags.count("runs", 5),
    against: readPeers(flags),
    links: readLinks(flags),
    schemes: readSchemes(flags, memory ? "parasync" : "all"),
    hw: flags.list("hw", "auto"),
    flags: threads === undefined ? [] : [`--threads=${threads}`],
    fsync: readChoice(flags, "fsync", "off", FSYNC),
    caches: readChoice(flags, "cache", "warm", CACHES),
    memory,
    html: flags.text("html"),
    json: flags.isOn("json"),
  };
}

function readChoice<T>(
  flags: Flags,
  name: string,
  usual: string,
  choices: Readonly<Record<string, T>>,
): T {
  const text = flags.text(name) ?? usual;
  const choice = Object.hasOwn(choices, text) ? choices[text] : undefined;
  return choice ?? flags.refuse(`--${name} takes one of ${Object.keys(choices).join(", ")}`);
}

function readPeers(flags: Flags): readonly PeerName[] {
  const names = flags.list("against", "all");
  if (names.join() === "all") return PEER_NAMES;
  if (names.join() === "none") return [];
  return names.map((name) =>
    PEER_NAMES.find((peer) => peer === name) ??
      flags.refuse(`--against takes ${PEER_NAMES.join(", ")}, all or none`)
  );
}

function readLinks(flags: Flags): readonly (GivenLine | null)[] {
  return flags.list("links", "loopback").map((name) => {
    if (name === "loopback") return null;
    try {
      return readLine(name);
    } catch {
      return flags.refuse(`--links takes loopback and lines such as 100mbit-40ms, not ${name}`);
    }
  });
}

function readSchemes(flags: Flags, usual: string): readonly string[] {
  const schemes = flags.list("schemes", usual);
  if (schemes.join() === "all") return SCHEME_NAMES;
  for (const scheme of schemes) {
    const [name, mode] = scheme.split(":");
    if (!isSchemeName(name!) || mode !== undefined && !/^[0-3]$/.test(mode)) {
      flags.refuse(`there is no scheme ${scheme}`);
    }
  }
  return schemes;
}

/** Whether a pair lies in the folder, whoever made it. */
export function isMade(dir: string | undefined, name: string): boolean {
  return dir !== undefined && /^[\w.-]+$/.test(name) &&
    [".old", ".new"].every((end) => fs.existsSync(join(dir, name + end)));
}

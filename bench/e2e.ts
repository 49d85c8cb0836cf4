/**
 * Measures whole syncs: `deno task bench:e2e --help`.
 *
 * The servers run before a measurement begins; a client is a whole process, from its start to its end. Contenders
 * take turns, so that whatever else the machine does hits all of them; the first round is dropped; every result is
 * compared with the new file byte by byte. Bytes are counted on the wire, by a relay: on loopback in a run of their
 * own, on other lines that are the relay's doing anyway.
 */
import fs from "node:fs";
import { join } from "node:path";
import { formatBytes } from "../src/cli/output/amounts.ts";
import { ParasyncError } from "../src/errors.ts";
import type { GivenLine } from "../src/library/given_line.ts";
import { runBench, type Workbench } from "./command.ts";
import { comparePrograms, type Result } from "./e2e/comparison.ts";
import type { Machine } from "./e2e/machine.ts";
import { type MeasuredRelay, measureRelays, renderRelays } from "./e2e/measured_relay.ts";
import { measureMemory, type MemoryResult } from "./e2e/memory.ts";
import { type BenchOptions, type Cache, isMade, readOptions, USAGE } from "./e2e/options.ts";
import type { OwnSettings } from "./e2e/own_contender.ts";
import { canForgetFiles } from "./e2e/page_cache.ts";
import { findPrograms, type Programs } from "./e2e/programs.ts";
import { memoryRows, renderResults } from "./e2e/report.ts";
import { startersOf } from "./e2e/starters.ts";
import { renderTable } from "./e2e/table.ts";
import { type FilePair, makePair } from "./pairs.ts";

const SCHEMA = 2;

/** Everybody on one pair, one line, one state of the cache. */
export interface Comparison {
  readonly pair: string;
  readonly oldBytes: number;
  readonly newBytes: number;
  /** `loopback`, or the line's name. */
  readonly link: string;
  readonly cache: Cache;
  readonly results: readonly Result[];
}

/** A run of the bench, as its JSON. */
export type E2eRun =
  & { readonly schema: number; readonly machine: Machine; readonly runs: number }
  & (
    | {
      readonly type: "times";
      readonly relays: readonly MeasuredRelay[];
      readonly results: readonly Comparison[];
    }
    | { readonly type: "memory"; readonly results: readonly MemoryResult[] }
  );

/** What the bench needs all the way. */
interface Bench extends Workbench {
  readonly options: BenchOptions;
  readonly programs: Programs;
  /** Each way to run ours. */
  readonly own: readonly OwnSettings[];
}

async function findPair(bench: Bench, name: string): Promise<FilePair> {
  const { options, folder, signal, say } = bench;
  const dir = options.dir ?? join(folder, "pairs");
  if (isMade(options.dir, name)) {
    const [oldFile, newFile] = [join(dir, `${name}.old`), join(dir, `${name}.new`)];
    const [oldBytes, newBytes] = [fs.statSync(oldFile).size, fs.statSync(newFile).size];
    return { name, oldFile, newFile, oldBytes, newBytes };
  }
  say(`${name}: making the files`);
  return await makePair(dir, name, signal);
}

/** Files that were made for the bench go as soon as they are done with: they can be large. */
function dropPair({ options }: Bench, { oldFile, newFile }: FilePair): void {
  if (options.dir !== undefined) return;
  for (const file of [oldFile, newFile]) fs.rmSync(file);
}

async function compare(
  bench: Bench,
  { name, oldFile, newFile, oldBytes, newBytes }: FilePair,
  line: GivenLine | null,
  cache: Cache,
): Promise<Comparison> {
  const { options, programs, folder, own, signal, show, say } = bench;
  const link = line?.name ?? "loopback";
  const where = [name, link, ...cache === "cold" ? ["cold"] : []].join(", ");
  const root = join(folder, "root");
  const place = { oldFile, newFile, root, cold: cache === "cold", signal };
  const field = { own, programs, fsync: options.fsync, line: line !== null };
  const results = await comparePrograms(line === null ? place : { ...place, line }, {
    start: startersOf({ root, scratch: folder }, field),
    runs: options.runs,
    onRound: (text) => say(`${where}: ${text}`),
  });
  const sizes = `${formatBytes(oldBytes)} → ${formatBytes(newBytes)}`;
  show(`\n${renderResults(`${where}, ${sizes}`, results)}`);
  return { pair: name, oldBytes, newBytes, link, cache, results };
}

async function measureTimes(bench: Bench, machine: Machine): Promise<E2eRun> {
  const { options, show } = bench;
  const relays = await measureRelays(options.links);
  show(renderRelays(relays));
  const results: Comparison[] = [];
  for (const name of options.pairs) {
    const pair = await findPair(bench, name);
    for (const line of options.links) {
      for (const cache of options.caches) results.push(await compare(bench, pair, line, cache));
    }
    dropPair(bench, pair);
  }
  show(
    `\nWall time: medians of ${options.runs} whole client processes; CPU: means, user and system; peaks: ` +
      "memory in RAM, of the largest\nprocess of an end; wire: bytes of the TCP streams, counted by a relay. " +
      "All results were compared byte by byte.\n",
  );
  return { type: "times", schema: SCHEMA, machine, runs: options.runs, relays, results };
}

async function measurePeaks(bench: Bench, machine: Machine): Promise<E2eRun> {
  const { options, folder, own, signal, show, say } = bench;
  const results: MemoryResult[] = [];
  for (const name of options.pairs) {
    const pair = await findPair(bench, name);
    for (const settings of own) {
      say(`${name}: pushing with hw=${settings.hw}`);
      const place = { ...pair, root: join(folder, "root"), signal };
      results.push(await measureMemory(name, place, settings));
    }
    dropPair(bench, pair);
  }
  show(`\n${renderTable(memoryRows(results), 0)}`);
  show("\nBound: 250 MB and 48 bytes a chunk. All results were compared byte by byte.\n");
  return { type: "memory", schema: SCHEMA, machine, runs: 1, results };
}

/** The programs that are both wanted and there; says which are not. */
function wantedPrograms({ against, memory }: BenchOptions, say: (text: string) => void): Programs {
  if (memory) return {};
  const found = findPrograms();
  return Object.fromEntries(against.flatMap((name) => {
    const version = found[name];
    if (version === undefined) say(`${name} is not installed and takes no part`);
    return version === undefined ? [] : [[name, version]];
  }));
}

async function measure(options: BenchOptions, workbench: Workbench): Promise<E2eRun> {
  if (options.caches.includes("cold") && !canForgetFiles()) {
    throw new ParasyncError("usage", "Cannot begin: --cache=cold needs Linux and a C library");
  }
  const programs = wantedPrograms(options, workbench.say);
  const machine = await workbench.describe(programs);
  fs.mkdirSync(join(workbench.folder, "root"));
  const own = options.schemes.flatMap((scheme) =>
    options.hw.flatMap((hw) =>
      options.fsync.map((fsync) => ({ scheme, hw, fsync, flags: options.flags }))
    )
  );
  const bench = { ...workbench, options, programs, own };
  return await (options.memory ? measurePeaks : measureTimes)(bench, machine);
}

if (import.meta.main) await runBench({ usage: USAGE, read: readOptions, measure });

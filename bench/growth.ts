/** How the cost of a sync grows: `deno task bench:growth --help`. */
import fs from "node:fs";
import { join } from "node:path";
import { formatBytes } from "../src/cli/output/amounts.ts";
import { runBench, type Workbench } from "./command.ts";
import { comparePrograms, type Result } from "./e2e/comparison.ts";
import type { Machine } from "./e2e/machine.ts";
import { type OwnSettings, startParasync } from "./e2e/own_contender.ts";
import { findPrograms } from "./e2e/programs.ts";
import { startRsync } from "./e2e/rsync_contender.ts";
import { type CrowdResult, measureCrowd } from "./growth/clients.ts";
import {
  GROWTH_USAGE,
  type GrowthOptions,
  type GrowthPart,
  readGrowthOptions,
} from "./growth/options.ts";
import { renderGrowth } from "./growth/report.ts";
import { type FilePair, makePair, recipeOf } from "./pairs.ts";

const SCHEMA = 1;
/** What stays free of the disk, in bytes. */
const MARGIN_BYTES = 2 * 2 ** 30;

/** A run of the bench, as its JSON. */
export interface GrowthRun {
  readonly type: "growth";
  readonly schema: number;
  readonly machine: Machine;
  readonly runs: number;
  readonly sizes: readonly {
    readonly pair: string;
    readonly newBytes: number;
    readonly results: readonly Result[];
  }[];
  readonly threads: {
    readonly pair: string;
    readonly newBytes: number;
    readonly results: readonly { readonly count: number; readonly result: Result }[];
  } | null;
  readonly clients: { readonly pair: string; readonly results: readonly CrowdResult[] } | null;
  /** What was not measured, and why. */
  readonly leftOut: readonly string[];
}

/** What the bench needs all the way. */
interface Bench extends Workbench {
  readonly options: GrowthOptions;
  readonly rsync: boolean;
  readonly root: string;
  readonly leftOut: string[];
}

const OWN: OwnSettings = { scheme: "parasync", hw: "auto", fsync: false, flags: [] };
const RSYNC = { fsync: false, compress: false };

/** Makes the pair, works on it, and drops it if nobody wants to keep it; not where the disk is too small. */
async function withPair<T>(
  bench: Bench,
  name: string,
  targets: number,
  work: (pair: FilePair) => Promise<T>,
): Promise<T | null> {
  const { options, folder, signal, say, leftOut } = bench;
  const dir = options.dir ?? join(folder, "pairs");
  const { bytes } = recipeOf(name);
  const { bavail, bsize } = fs.statfsSync(folder);
  // Two files, and a new one beside every target. Of holes nothing lies on the disk.
  const needed = name.startsWith("sparse") ? 0 : (2 + targets) * bytes + MARGIN_BYTES;
  if (needed > bavail * bsize) {
    leftOut.push(
      `${name}: it needs ${formatBytes(needed)}, and the disk has ${formatBytes(bavail * bsize)}`,
    );
    return null;
  }
  say(`${name}: making the files`);
  const pair = await makePair(dir, name, signal);
  const result = await work(pair);
  if (options.dir === undefined) {
    for (const file of [pair.oldFile, pair.newFile]) fs.rmSync(file);
  }
  return result;
}

async function measureSizes(bench: Bench): Promise<GrowthRun["sizes"]> {
  const { options, rsync, root, folder, signal, say } = bench;
  const sizes: GrowthRun["sizes"][number][] = [];
  for (const name of options.sizes) {
    const measured = await withPair(bench, name, 1, async (pair) => {
      const results = await comparePrograms({ ...pair, root, signal }, {
        start: [
          () => startParasync(root, OWN),
          ...rsync ? [() => startRsync(root, folder, RSYNC)] : [],
        ],
        runs: options.runs,
        onRound: (text) => say(`${name}: ${text}`),
      });
      return { pair: name, newBytes: pair.newBytes, results };
    });
    if (measured !== null) sizes.push(measured);
  }
  return sizes;
}

async function measureThreads(bench: Bench): Promise<GrowthRun["threads"]> {
  const { options, root, signal, say } = bench;
  const { threads, threadsPair: name } = options;
  return await withPair(bench, name, 1, async (pair) => {
    const results = await comparePrograms({ ...pair, root, signal }, {
      start: threads.map((count) => () => {
        const flags = [`--threads=${count}`];
        return startParasync(root, { ...OWN, flags, serverFlags: flags });
      }),
      runs: options.runs,
      onRound: (text) => say(`${name}, threads: ${text}`),
    });
    const rows = results.map((result, i) => ({ count: threads[i]!, result }));
    return { pair: name, newBytes: pair.newBytes, results: rows };
  });
}

async function measureClients(bench: Bench): Promise<GrowthRun["clients"]> {
  const { options, rsync, root, folder, signal, say } = bench;
  const { clients, clientsPair: name, runs } = options;
  return await withPair(bench, name, Math.max(...clients), async (pair) => {
    const results: CrowdResult[] = [];
    for (const count of clients) {
      const starts = [
        () => startParasync(root, { ...OWN, serverFlags: [`--max-sessions=${count}`] }),
        ...rsync ? [() => startRsync(root, folder, RSYNC)] : [],
      ];
      for (const start of starts) {
        const contender = await start();
        say(`${name}: ${count} at once, ${contender.name}`);
        try {
          results.push(await measureCrowd(contender, count, { ...pair, root, runs, signal }));
        } finally {
          await contender.server!.stop();
        }
      }
    }
    return { pair: name, results };
  });
}

async function measure(options: GrowthOptions, workbench: Workbench): Promise<GrowthRun> {
  const { rsync } = findPrograms();
  const machine = await workbench.describe(rsync === undefined ? {} : { rsync });
  const root = join(workbench.folder, "root");
  fs.mkdirSync(root);
  const bench: Bench = { ...workbench, options, rsync: rsync !== undefined, root, leftOut: [] };
  const wanted = (part: GrowthPart): boolean => options.parts.includes(part);
  const run: GrowthRun = {
    type: "growth",
    schema: SCHEMA,
    machine,
    runs: options.runs,
    sizes: wanted("sizes") ? await measureSizes(bench) : [],
    threads: wanted("threads") ? await measureThreads(bench) : null,
    clients: wanted("clients") ? await measureClients(bench) : null,
    leftOut: bench.leftOut,
  };
  workbench.show(renderGrowth(run));
  return run;
}

if (import.meta.main) await runBench({ usage: GROWTH_USAGE, read: readGrowthOptions, measure });

/**
 * Measures whole syncs: `deno task bench:e2e --help`.
 *
 * The servers run before a measurement begins; a client is a whole process, from its start to its end. Contenders
 * take turns, so that whatever else the machine does hits all of them; the first round is dropped; every result is
 * compared with the new file byte by byte. Bytes are counted on the wire in a run of their own.
 */
import fs from "node:fs";
import { join, resolve } from "node:path";
import { reportFailure } from "../src/cli/failure.ts";
import { formatBytes } from "../src/cli/output/amounts.ts";
import { createOutput, type Output } from "../src/cli/output/output.ts";
import { comparePrograms, type Result } from "./e2e/comparison.ts";
import type { OwnSettings } from "./e2e/contender.ts";
import { describeMachine, type Machine, renderMachine } from "./e2e/machine.ts";
import { measureMemory, type MemoryResult } from "./e2e/memory.ts";
import { type BenchOptions, isMade, readOptions, USAGE } from "./e2e/options.ts";
import { renderMemory, renderResults } from "./e2e/report.ts";
import { rsyncVersion } from "./e2e/rsync_daemon.ts";
import { endingSignal } from "./ending_signal.ts";
import { type FilePair, makePair } from "./pairs.ts";

const SCHEMA = 1;

/** What a bench needs all the way. */
interface Bench {
  readonly options: BenchOptions;
  readonly machine: Machine;
  /** Each way to run ours. */
  readonly own: readonly OwnSettings[];
  /** A folder that the caller removes. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly stdout: Output;
  /** Tells on stderr what is being done. */
  readonly say: (text: string) => void;
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

async function measureTimes(bench: Bench): Promise<unknown> {
  const { options, folder, machine, own, signal, stdout, say } = bench;
  const pairs: { pair: string; oldBytes: number; newBytes: number; results: Result[] }[] = [];
  for (const name of options.pairs) {
    const pair = await findPair(bench, name);
    const results = await comparePrograms(pair, {
      root: join(folder, "root"),
      scratch: folder,
      own,
      rsync: options.rsync && machine.rsync !== null,
      runs: options.runs,
      onRound: (text) => say(`${name}: ${text}`),
    }, signal);
    dropPair(bench, pair);
    pairs.push({ pair: name, oldBytes: pair.oldBytes, newBytes: pair.newBytes, results });
    const sizes = `${formatBytes(pair.oldBytes)} → ${formatBytes(pair.newBytes)}`;
    if (!options.json) stdout.write(`\n${renderResults(`${name}, ${sizes}`, results)}`);
  }
  if (!options.json) {
    stdout.write(
      `\nWall time: medians of ${options.runs} whole client processes; CPU: means, user and system; peaks: ` +
        "memory in RAM;\nwire: bytes of the TCP streams, in a run of their own. " +
        "All results were compared byte by byte.\n",
    );
  }
  return pairs;
}

async function measurePeaks(bench: Bench): Promise<unknown> {
  const { options, folder, own, signal, stdout, say } = bench;
  const results: MemoryResult[] = [];
  for (const name of options.pairs) {
    const pair = await findPair(bench, name);
    for (const settings of own) {
      say(`${name}: pushing with hw=${settings.hw}`);
      results.push(await measureMemory(name, pair, join(folder, "root"), settings, signal));
    }
    dropPair(bench, pair);
  }
  if (!options.json) {
    stdout.write(`\n${renderMemory(results)}`);
    stdout.write("\nBound: 250 MB and 48 bytes a chunk. All results were compared byte by byte.\n");
  }
  return results;
}

async function measure(options: BenchOptions, stdout: Output, stderr: Output): Promise<void> {
  // Second names for files only work on one file system.
  const parent = options.dir === undefined ? undefined : resolve(options.dir);
  if (parent !== undefined) fs.mkdirSync(parent, { recursive: true });
  const folder = Deno.makeTempDirSync({
    prefix: "parasync-bench-",
    ...(parent === undefined ? {} : { dir: parent }),
  });
  const signal = endingSignal(() => fs.rmSync(folder, { recursive: true, force: true }));
  try {
    const machine = await describeMachine(rsyncVersion());
    if (!options.json) stdout.write(renderMachine(machine));
    if (options.rsync && !options.memory && machine.rsync === null) {
      stderr.write("rsync is not installed: there is nothing to compare with\n");
    }
    fs.mkdirSync(join(folder, "root"));
    const own = options.schemes.flatMap((scheme) =>
      options.hw.flatMap((hw) =>
        options.fsync.map((fsync) => ({ scheme, hw, fsync, flags: options.flags }))
      )
    );
    const say = (text: string): void => stderr.write(`${text}\n`);
    const bench: Bench = { options, machine, own, folder, signal, stdout, say };
    const results = options.memory ? await measurePeaks(bench) : await measureTimes(bench);
    if (!options.json) return;
    const { pairs: _, ...settings } = options;
    const type = options.memory ? "memory" : "times";
    stdout.write(`${JSON.stringify({ type, schema: SCHEMA, machine, settings, results })}\n`);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const env = (name: string): string | undefined => Deno.env.get(name);
  const [stdout, stderr] = [createOutput(Deno.stdout, env), createOutput(Deno.stderr, env)];
  try {
    const options = readOptions(Deno.args);
    if (options === null) stdout.write(USAGE);
    else await measure(options, stdout, stderr);
    Deno.exit(0);
  } catch (error) {
    Deno.exit(reportFailure(error, { stdout, stderr, json: false, verbose: false }));
  }
}

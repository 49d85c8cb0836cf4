/** Contenders beside each other on one pair of files. */
import { type Contender, type OwnSettings, startParasync, startRsync } from "./contender.ts";
import { type Files, type Run, runOnce, runWatched, type WatchedRun } from "./run.ts";
import { type Spread, spreadOf } from "../../src/cli/comparison/spread.ts";
import { meanOf } from "./statistics.ts";

/** What a contender took on a pair. Null is what the system does not tell. */
export interface Result {
  readonly contender: string;
  /** From the start of the client's process to its end, in ms. */
  readonly wallMs: Spread;
  /** The same, run by run. */
  readonly runsMs: readonly number[];
  /** Means, user and system, in ms. */
  readonly clientCpuMs: number | null;
  readonly serverCpuMs: number | null;
  /** The most memory that was in RAM. */
  readonly clientPeakBytes: number | null;
  readonly serverPeakBytes: number | null;
  /** Bytes as the program reports them. */
  readonly reported: { readonly up: number; readonly down: number };
  /** Bytes of TCP streams, as a relay counted them. */
  readonly wire: { readonly up: number; readonly down: number };
  /** What else the program said of its last run. */
  readonly summary: Readonly<Record<string, unknown>>;
}

/** What to compare, and how. */
export interface ComparisonPlan {
  /** The folder that servers serve. */
  readonly root: string;
  /** A folder for odds and ends. */
  readonly scratch: string;
  /** Each way to run ours. */
  readonly own: readonly OwnSettings[];
  /** Whether rsync takes part. */
  readonly rsync: boolean;
  /** Runs that count. */
  readonly runs: number;
  /** Told before each round. */
  readonly onRound: (text: string) => void;
}

/**
 * Measures: in every round each contender once, the first round of each dropped; then a counted run of each.
 *
 * @param files The pair.
 * @param plan What to compare, and how.
 * @param signal Stops the work.
 * @returns A result for each contender.
 * @throws {ParasyncError} `verification` where a result is wrong, and what else keeps a run from ending.
 */
export async function comparePrograms(
  files: Files,
  plan: ComparisonPlan,
  signal: AbortSignal,
): Promise<Result[]> {
  const contenders: Contender[] = [];
  try {
    // New servers for every pair: their peaks are to be this pair's.
    for (const settings of plan.own) contenders.push(await startParasync(plan.root, settings));
    if (plan.rsync) contenders.push(await startRsync(plan.root, plan.scratch));
    const runs = contenders.map((): Run[] => []);
    for (let round = 0; round <= plan.runs; round++) {
      plan.onRound(round === 0 ? "warming up" : `round ${round} of ${plan.runs}`);
      for (const i of orderOf(round, contenders.length)) {
        const run = await runOnce(contenders[i]!, plan.root, files, signal);
        if (round > 0) runs[i]!.push(run);
      }
    }
    plan.onRound("counting bytes");
    const results: Result[] = [];
    for (const [i, contender] of contenders.entries()) {
      const watched = await runWatched(contender, plan.root, files, true, signal);
      results.push(resultOf(contender.name, runs[i]!, watched));
    }
    return results;
  } finally {
    for (const { server } of contenders) await server.stop();
  }
}

/**
 * Who comes when in a round. A run leaves its mark on the next one, in the state of the memory that it freed, so
 * everybody takes every place and follows everybody else.
 */
function orderOf(round: number, count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => (i + round) % count);
  return round % 2 === 0 ? order : order.reverse();
}

function resultOf(contender: string, runs: readonly Run[], watched: WatchedRun): Result {
  const last = runs.at(-1)!;
  const runsMs = runs.map(({ wallMs }) => wallMs);
  const peaks = [...runs, watched].map(({ clientPeakBytes }) => clientPeakBytes);
  const known = peaks.filter((bytes) => bytes !== null);
  const { upBytes, downBytes, more } = last.report;
  return {
    contender,
    wallMs: spreadOf(runsMs),
    runsMs,
    clientCpuMs: meanOf(runs.map(({ clientCpuMs }) => clientCpuMs)),
    serverCpuMs: meanOf(runs.map(({ serverCpuMs }) => serverCpuMs)),
    clientPeakBytes: known.length > 0 ? Math.max(...known) : null,
    serverPeakBytes: watched.serverPeakBytes,
    reported: { up: upBytes, down: downBytes },
    wire: watched.wire!,
    summary: more,
  };
}

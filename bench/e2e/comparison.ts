/** Contenders beside each other on one pair of files and one line. */
import { type Spread, spreadOf } from "../../src/cli/comparison/spread.ts";
import type { Contender } from "./contender.ts";
import { type Run, runOnce, type RunPlace, runWatched, type WatchedRun } from "./run.ts";
import { meanOf } from "./statistics.ts";

/** What a contender took on a pair. Null is what the system or the program does not tell. */
export interface Result {
  readonly contender: string;
  readonly program: Contender["program"];
  readonly fsync: boolean;
  /** From the start of the client's process to its end, in ms. */
  readonly wallMs: Spread;
  /** The same, run by run. */
  readonly runsMs: readonly number[];
  /** Means, user and system, in ms. */
  readonly clientCpuMs: number | null;
  readonly serverCpuMs: number | null;
  /** The most memory that was in RAM; of several processes, the one's that took most. */
  readonly clientPeakBytes: number | null;
  readonly serverPeakBytes: number | null;
  /** Bytes as the program reports them, of the run in which they were counted. */
  readonly reported: { readonly up: number | null; readonly down: number | null };
  /** Bytes of TCP streams, as a relay counted them; null where there is no connection. */
  readonly wire: { readonly up: number; readonly down: number } | null;
  /** What else the program said of its last run that was timed. */
  readonly summary: Readonly<Record<string, unknown>>;
}

/** What to compare, and how. */
export interface ComparisonPlan {
  /** Starts each contender. */
  readonly start: readonly (() => Promise<Contender>)[];
  /** Runs that count. */
  readonly runs: number;
  /** Told before each round. */
  readonly onRound: (text: string) => void;
}

/**
 * Measures: in every round each contender once, the first round of each dropped; then a counted run of each.
 *
 * @param place The files, the line and the rest of what all of them share.
 * @param plan What to compare, and how.
 * @returns A result for each contender.
 * @throws {ParasyncError} `verification` where a result is wrong, and what else keeps a run from ending.
 */
export async function comparePrograms(place: RunPlace, plan: ComparisonPlan): Promise<Result[]> {
  const contenders: Contender[] = [];
  try {
    // New servers for every pair: their peaks are to be this pair's.
    for (const start of plan.start) {
      const contender = await start();
      contenders.push(contender);
      await contender.prepare?.(place);
    }
    const runs = contenders.map((): Run[] => []);
    for (let round = 0; round <= plan.runs; round++) {
      plan.onRound(round === 0 ? "warming up" : `round ${round} of ${plan.runs}`);
      for (const i of orderOf(round, contenders.length)) {
        const run = await runOnce(contenders[i]!, place);
        if (round > 0) runs[i]!.push(run);
      }
    }
    plan.onRound("counting bytes");
    const results: Result[] = [];
    for (const [i, contender] of contenders.entries()) {
      results.push(resultOf(contender, runs[i]!, await runWatched(contender, place, true)));
    }
    return results;
  } finally {
    for (const { server } of contenders) await server?.stop();
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

function resultOf(
  { name, program, fsync }: Contender,
  runs: readonly Run[],
  watched: WatchedRun,
): Result {
  const last = runs.at(-1)!;
  const runsMs = runs.map(({ wallMs }) => wallMs);
  const peaks = [...runs, watched].map(({ clientPeakBytes }) => clientPeakBytes);
  const known = peaks.filter((bytes) => bytes !== null);
  const { upBytes, downBytes } = watched.report;
  return {
    contender: name,
    program,
    fsync,
    wallMs: spreadOf(runsMs),
    runsMs,
    clientCpuMs: meanOf(runs.map(({ clientCpuMs }) => clientCpuMs)),
    serverCpuMs: meanOf(runs.map(({ serverCpuMs }) => serverCpuMs)),
    clientPeakBytes: known.length > 0 ? Math.max(...known) : null,
    serverPeakBytes: watched.serverPeakBytes,
    reported: { up: upBytes, down: downBytes },
    wire: watched.wire,
    summary: last.report.more,
  };
}

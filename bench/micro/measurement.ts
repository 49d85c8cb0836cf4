/** Takes the time of cases, in turn. */
import { type Spread, spreadOf } from "../../src/cli/comparison/spread.ts";
import type { Case, LimitName } from "./case.ts";
import { LIMITS } from "./limit_cases.ts";

/** A row of the table. */
export interface MicroResult {
  readonly group: string;
  readonly name: string;
  /** What a figure is of: GB/s, or ns for each of what the case counts. */
  readonly unit: string;
  readonly speed: Spread;
  /** What it is compared with, and the part of its speed that was reached (medians). */
  readonly limit: LimitName | null;
  readonly ofLimit: number | null;
}

/** How to measure. */
export interface MeasurePlan {
  /** Rounds that count. */
  readonly rounds: number;
  /** What a sample should take at least: short work is repeated, in ms. */
  readonly sampleMs: number;
  /** The time, in ms. */
  readonly now: () => number;
  /** Told before each round. */
  readonly onRound: (round: number) => void;
}

/**
 * Takes turns: in every round each case once, forwards and backwards by turns, so that what else the machine does
 * hits all of them. Every case is checked after its first run and after its last.
 *
 * @param cases What to measure; limits are among them.
 * @param plan How.
 * @returns A result for each case, in order.
 * @throws {Error} Where a case has done its work wrong.
 */
export async function measureCases(
  cases: readonly Case[],
  { rounds, sampleMs, now, onRound }: MeasurePlan,
): Promise<MicroResult[]> {
  const repeats: number[] = [];
  for (const item of cases) {
    // The first run is for the compiler, and says whether the work is done right at all.
    await runTimes(item, 1);
    await item.check();
    const begun = now();
    await runTimes(item, 1);
    const once = Math.max(now() - begun, 1e-3);
    repeats.push(Math.max(1, Math.min(10_000, Math.ceil(sampleMs / once))));
  }
  const samples = cases.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    onRound(round);
    for (let n = 0; n < cases.length; n++) {
      const i = round % 2 === 0 ? n : cases.length - 1 - n;
      const begun = now();
      await runTimes(cases[i]!, repeats[i]!);
      const ms = now() - begun;
      if (round > 0) samples[i]!.push(figureOf(cases[i]!, ms / repeats[i]!));
    }
  }
  for (const item of cases) await item.check();
  return resultsOf(cases, samples);
}

async function runTimes(item: Case, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const running = item.run();
    if (running !== undefined) await running;
  }
}

/** GB/s, or ns for each. */
function figureOf({ work }: Case, ms: number): number {
  return "bytes" in work ? work.bytes / ms / 1e6 : ms * 1e6 / work.count;
}

function resultsOf(cases: readonly Case[], samples: readonly number[][]): MicroResult[] {
  const spreads = samples.map(spreadOf);
  const limits = new Map(
    cases.flatMap(({ group, name }, i) => group === LIMITS ? [[name, spreads[i]!.median]] : []),
  );
  return cases.map(({ group, name, work, limit }, i) => {
    const most = limit === undefined ? undefined : limits.get(limit);
    return {
      group,
      name,
      unit: "bytes" in work ? "GB/s" : `ns/${work.each}`,
      speed: spreads[i]!,
      limit: limit ?? null,
      ofLimit: most === undefined ? null : spreads[i]!.median / most,
    };
  });
}

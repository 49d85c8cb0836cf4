import type { Sample, SoakReport } from "./soak_run.ts";

/** By how much the last quarter's median may be above the second's. */
const MOST_MIB = 64;
const MOST_DESCRIPTORS = 16;

/**
 * @param report What came of a soak.
 * @throws {Error} When anything was lost, or memory or descriptors were not flat.
 */
export function assertSoak({ lost, samples }: SoakReport): void {
  if (lost.length > 0) throw new Error(`Cannot call that sound: ${lost.join("; ")}`);
  const quarter = samples.length >> 2;
  if (quarter < 4) return;
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);
  for (
    const [what, of, most] of [
      ["memory", (sample: Sample) => sample.memoryMib, MOST_MIB],
      ["descriptors", (sample: Sample) => sample.descriptors, MOST_DESCRIPTORS],
    ] as const
  ) {
    const grown = median(late.map(of)) - median(early.map(of));
    if (grown > most) throw new Error(`Cannot call that sound: ${what} grew by ${grown}`);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** Results of several comparisons, put in rows and columns. */
import type { Comparison } from "../e2e.ts";
import type { Result } from "../e2e/comparison.ts";

/** Values by pair and by program. */
export interface Grid {
  readonly series: readonly string[];
  readonly rows: readonly {
    readonly comparison: Comparison;
    /** By series; null where it took no part. */
    readonly results: readonly (Result | null)[];
  }[];
}

/** A contender's name in a plot, where nothing is synced: without saying so. */
export function shortName({ contender }: Result): string {
  return contender.replace(/ fsync=\w+/, "").replace(/^parasync hw=auto$/, "parasync")
    .replace(/^scheme (.*) hw=auto$/, "$1").replace(/ \(.*\)$/, "").replace(" over HTTP", "");
}

/** Whether a result is parasync's own scheme, or another program's. */
export function isProgram({ program, contender }: Result): boolean {
  return program !== "parasync" || contender.startsWith("parasync");
}

/** Whether a result is one of ours, of whichever scheme, by the usual checksums. */
export function isScheme({ program, contender }: Result): boolean {
  return program === "parasync" && contender.includes("hw=auto");
}

/**
 * Arranges results; what was measured twice counts the first time.
 *
 * @param comparisons What was measured, each a row unless the pair had one already.
 * @param wanted Which results to take; those that sync are left out.
 */
export function gridOf(
  comparisons: readonly Comparison[],
  wanted: (result: Result) => boolean,
): Grid {
  const names: string[] = [];
  const rows = new Map<string, { comparison: Comparison; results: Map<string, Result> }>();
  for (const comparison of comparisons) {
    for (const result of comparison.results) {
      if (result.fsync || !wanted(result)) continue;
      const name = shortName(result);
      if (!names.includes(name)) names.push(name);
      const id = `${comparison.pair} ${comparison.link}`;
      let row = rows.get(id);
      if (row === undefined) rows.set(id, row = { comparison, results: new Map() });
      if (!row.results.has(name)) row.results.set(name, result);
    }
  }
  // Ours comes first, in every plot in the same colour.
  const series = names.toSorted((a, b) => Number(b === "parasync") - Number(a === "parasync"));
  return {
    series,
    rows: [...rows.values()].map(({ comparison, results }) => ({
      comparison,
      results: series.map((name) => results.get(name) ?? null),
    })),
  };
}

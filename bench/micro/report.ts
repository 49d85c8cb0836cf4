/** The micro benches' results for people. */
import { renderTable } from "../e2e/table.ts";
import type { MicroResult } from "./measurement.ts";

/** A figure with three digits that count. */
export function threeDigits(value: number): string {
  return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** The cells of the table; the first row is the head. */
export function microRows(results: readonly MicroResult[]): string[][] {
  const head = ["part", "what", "", "median", "min–max", "× limit"];
  const rows = results.map(({ group, name, unit, speed, limit, ofLimit }, i) => [
    results[i - 1]?.group === group ? "" : group,
    name,
    unit,
    threeDigits(speed.median),
    `${threeDigits(speed.min)}–${threeDigits(speed.max)}`,
    ofLimit === null ? "" : `${ofLimit.toFixed(3)} ${limit}`,
  ]);
  return [head, ...rows];
}

/** The table on a terminal. */
export function renderMicro(results: readonly MicroResult[]): string {
  const rows = microRows(results);
  const width = Math.max(...rows.map((row) => row[0]!.length));
  return renderTable(
    rows.map(([part, what, ...rest]) => [`${part!.padEnd(width)}  ${what}`, ...rest]),
    0,
  );
}

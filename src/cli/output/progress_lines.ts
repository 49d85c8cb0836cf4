import { printable } from "../../telemetry/printable.ts";
import { formatBytes } from "./amounts.ts";
import { painter } from "./paint.ts";
import { displayWidth, fitWidth, padWidth } from "./width.ts";

/** How far one stage is. */
export interface StageProgress {
  /** Its name, for example `client chunk`. */
  readonly stage: string;
  /** Bytes done. */
  readonly doneBytes: number;
  /** Bytes in all; not finite or negative: unknown. */
  readonly totalBytes: number;
  /** Bytes a second; `undefined` where there is nothing to judge by yet. */
  readonly bytesPerSecond: number | undefined;
}

/** How progress is shown. */
export interface ProgressStyle {
  /** Whether to use colours. */
  readonly colour: boolean;
  /** Columns that a line may take. */
  readonly width: number;
}

/** The done part of a stage, 0 to 1; a stage of no bytes is done. `undefined`: the total is unknown. */
function fraction({ doneBytes, totalBytes }: StageProgress): number | undefined {
  if (!Number.isFinite(totalBytes) || totalBytes < 0) return undefined;
  return totalBytes === 0 ? 1 : Math.min(1, Math.max(0, doneBytes / totalBytes));
}

/** Rounded down, so that 100 % is said of what is done alone. */
function amountDone(row: StageProgress): string {
  const part = fraction(row);
  return part === undefined ? formatBytes(row.doneBytes) : `${Math.floor(part * 100)} %`;
}

function bar(part: number, columns: number): [done: string, open: string] {
  const done = Math.floor(part * columns);
  return ["█".repeat(done), "░".repeat(columns - done)];
}

const MOST_BAR = 40;
const LEAST_BAR = 5;

/**
 * One line for each stage, such as `client chunk  ███████░░░   62 %  1.20 GB/s`. Where columns are few the
 * bar shrinks, then goes; then the rate goes; then names are cut. No line is wider than `style.width`.
 *
 * @param rows The stages.
 * @param style How to show them.
 * @returns Lines without line feeds, as many as there are rows.
 */
export function renderProgress(rows: readonly StageProgress[], style: ProgressStyle): string[] {
  const paint = painter(style.colour);
  const cells = rows.map((row) => ({
    name: printable(row.stage),
    part: fraction(row),
    amount: amountDone(row),
    rate: row.bytesPerSecond === undefined ? "" : `${formatBytes(row.bytesPerSecond)}/s`,
  }));
  const widest = (of: (cell: typeof cells[number]) => string): number =>
    Math.max(0, ...cells.map((cell) => displayWidth(of(cell))));
  const names = widest(({ name }) => name);
  const amounts = widest(({ amount }) => amount);
  const rates = widest(({ rate }) => rate);
  const withRate = rates > 0 && names + 2 + amounts + 2 + rates <= style.width;
  const fixed = names + 2 + amounts + (withRate ? 2 + rates : 0);
  const bars = Math.min(MOST_BAR, style.width - fixed - 2);
  return cells.map(({ name, part, amount, rate }) => {
    if (fixed > style.width) {
      const room = style.width - amount.length - 1;
      return room < 3 ? fitWidth(amount, style.width) : `${fitWidth(name, room)} ${amount}`;
    }
    let line = `${padWidth(name, names)}  `;
    if (bars >= LEAST_BAR) {
      const [done, open] = bar(part ?? 0, bars);
      line += `${paint(part === 1 ? "green" : "cyan", done)}${paint("dim", open)}  `;
    }
    line += amount.padStart(amounts);
    return withRate && rate !== "" ? `${line}  ${rate.padStart(rates)}` : line;
  });
}

/**
 * All stages in one plain line, for logs and pipes: `client chunk 62 %, server chunk 100 %`.
 *
 * @param rows The stages.
 * @returns A line without a line feed.
 */
export function renderProgressLine(rows: readonly StageProgress[]): string {
  return rows.map((row) => `${printable(row.stage)} ${amountDone(row)}`).join(", ");
}

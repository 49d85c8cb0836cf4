import { printable } from "../../telemetry/printable.ts";
import type { StageTime } from "../../telemetry/stages.ts";
import { formatMillis } from "./amounts.ts";
import { painter } from "./paint.ts";
import type { SummaryStyle } from "./summary.ts";
import { displayWidth, padWidth } from "./width.ts";

const MOST_BAR = 60;
const LEAST_BAR = 10;

/**
 * When each stage of a sync was at work, a line for each, drawn to scale: where the time goes, and who waited for
 * whom.
 *
 * @param stages The stages of both ends, from the sync's beginning on.
 * @param elapsedMs How long the sync took.
 * @param style How it is shown.
 * @returns Lines, with line feeds; empty where there is no stage.
 */
export function renderTimeline(
  stages: readonly StageTime[],
  elapsedMs: number,
  { colour, width }: SummaryStyle,
): string {
  if (stages.length === 0) return "";
  const paint = painter(colour);
  const rows = stages.toSorted((a, b) => a.beginMs - b.beginMs).map((stage) => ({
    ...stage,
    cells: [
      printable(stage.stage),
      formatMillis(Math.max(0, stage.beginMs)),
      formatMillis(stage.endMs),
      formatMillis(stage.busyMs),
      formatMillis(Math.max(0, stage.endMs - stage.beginMs - stage.busyMs)),
    ],
  }));
  const head = ["stage", "begin", "end", "busy", "wait"];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => displayWidth(cells[column]!)))
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) =>
      column === 0 ? padWidth(cell, widths[0]!) : cell.padStart(widths[column]!)
    ).join("  ");
  const end = Math.max(elapsedMs, ...rows.map(({ endMs }) => endMs));
  const room = Math.min(MOST_BAR, width - 1 - (displayWidth(line(head)) + 2));
  const drawn = room < LEAST_BAR ? 0 : room;
  return [
    paint("dim", `${line(head)}  ${drawn === 0 ? "" : "█ busy  ░ waiting, in all"}`.trimEnd()),
    ...rows.map((row) => `${line(row.cells)}  ${paint("cyan", bar(row, end, drawn))}`.trimEnd()),
  ].map((text) => `${text}\n`).join("");
}

/** At least a column, so that nothing that took time is without one. */
function bar({ beginMs, endMs, busyMs }: StageTime, wholeMs: number, room: number): string {
  if (room === 0 || wholeMs <= 0) return "";
  const at = (ms: number): number => Math.round(Math.max(0, ms) / wholeMs * room);
  const begin = Math.min(at(beginMs), room - 1);
  const length = Math.max(1, at(endMs) - begin);
  const span = endMs - beginMs;
  const busy = span <= 0 ? length : Math.min(length, Math.ceil(busyMs / span * length));
  return " ".repeat(begin) + "█".repeat(busy) + "░".repeat(length - busy);
}

/** How cost grows, in tables. */
import { formatBytes } from "../../src/cli/output/amounts.ts";
import type { Result } from "../e2e/comparison.ts";
import { renderTable } from "../e2e/table.ts";
import type { GrowthRun } from "../growth.ts";

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function bytes(count: number | null): string {
  return count === null ? "–" : formatBytes(count);
}

function speed(newBytes: number, { wallMs }: Result): string {
  return `${formatBytes(newBytes * 1000 / wallMs.median)}/s`;
}

/** Cells of the sizes; the first row is the head. */
export function sizeRows({ sizes }: GrowthRun): string[][] {
  const head = ["pair", "size", "program", "wall s", "throughput", "peak client", "server"];
  return [
    head,
    ...sizes.flatMap(({ pair, newBytes, results }) =>
      results.map((result, i) => [
        i === 0 ? pair : "",
        i === 0 ? formatBytes(newBytes) : "",
        result.contender,
        seconds(result.wallMs.median),
        speed(newBytes, result),
        bytes(result.clientPeakBytes),
        bytes(result.serverPeakBytes),
      ])
    ),
  ];
}

/** Cells of the threads; the first row is the head. */
export function threadRows({ threads }: GrowthRun): string[][] {
  if (threads === null) return [];
  const head = ["threads of each end", "wall s", "throughput", "client CPU s", "server"];
  const cpu = (ms: number | null): string => ms === null ? "–" : seconds(ms);
  return [
    head,
    ...threads.results.map(({ count, result }) => [
      String(count),
      seconds(result.wallMs.median),
      speed(threads.newBytes, result),
      cpu(result.clientCpuMs),
      cpu(result.serverCpuMs),
    ]),
  ];
}

/** Cells of the clients; the first row is the head. */
export function crowdRows({ clients }: GrowthRun): string[][] {
  if (clients === null) return [];
  const head = ["clients", "program", "together", "p50 s", "p99 s", "server's memory", "failed"];
  return [
    head,
    ...clients.results.map((result, i, all) => [
      all[i - 1]?.clients === result.clients ? "" : String(result.clients),
      result.contender,
      `${formatBytes(result.bytesPerSecond)}/s`,
      seconds(result.p50Ms),
      seconds(result.p99Ms),
      bytes(result.serverPeakBytes),
      `${result.failures} of ${result.started}`,
    ]),
  ];
}

/** Everything that was measured, on a terminal. */
export function renderGrowth(run: GrowthRun): string {
  const part = (title: string, rows: string[][]): string =>
    rows.length <= 1 ? "" : `\n${title}\n${renderTable(rows, 2)}`;
  return part("With the file", sizeRows(run)) +
    part(`With threads: ${run.threads?.pair}, ${run.machine.cores} cores`, threadRows(run)) +
    part(`With clients at once, ${run.clients?.pair} each`, crowdRows(run)) +
    run.leftOut.map((text) => `\nLeft out: ${text}\n`).join("");
}

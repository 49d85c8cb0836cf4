/** The end-to-end bench's results for people. */
import { formatBytes } from "../../src/cli/output/amounts.ts";
import type { Result } from "./comparison.ts";
import type { MemoryResult } from "./memory.ts";
import { renderTable } from "./table.ts";

function seconds(millis: number | null): string {
  return millis === null ? "–" : (millis / 1000).toFixed(3);
}

function bytes(count: number | null): string {
  return count === null ? "–" : formatBytes(count);
}

/**
 * The results on one pair.
 *
 * @param title The pair's name and sizes.
 * @param results A result for each contender; the last one may be rsync's.
 * @returns Lines with their line feeds.
 */
export function renderResults(title: string, results: readonly Result[]): string {
  const rival = results.find(({ contender }) => contender.startsWith("rsync --"));
  const total = ({ wire }: Result): number => wire.up + wire.down;
  const head = ["", "wall s", "min–max", "CPU s client", "server", "peak client", "server"];
  head.push("says sent", "received", "wire up", "down");
  if (rival !== undefined) head.splice(3, 0, "× rsync"), head.push("× rsync");
  const rows = results.map((result) => {
    const { wallMs, reported, wire } = result;
    const row = [
      result.contender,
      seconds(wallMs.median),
      `${seconds(wallMs.min)}–${seconds(wallMs.max)}`,
      seconds(result.clientCpuMs),
      seconds(result.serverCpuMs),
      bytes(result.clientPeakBytes),
      bytes(result.serverPeakBytes),
      bytes(reported.up),
      bytes(reported.down),
      bytes(wire.up),
      bytes(wire.down),
    ];
    if (rival !== undefined) {
      row.splice(3, 0, (wallMs.median / rival.wallMs.median).toFixed(2));
      row.push((total(result) / total(rival)).toFixed(3));
    }
    return row;
  });
  return `${title}\n${renderTable([head, ...rows], 2)}`;
}

/**
 * Peak memory beside its bound.
 *
 * @param results The measurements.
 * @returns Lines with their line feeds.
 */
export function renderMemory(results: readonly MemoryResult[]): string {
  const head = ["", "end", "peak", "bound", "chunks", "", "wall s"];
  const rows = results.flatMap((result) =>
    result.ends.map(({ end, peakBytes, boundBytes, chunks }) => [
      `${result.pair}, ${result.contender}`,
      end,
      bytes(peakBytes),
      bytes(boundBytes),
      String(chunks),
      peakBytes === null ? "unknown" : peakBytes <= boundBytes ? "within" : "ABOVE",
      seconds(result.wallMs),
    ])
  );
  return renderTable([head, ...rows], 0);
}

/** The end-to-end bench's results for people. */
import { formatBytes } from "../../src/cli/output/amounts.ts";
import type { Result } from "./comparison.ts";
import type { MemoryResult } from "./memory.ts";
import { renderTable } from "./table.ts";

function seconds(millis: number | null): string {
  return millis === null ? "–" : (millis / 1000).toFixed(3);
}

function bytes(count: number | null | undefined): string {
  return count === null || count === undefined ? "–" : formatBytes(count);
}

/**
 * Which result a contender is measured by: rsync's of its defaults, synced or not as the contender is.
 *
 * @param result The contender's.
 * @param results Everybody's.
 * @returns Undefined where rsync took no part.
 */
export function rivalOf(result: Result, results: readonly Result[]): Result | undefined {
  return results.find(({ program, contender, fsync }) =>
    program === "rsync" && !contender.includes(" -z") && fsync === result.fsync
  );
}

/** Bytes on the wire, both ways; undefined where there was none. */
export function wireBytes({ wire }: Result): number | undefined {
  return wire === null ? undefined : wire.up + wire.down;
}

function ratio(own: number | undefined, other: number | undefined, digits: number): string {
  return own === undefined || other === undefined ? "–" : (own / other).toFixed(digits);
}

/** Who took part, in a few words: what tells one table of a pair from another. */
export function membersOf(results: readonly Result[]): string {
  const schemes = results.some(({ contender }) => contender.startsWith("scheme "));
  const programs = [...new Set(results.map(({ program }) => program))];
  const names = programs.map((name) => name === "parasync" && schemes ? "the schemes" : name);
  return names.join(", ") + (results.every(({ fsync }) => fsync) ? ", synced" : "");
}

/** Cells of the results on one pair; the first row is the head. */
export function resultRows(results: readonly Result[]): string[][] {
  const head = ["", "wall s", "min–max", "× rsync", "CPU s client", "server", "peak client"];
  head.push("server", "wire up", "down", "× rsync");
  const rows = results.map((result) => {
    const { contender, wallMs, wire } = result;
    const rival = rivalOf(result, results);
    return [
      contender,
      seconds(wallMs.median),
      `${seconds(wallMs.min)}–${seconds(wallMs.max)}`,
      ratio(wallMs.median, rival?.wallMs.median, 2),
      seconds(result.clientCpuMs),
      seconds(result.serverCpuMs),
      bytes(result.clientPeakBytes),
      bytes(result.serverPeakBytes),
      bytes(wire?.up),
      bytes(wire?.down),
      ratio(wireBytes(result), rival && wireBytes(rival), 3),
    ];
  });
  return [head, ...rows];
}

/**
 * The results on one pair.
 *
 * @param title The pair's name and sizes.
 * @param results A result for each contender.
 * @returns Lines with their line feeds.
 */
export function renderResults(title: string, results: readonly Result[]): string {
  return `${title}\n${renderTable(resultRows(results), 2)}`;
}

/** Cells of peak memory beside its bound; the first row is the head. */
export function memoryRows(results: readonly MemoryResult[]): string[][] {
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
  return [head, ...rows];
}

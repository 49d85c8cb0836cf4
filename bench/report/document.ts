/** The tables of docs/benchmarks.md. */
import { formatBytes } from "../../src/cli/output/amounts.ts";
import { ParasyncError } from "../../src/errors.ts";
import { membersOf, memoryRows, resultRows } from "../e2e/report.ts";
import { crowdRows, sizeRows, threadRows } from "../growth/report.ts";
import { microRows } from "../micro/report.ts";
import type { BenchRun, PageOptions } from "./page.ts";

/** What stands before and after the tables in the document. */
export const BEGIN = "<!-- the figures that deno task bench:all writes -->";
export const END = "<!-- the end of the figures -->";

/** A table in Markdown; the first row is the head, and all columns but the first are flush right. */
function markdownTable(rows: readonly (readonly string[])[], left = 1): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  const [head, ...rest] = rows;
  if (head === undefined || rest.length === 0) return "";
  const rule = head.map((_, i) => i < left ? "---" : "--:");
  return `${line(head)}${line(rule)}${rest.map(line).join("")}\n`;
}

/**
 * The tables of some runs.
 *
 * @param runs What was measured.
 * @param options The command and the day.
 * @returns Markdown.
 */
export function renderDocument(
  runs: readonly BenchRun[],
  { command, date }: Required<PageOptions>,
): string {
  const parts = [`${facts(runs)}\nMeasured on ${date} by \`${command}\`.\n\n`];
  for (const run of runs) {
    if (run.type === "times") {
      for (const { pair, link, cache, oldBytes, newBytes, results } of run.results) {
        const where = cache === "cold" ? `${link}, cold cache` : link;
        const sizes = `${formatBytes(oldBytes)} → ${formatBytes(newBytes)}`;
        parts.push(
          `### ${pair}, ${where}\n\n${sizes}; ${
            membersOf(results)
          }; medians, runs: ${run.runs}.\n\n`,
          markdownTable(resultRows(results)),
        );
      }
    } else if (run.type === "memory") {
      parts.push(
        "### Peak memory\n\nBound: 250 MB and 48 bytes a chunk; a push each, on loopback.\n\n",
        markdownTable(memoryRows(run.results), 2),
      );
    } else if (run.type === "growth") {
      const part = (title: string, rows: string[][], left: number): void => {
        if (rows.length > 1) parts.push(`### ${title}\n\n`, markdownTable(rows, left));
      };
      part("With the size of the file", sizeRows(run), 3);
      part(`With threads: ${run.threads?.pair}`, threadRows(run), 1);
      part(`With clients at once: ${run.clients?.pair} each`, crowdRows(run), 2);
      for (const text of run.leftOut) parts.push(`Left out: ${text}.\n\n`);
    } else {
      parts.push("### Parts one by one\n\n", markdownTable(microRows(run.results), 3));
    }
  }
  return parts.join("").trimEnd();
}

function facts(runs: readonly BenchRun[]): string {
  const machine = runs.find(({ machine: { programs } }) => Object.keys(programs).length > 0)
    ?.machine ?? runs[0]!.machine;
  const { cpu, cores, memoryBytes, system, load, parasync, deno, libraries, programs } = machine;
  const others = Object.entries(programs).map(([name, version]) => `${name} ${version}`);
  const relays = runs.flatMap((run) => run.type === "times" ? run.relays : []);
  const said = new Map(relays.map(({ link, bytesPerSecond, rttMs }) => [
    link,
    `- ${link === "loopback" ? "the relay by itself" : `the relay as ${link}`}: ${
      formatBytes(bytesPerSecond)
    }/s one way, ${rttMs.toFixed(2)} ms there and back\n`,
  ]));
  return `- machine: ${cpu}, ${cores} cores, ${formatBytes(memoryBytes)}, ${system}; load before ${
    load.toFixed(2)
  }\n- versions: ${
    [`parasync ${parasync}`, `Deno ${deno}`, ...others].join(", ")
  }\n- checksums: ${libraries}\n${[...said.values()].join("")}`;
}

/**
 * Puts tables between the marks of a document.
 *
 * @param document The document.
 * @param tables What comes there, in place of what was there.
 * @throws {ParasyncError} `internal` where there are no marks.
 */
export function withTables(document: string, tables: string): string {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from < 0 || to < from) {
    throw new ParasyncError("internal", "Cannot write the tables: the document has lost its marks");
  }
  return `${document.slice(0, from + BEGIN.length)}\n\n${tables}\n\n${document.slice(to)}`;
}

/** The plots of how cost grows. */
import { formatBytes, formatMillis } from "../../src/cli/output/amounts.ts";
import type { Result } from "../e2e/comparison.ts";
import type { GrowthRun } from "../growth.ts";
import type { CrowdResult } from "../growth/clients.ts";
import { crowdRows, sizeRows, threadRows } from "../growth/report.ts";
import { htmlTable } from "./html_table.ts";
import { linePlot } from "./line_plot.ts";
import { escaped } from "./svg.ts";
import type { Section } from "./times_section.ts";

function rate(value: number): string {
  return `${formatBytes(value)}/s`;
}

function speedOf(bytes: number, { wallMs }: Result): number {
  return bytes * 1000 / wallMs.median;
}

/** Sizes, threads, clients: what of them was measured. */
export function growthSections(run: GrowthRun): Section[] {
  return [...threadSections(run), ...sizeSections(run), ...clientSections(run)];
}

function threadSections(run: GrowthRun): Section[] {
  const { threads, machine } = run;
  if (threads === null) return [];
  const { pair, newBytes, results } = threads;
  return [{
    title: "Throughput by threads",
    about:
      `${pair}, on loopback, with so many threads at each end, on ${machine.cores} cores that both ends share.`,
    figures: [linePlot({
      title: "Throughput by threads",
      axis: "bytes of the new file a second",
      series: ["parasync"],
      format: rate,
      across: "threads of each end",
      steps: results.map(({ count }) => String(count)),
      lines: [results.map(({ result }) => speedOf(newBytes, result))],
    })],
    more: htmlTable("In figures", threadRows(run)),
  }];
}

function sizeSections(run: GrowthRun): Section[] {
  const { sizes, leftOut } = run;
  if (sizes.length === 0) return [];
  const programs = [...new Set(sizes.flatMap(({ results }) => results.map((r) => r.program)))];
  const valuesOf = (value: (bytes: number, result: Result) => number | null) =>
    programs.map((program) =>
      sizes.map(({ newBytes, results }) => {
        const result = results.find((candidate) => candidate.program === program);
        return result === undefined ? null : value(newBytes, result);
      })
    );
  const common = {
    series: programs,
    across: "size of the new file",
    steps: sizes.map(({ pair, newBytes }) =>
      `${formatBytes(newBytes)}${pair.startsWith("sparse") ? ", holes" : ""}`
    ),
    logarithmic: true,
  };
  return [{
    title: "With the size of the file",
    about: "Pages overwritten here and there; the largest are mostly holes.",
    figures: [
      linePlot({
        ...common,
        title: "Time by size",
        axis: "time of the whole client process, logarithmic",
        format: formatMillis,
        lines: valuesOf((_, { wallMs }) => wallMs.median),
      }),
      linePlot({
        ...common,
        title: "Memory by size",
        axis: "peak memory of the server, logarithmic",
        format: formatBytes,
        lines: valuesOf((_, { serverPeakBytes }) => serverPeakBytes),
      }),
    ],
    more: leftOut.map((text) => `<p>Left out: ${escaped(text)}.</p>`).join("") +
      htmlTable("In figures", sizeRows(run)),
  }];
}

function clientSections(run: GrowthRun): Section[] {
  const { clients } = run;
  if (clients === null) return [];
  const { pair, results } = clients;
  const counts = [...new Set(results.map((result) => result.clients))];
  const names = [...new Set(results.map(({ contender }) => contender))];
  const series = names.map((name) => name.split(" ")[0]!);
  const valuesOf = (value: (result: CrowdResult) => number | null) =>
    names.map((name) =>
      counts.map((count) => {
        const result = results.find((r) => r.contender === name && r.clients === count);
        return result === undefined ? null : value(result);
      })
    );
  const common = { series, across: "clients at once", steps: counts.map(String) };
  return [{
    title: "With clients at once",
    about:
      `So many clients are started together, each with ${pair} and a target of its own, on one server.`,
    figures: [
      linePlot({
        ...common,
        title: "Throughput by clients at once",
        axis: "bytes of new files a second, all clients together",
        format: rate,
        lines: valuesOf(({ bytesPerSecond }) => bytesPerSecond),
      }),
      linePlot({
        ...common,
        title: "Slowest clients",
        axis: "time of a client, 99th percentile, logarithmic",
        format: formatMillis,
        lines: valuesOf(({ p99Ms }) => p99Ms),
        logarithmic: true,
      }),
    ],
    more: htmlTable("In figures", crowdRows(run), true),
  }];
}

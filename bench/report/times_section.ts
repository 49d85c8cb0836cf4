/** The plots of whole syncs. */
import { formatBytes, formatMillis } from "../../src/cli/output/amounts.ts";
import type { Comparison } from "../e2e.ts";
import type { Result } from "../e2e/comparison.ts";
import { membersOf, resultRows, wireBytes } from "../e2e/report.ts";
import { dotPlot } from "./dot_plot.ts";
import { htmlTable } from "./html_table.ts";
import { type Grid, gridOf, isProgram, isScheme } from "./series.ts";
import { type StackedBar, stackedPlot } from "./stacked_plot.ts";

/** A part of the page. */
export interface Section {
  readonly title: string;
  readonly about: string;
  /** Plots, as SVG. */
  readonly figures: readonly string[];
  /** Tables and the like, as HTML. */
  readonly more: string;
}

function seconds(value: number): string {
  return formatMillis(value * 1000);
}

function sizesOf({ oldBytes, newBytes }: Comparison): string {
  return `${formatBytes(oldBytes)} → ${formatBytes(newBytes)}`;
}

function plotOf(
  { series, rows }: Grid,
  title: string,
  axis: string,
  format: (value: number) => string,
  valueOf: (result: Result) => number | null,
): string {
  const dots = rows.map(({ comparison, results }) => ({
    name: comparison.pair,
    note: sizesOf(comparison),
    values: results.map((result) => result === null ? null : valueOf(result)),
  })).filter(({ values }) => values.some((value) => value !== null));
  return dots.length === 0 ? "" : dotPlot({ title, axis, series, format }, dots);
}

function tables(comparisons: readonly Comparison[]): string {
  return comparisons.map((comparison) => {
    const { pair, link, cache, results } = comparison;
    const where = [pair, link, ...cache === "cold" ? ["cold cache"] : []].join(", ");
    return htmlTable(
      `${where}, ${sizesOf(comparison)}: ${membersOf(results)}`,
      resultRows(results),
    );
  }).join("");
}

/** Time and bytes on loopback, programs beside each other, and the six schemes. */
export function loopbackSections(comparisons: readonly Comparison[]): Section[] {
  const near = comparisons.filter(({ link, cache }) => link === "loopback" && cache === "warm");
  const programs = gridOf(near, isProgram);
  const schemes = gridOf(near, isScheme);
  const sections: Section[] = [];
  if (programs.rows.length > 0) {
    sections.push({
      title: "Time by pair, on loopback",
      about:
        "From the start of the client's process to its end, the server running; medians, page cache warm, " +
        "nothing synced to the device. cp has no network and curl's receiver no checks: they are there to say " +
        "what moving the whole file costs.",
      figures: [
        plotOf(
          programs,
          "Time by pair",
          "time, logarithmic",
          seconds,
          ({ wallMs }) => wallMs.median / 1000,
        ),
      ],
      more: tables(near),
    }, {
      title: "Bytes by pair",
      about: "Bytes of the TCP streams, both ways, as the relay counted them.",
      figures: [
        plotOf(
          programs,
          "Bytes on the wire by pair",
          "bytes both ways, logarithmic",
          formatBytes,
          (result) => wireBytes(result) ?? null,
        ),
      ],
      more: "",
    });
  }
  if (schemes.series.length > 1) {
    const rows = schemes.rows.filter(({ results }) =>
      results.filter((result) => result !== null).length > 1
    );
    const grid = { ...schemes, rows };
    sections.push({
      title: "The six schemes",
      about: "The same client and server, the same transport and checks, by each scheme.",
      figures: [
        plotOf(
          grid,
          "Time by scheme",
          "time, logarithmic",
          seconds,
          ({ wallMs }) => wallMs.median / 1000,
        ),
        plotOf(
          grid,
          "Bytes by scheme",
          "bytes both ways, logarithmic",
          formatBytes,
          (result) => wireBytes(result) ?? null,
        ),
      ],
      more: "",
    });
  }
  const cold = comparisons.filter(({ cache }) => cache === "cold");
  if (cold.length > 0) {
    sections.push({
      title: "Cold cache",
      about:
        "Both files were dropped from the page cache before each run; programs and libraries were not.",
      figures: [
        plotOf(
          gridOf(cold, isProgram),
          "Time by pair, cold",
          "time, logarithmic",
          seconds,
          ({ wallMs }) => wallMs.median / 1000,
        ),
      ],
      more: tables(cold),
    });
  }
  return sections;
}

/** Time over lines: everybody's, and where ours goes. */
export function linkSections(comparisons: readonly Comparison[]): Section[] {
  const far = comparisons.filter(({ link, cache }) => link !== "loopback" && cache === "warm");
  if (far.length === 0) return [];
  const grid = gridOf(far, isProgram);
  const plot = (
    title: string,
    axis: string,
    format: (value: number) => string,
    valueOf: (result: Result) => number | null,
  ): string =>
    dotPlot(
      { title, axis, series: grid.series, format },
      grid.rows.map(({ comparison, results }) => ({
        name: comparison.pair,
        note: comparison.link,
        values: results.map((result) => result === null ? null : valueOf(result)),
      })),
    );
  return [{
    title: "Time and bytes by line",
    about:
      "The same relay for every program: a rate and a delay each way, without loss and without slow start.",
    figures: [
      plot("Time by line", "time, logarithmic", seconds, ({ wallMs }) => wallMs.median / 1000),
      plot(
        "Bytes by line",
        "bytes both ways, logarithmic",
        formatBytes,
        (result) => wireBytes(result) ?? null,
      ),
    ],
    more: tables(far),
  }, ...stageSections(comparisons.filter(({ cache }) => cache === "warm"))];
}

/** The stages of our runs, stacked, by pair and line. */
function stageSections(comparisons: readonly Comparison[]): Section[] {
  const linked = new Set(
    comparisons.filter(({ link }) => link !== "loopback").map(({ pair }) => pair),
  );
  const runs = comparisons.flatMap(({ pair, link, results }) => {
    const own = results.find((result) => isProgram(result) && isScheme(result) && !result.fsync);
    const stages = own?.summary["stages"] as Record<string, number> | undefined;
    return linked.has(pair) && own !== undefined && stages !== undefined
      ? [{ pair, link, own, stages }]
      : [];
  }).toSorted((a, b) => a.pair < b.pair ? -1 : a.pair > b.pair ? 1 : 0);
  if (runs.length === 0) return [];
  const nameOf = (stage: string): string => stage.replace(/^\w+ /, "");
  const series = [...new Set(runs.flatMap(({ stages }) => Object.keys(stages).map(nameOf)))];
  const bars = runs.flatMap(({ pair, link, own, stages }) =>
    ["client", "server"].map((end): StackedBar => ({
      group: pair,
      name: `${link}, ${end}`,
      values: series.map((stage) => (stages[`${end} ${stage}`] ?? 0) / 1000),
      whole: end === "client" ? own.wallMs.median / 1000 : null,
    }))
  );
  const figure = stackedPlot(
    {
      title: "Stages of parasync by line",
      axis: "time from a stage's first start to its last end",
      series,
      format: seconds,
    },
    bars,
    "the whole client process",
  );
  return [{
    title: "Where the time goes, by line",
    about:
      "parasync's stages, one behind the other. They overlap in truth, and wait for each other: so their sum may " +
      "be more than the whole, which the dark line marks. What comes before the first and after the last, the start " +
      "of the process above all, belongs to none.",
    figures: [figure],
    more: "",
  }];
}

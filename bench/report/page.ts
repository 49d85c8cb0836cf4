/** Runs of the benches as one page that needs nothing else. */
import { formatBytes } from "../../src/cli/output/amounts.ts";
import type { E2eRun } from "../e2e.ts";
import type { Machine } from "../e2e/machine.ts";
import type { MeasuredRelay } from "../e2e/measured_relay.ts";
import type { MemoryResult } from "../e2e/memory.ts";
import { memoryRows } from "../e2e/report.ts";
import type { GrowthRun } from "../growth.ts";
import type { MicroRun } from "../micro.ts";
import { microRows } from "../micro/report.ts";
import { growthSections } from "./growth_section.ts";
import { htmlTable } from "./html_table.ts";
import { STYLE } from "./style.ts";
import { escaped } from "./svg.ts";
import { linkSections, loopbackSections, type Section } from "./times_section.ts";

/** What a bench's `--json` prints. */
export type BenchRun = MicroRun | E2eRun | GrowthRun;

/** What else the page says. */
export interface PageOptions {
  /** The command that made it. */
  readonly command?: string;
  /** The day, as in `2026-11-25`. */
  readonly date?: string;
}

/**
 * Makes the page.
 *
 * @param runs What was measured; each part of the page is there if its figures are.
 * @param options What else it says.
 * @returns HTML.
 */
export function renderPage(runs: readonly BenchRun[], options: PageOptions = {}): string {
  const times = runs.filter((run) => run.type === "times");
  const comparisons = times.flatMap(({ results }) => results);
  const sections = [
    ...loopbackSections(comparisons),
    ...linkSections(comparisons),
    ...runs.flatMap((run) => run.type === "growth" ? growthSections(run) : []),
    ...runs.flatMap((run) => run.type === "memory" ? [memorySection(run.results)] : []),
    ...runs.flatMap((run) => run.type === "micro" ? [microSection(run)] : []),
  ];
  const machine = runs.find(({ machine: { programs } }) => Object.keys(programs).length > 0)
    ?.machine ?? runs[0]?.machine;
  const relays = times.flatMap(({ relays: measured }) => measured);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ParaSync for Deno: benchmarks</title><style>${STYLE}</style></head><body><main>
<h1>ParaSync for Deno: benchmarks</h1>
<p>Every result was compared with the new file, byte by byte.</p>
${machine === undefined ? "" : facts(machine, relays, options)}
${sections.map(sectionHtml).join("\n")}
</main></body></html>
`;
}

function facts(machine: Machine, relays: readonly MeasuredRelay[], options: PageOptions): string {
  const { cpu, cores, memoryBytes, system, load, parasync, deno, v8, libraries, programs } =
    machine;
  const free = relays.find(({ link }) => link === "loopback");
  const others = Object.entries(programs).map(([name, version]) => `${name} ${version}`);
  const entries: readonly (readonly [string, string | undefined])[] = [
    ["Machine", `${cpu}, ${cores} cores, ${formatBytes(memoryBytes)}, ${system}`],
    ["Load before", load.toFixed(2)],
    ["Versions", [`parasync ${parasync}`, `Deno ${deno} (V8 ${v8})`, ...others].join(", ")],
    ["Checksums", libraries],
    [
      "Relay, free",
      free &&
      `${formatBytes(free.bytesPerSecond)}/s one way, ${free.rttMs.toFixed(2)} ms there and back`,
    ],
  ];
  const rest: readonly (readonly [string, string | undefined])[] = [
    ["Date", options.date],
    ["Command", options.command],
  ];
  const shown = (list: typeof entries): string =>
    list.map(([name, value]) =>
      value === undefined ? "" : `<dt>${name}</dt><dd>${escaped(value)}</dd>`
    ).join("");
  const lines = relays.filter(({ link }) => link !== "loopback").map(({ link, ...measured }) =>
    `<dt>Relay, ${escaped(link)}</dt><dd>${formatBytes(measured.bytesPerSecond)}/s one way, ${
      measured.rttMs.toFixed(1)
    } ms there and back</dd>`
  );
  return `<dl>${shown(entries)}${[...new Set(lines)].join("")}${shown(rest)}</dl>`;
}

function memorySection(results: readonly MemoryResult[]): Section {
  return {
    title: "Peak memory",
    about: "Of both ends in a push on loopback, beside the bound: 250 MB and 48 bytes a chunk.",
    figures: [],
    more: htmlTable("In figures", memoryRows(results), true),
  };
}

function microSection(run: MicroRun): Section {
  return {
    title: "Parts one by one",
    about:
      `In one thread, from memory, but for files and lanes; medians of ${run.rounds} rounds, in turn. ` +
      "Beside each speed is the limit it is compared with, measured in the same run.",
    figures: [],
    more: htmlTable("In figures", microRows(run.results), true),
  };
}

function sectionHtml({ title, about, figures, more }: Section): string {
  const drawn = figures.filter((figure) => figure !== "").map((figure) =>
    `<figure>${figure}</figure>`
  );
  return `<section><h2>${escaped(title)}</h2><p>${escaped(about)}</p>${
    drawn.join("")
  }${more}</section>`;
}

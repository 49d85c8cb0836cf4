// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import fs from "node:fs";
import type { Comparison } from "../e2e.ts";
import type { Result } from "../e2e/comparison.ts";
import { resultRows } from "../e2e/report.ts";
import { type Case, insist } from "../micro/case.ts";
import { measureCases } from "../micro/measurement.ts";
import { BEGIN, END, renderDocument, withTables } from "./document.ts";
import { renderPage } from "./page.ts";
import { linearScale, logScale } from "./scale.ts";
import { gridOf, isProgram } from "./series.ts";

function resultOf(contender: string, median: number, wire: Result["wire"]): Result {
  return {
    contender,
    program: contender.startsWith("parasync") ? "parasync" : "rsync",
    fsync: contender.endsWith("fsync=on"),
    wallMs: { median, min: median, max: median },
    runsMs: [median],
    clientCpuMs: 10,
    serverCpuMs: null,
    clientPeakBytes: 1e6,
    serverPeakBytes: null,
    reported: { up: 1, down: 1 },
    wire,
    summary: { stages: { "client chunk": 20, "server chunk": 30 } },
  };
}

function comparisonOf(link: string, factor: number): Comparison {
  const results = [
    resultOf("rsync fsync=off", 200 * factor, { up: 900, down: 100 }),
    resultOf("parasync hw=auto fsync=off", 100 * factor, { up: 400, down: 100 }),
    resultOf("parasync hw=auto fsync=on", 400 * factor, { up: 400, down: 100 }),
    resultOf("rsync fsync=on", 100 * factor, null),
  ];
  return { pair: "a<b", oldBytes: 1000, newBytes: 2000, link, cache: "warm", results };
}

const MACHINE = {
  cpu: "CPU",
  cores: 2,
  memoryBytes: 1e9,
  system: "Linux",
  load: 0,
  parasync: "1",
  deno: "2",
  v8: "3",
  libraries: "none",
  programs: { rsync: "3.5.0" },
};
const RUN = {
  type: "times" as const,
  schema: 2,
  machine: MACHINE,
  runs: 5,
  relays: [{ link: "loopback", bytesPerSecond: 1e9, rttMs: 0.1 }],
  results: [comparisonOf("loopback", 1), comparisonOf("100mbit-40ms", 10)],
};

Deno.test("a contender is compared with the rsync that syncs as it does", () => {
  const [head, ...rows] = resultRows(RUN.results[0]!.results);
  const columns = head!.flatMap((name, i) => name === "× rsync" ? [i] : []);
  const ratios = rows.map((row) => columns.map((column) => row[column]));
  assertEquals(ratios, [["1.00", "1.000"], ["0.50", "0.500"], ["4.00", "–"], ["1.00", "–"]]);
});

Deno.test("in plots ours comes first, and what syncs is left out", () => {
  const { series, rows } = gridOf(RUN.results, isProgram);
  assertEquals(series, ["parasync", "rsync"]);
  assertEquals(
    rows.map(({ results }) => results.map((result) => result?.wallMs.median)),
    [[100, 200], [1000, 2000]],
  );
});

Deno.test("an axis ends at a round number that holds the greatest value", () => {
  assertEquals(linearScale(0.73, 0, 100).ticks, [0, 0.2, 0.4, 0.6, 0.8]);
  assertEquals(linearScale(1, 0, 100).at(0.5), 50);
  const { ticks, at } = logScale(0.02, 300, 0, 500);
  assertEquals(ticks, [0.01, 0.1, 1, 10, 100, 1000]);
  assertEquals(Math.round(at(10)), 300);
});

Deno.test("a page is whole and says nothing unsaid, whatever was measured", () => {
  const page = renderPage([RUN], { command: "x < y", date: "2026-01-01" });
  assertEquals(page.match(/<svg/g)?.length, page.match(/<\/svg>/g)?.length);
  assert(page.includes("a&lt;b") && page.includes("x &lt; y"));
  assert(!/NaN|undefined|Infinity|a<b|src=|href=/.test(page));
  assert(renderPage([]).includes("</html>"));
});

Deno.test("peaks of memory stand beside their bounds in the page and in the document", () => {
  const ends = [{ end: "client", peakBytes: 300e6, boundBytes: 250e6, chunks: 0 } as const];
  const results = [{ pair: "a<b", contender: "parasync", wallMs: 1000, ends }];
  const run = { type: "memory" as const, schema: 2, machine: MACHINE, runs: 1, results };
  const row = "| a<b, parasync | client | 300 MB | 250 MB | 0 | ABOVE | 1.000 |";
  assert(renderDocument([run], { command: "make", date: "2026-01-01" }).includes(row));
  const page = renderPage([run]);
  assert(page.includes("<td>300 MB</td><td>250 MB</td>") && page.includes("a&lt;b, parasync"));
});

Deno.test("tables take the place of those before, and of nothing else", () => {
  const tables = renderDocument([RUN], { command: "make", date: "2026-01-01" });
  assert(tables.includes("| rsync fsync=off") && tables.includes("### a<b, 100mbit-40ms"));
  const document = withTables(`top\n${BEGIN}\nold\n${END}\nend\n`, "new");
  assertEquals(document, `top\n${BEGIN}\n\nnew\n\n${END}\nend\n`);
  assertThrows(() => withTables("no marks", "new"), Error, "marks");
});

Deno.test("the README quotes its times from docs/benchmarks.md", () => {
  const text = (name: string): string =>
    fs.readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  const section = /\n## How fast\n([^]*?)\n## /.exec(text("README.md"))![1]!;
  const document = text("docs/benchmarks.md");
  const table = section.split("\n").filter((line) => line.startsWith("|")).join("\n");
  const quoted = table.match(/\d+\.\d+ (?:s|ms)\b/g) ?? [];
  assert(quoted.length > 0);
  for (const figure of quoted) {
    // The tables of a full run have their units in the head.
    const [value] = figure.split(" ");
    assert(document.includes(figure) || document.includes(` ${value} `), figure);
  }
});

Deno.test("speeds are of the work that was done, beside the limit of the same run", async () => {
  let now = 0;
  const worker = (
    ms: number,
    rest: Pick<Case, "group" | "name" | "work"> & Partial<Case>,
  ): Case => ({
    run: () => void (now += ms),
    check: () => {},
    ...rest,
  });
  const results = await measureCases([
    worker(1, { group: "limit", name: "copy", work: { bytes: 10e6 } }),
    worker(4, { group: "a", name: "b", work: { bytes: 10e6 }, limit: "copy" }),
    worker(2, { group: "a", name: "c", work: { count: 1000, each: "thing" } }),
  ], { rounds: 3, sampleMs: 20, now: () => now, onRound: () => {} });
  assertEquals(results.map(({ speed }) => speed.median), [10, 2.5, 2000]);
  assertEquals(results.map(({ ofLimit }) => ofLimit), [null, 0.25, null]);
  assertEquals(results.map(({ unit }) => unit), ["GB/s", "GB/s", "ns/thing"]);
});

Deno.test("work that is done wrong ends the bench", async () => {
  const wrong: Case = {
    group: "a",
    name: "b",
    work: { bytes: 1 },
    run: () => {},
    check: () => insist(false, "it is wrong"),
  };
  let said = "";
  try {
    await measureCases([wrong], {
      rounds: 1,
      sampleMs: 0,
      now: () => 0,
      onRound: () => {},
    });
  } catch (error) {
    said = String(error);
  }
  assert(said.includes("it is wrong"));
});

// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { unpainted } from "./paint.ts";
import { renderSummary, type Summary, summaryJson } from "./summary.ts";

const SUMMARY: Summary = {
  scheme: "parasync",
  mode: "streaming",
  threads: 2,
  hwRequested: "auto",
  hwClient: "native",
  hwServer: "portable",
  oldBytes: 59_000_000,
  newBytes: 60_000_000,
  wireUpBytes: 2_900_000,
  wireDownBytes: 100_000,
  unchangedBytes: 0,
  resumedBytes: 0,
  refinedBytes: 0,
  refineRounds: 0,
  refineWireBytes: 0,
  deltaBytes: 0,
  coding: "",
  codingSavedBytes: 0,
  copiedBytes: 51_000_000,
  literalBytes: 9_000_000,
  zeroBytes: 0,
  copies: 812,
  literals: 1,
  chunksOld: 7400,
  chunksNew: 7431,
  chunksMatched: 7012,
  elapsedMs: 840,
  rttMs: 0.3,
  stages: { "client chunk": 120, match: 30.2, send: 600 },
  digest: "ab".repeat(32),
  digestKind: "session",
  checksumsClient: "",
  checksumsServer: "",
  peakRssBytes: 150_000_000,
  dryRun: false,
  line: "",
  roundTrips: null,
  estimatedMs: null,
  verified: true,
  target: "backups/disk.img",
};

const PLAIN = { colour: false, width: 80 };
const NAMES = [
  "type",
  "schema",
  "scheme",
  "mode",
  "threads",
  "hw_requested",
  "hw_client",
  "hw_server",
  "old_bytes",
  "new_bytes",
  "wire_up_bytes",
  "wire_down_bytes",
  "unchanged_bytes",
  "resumed_bytes",
  "refined_bytes",
  "refine_rounds",
  "refine_wire_bytes",
  "delta_bytes",
  "coding",
  "coding_saved_bytes",
  "copied_bytes",
  "literal_bytes",
  "zero_bytes",
  "copies",
  "literals",
  "chunks_old",
  "chunks_new",
  "chunks_matched",
  "elapsed_ms",
  "rtt_ms",
  "stages",
  "digest",
  "digest_kind",
  "checksums_client",
  "checksums_server",
  "peak_rss_bytes",
  "dry_run",
  "line",
  "round_trips",
  "estimated_ms",
  "verified",
  "target",
];

Deno.test("the JSON summary is one line with every name that schema 1 promises", () => {
  const json = summaryJson(SUMMARY);
  assert(!json.includes("\n"));
  const parsed: Record<string, unknown> = JSON.parse(json);
  assertEquals(Object.keys(parsed), NAMES);
  assertEquals([parsed.type, parsed.schema], ["summary", 1]);
  assertEquals(parsed["wire_up_bytes"], 2_900_000);
  assertEquals(parsed.stages, SUMMARY.stages);
});

Deno.test("a person reads every amount, the real backends, the digest and the verdict", () => {
  const text = renderSummary(SUMMARY, PLAIN);
  for (
    const part of [
      "backups/disk.img: verified in 840 ms",
      "60.0 MB, before 59.0 MB",
      "2.90 MB",
      "100 kB",
      "5 % of the file: 20.0 times less",
      "51.0 MB   85 % in 812 ranges",
      "9.00 MB   15 % in 1 range",
      "7,012 of 7,431 chunks, basis 7,400",
      "parasync, streaming, 2 threads",
      "client native, server portable (--hw=auto)",
      "0.3 ms",
      `session ${"ab".repeat(32)}`,
      "client chunk  120 ms",
    ]
  ) assertStringIncludes(text, part);
  assert(text.endsWith("\n"));
});

Deno.test("a basis that was not cut has no number of chunks", () => {
  const text = renderSummary({ ...SUMMARY, chunksOld: 0 }, PLAIN);
  assertStringIncludes(text, "7,012 of 7,431 chunks\n");
});

Deno.test("stages' times end in one column and their bars are in proportion", () => {
  const lines = renderSummary(SUMMARY, PLAIN).trimEnd().split("\n").slice(-3);
  assertEquals(new Set(lines.map((line) => line.indexOf("ms"))).size, 1);
  const bars = lines.map((line) => line.split("█").length - 1);
  assert((bars[2] ?? 0) > (bars[0] ?? 0) && (bars[0] ?? 0) > (bars[1] ?? 0), bars.join());
});

Deno.test("an empty file, no traffic and no time give no NaN, Infinity or negative", () => {
  const empty: Summary = {
    ...SUMMARY,
    oldBytes: 0,
    newBytes: 0,
    wireUpBytes: 0,
    wireDownBytes: 0,
    copiedBytes: 0,
    literalBytes: 0,
    zeroBytes: 0,
    copies: 0,
    literals: 0,
    chunksOld: 0,
    chunksNew: 0,
    chunksMatched: 0,
    elapsedMs: 0,
    rttMs: null,
    stages: {},
  };
  for (const summary of [empty, { ...empty, wireUpBytes: 70 }, { ...empty, stages: { x: 0 } }]) {
    const text = renderSummary(summary, PLAIN);
    assert(!/NaN|Infinity|undefined|-\d/.test(text), text);
    assert(!text.includes("round trip"));
  }
});

Deno.test("zeros that were not sent are told of, where there are any", () => {
  const sparse = renderSummary({ ...SUMMARY, zeroBytes: 6_000_000 }, PLAIN);
  assertStringIncludes(sparse, "zeros");
  assertStringIncludes(sparse, " not sent");
  assert(!renderSummary(SUMMARY, PLAIN).includes("zeros"));
});

Deno.test("what spared bytes is told of with its price, where it spared any", () => {
  const plain = renderSummary({ ...SUMMARY, coding: "zstd" }, PLAIN);
  for (const label of ["unchanged", "resumed", "refined", "compressed", "estimate"]) {
    assert(!plain.includes(label), label);
  }
  const text = renderSummary({
    ...SUMMARY,
    unchangedBytes: 30_000_000,
    resumedBytes: 6_000_000,
    refinedBytes: 3_000_000,
    refineRounds: 2,
    refineWireBytes: 210_000,
    deltaBytes: 2_000_000,
    coding: "zstd",
    codingSavedBytes: 7_000_000,
  }, PLAIN);
  for (
    const line of [
      /resumed +6\.00 MB +10 % there from an interrupted sync\n/,
      /unchanged +30\.0 MB +50 % noticed by digests\n/,
      /refined +3\.00 MB +5 % found in 2 finer rounds of 210 kB\n/,
      /compressed +7\.00 MB +saved by zstd: the delta is 2\.00 MB, not 9\.00 MB\n/,
    ]
  ) assertMatch(text, line);
  // A round that found nothing has its price too.
  assertMatch(
    renderSummary({ ...SUMMARY, refineRounds: 1, refineWireBytes: 400 }, PLAIN),
    /refined +0 B +0 % found in 1 finer round of 400 B\n/,
  );
});

Deno.test("a dry run says what would be, and how long it takes on a line that is asked about", () => {
  const dry: Summary = { ...SUMMARY, dryRun: true, verified: false, roundTrips: 4 };
  const text = renderSummary(dry, PLAIN);
  assertMatch(text, /^backups\/disk\.img: would be written; nothing was \(dry run, 840 ms\)\n/);
  assertMatch(text, /to send +2\.90 MB\n +to receive +100 kB\n/);
  assert(!/verified|estimate/.test(text), text);
  const asked = renderSummary({ ...dry, line: "100mbit-40ms", estimatedMs: 400 }, PLAIN);
  assertMatch(asked, /\n +estimate +400 ms on 100mbit-40ms: all bytes, .* and 4 round trips\n/);
});

Deno.test("a sync that sent more than the file says so", () => {
  const text = renderSummary({ ...SUMMARY, wireUpBytes: 61_000_000 }, PLAIN);
  assertStringIncludes(text, "no less than the file");
});

Deno.test("names and peers' texts cannot move the cursor or forge lines", () => {
  const evil = "x\x1b[2J\nparasync: verified";
  const text = renderSummary({
    ...SUMMARY,
    target: evil,
    hwServer: evil,
    digest: evil,
    scheme: evil,
    stages: { [evil]: 1 },
    verified: false,
  }, PLAIN);
  assert(!text.includes("\x1b"));
  assertEquals(
    text.split("\n").length,
    renderSummary({ ...SUMMARY, stages: { x: 1 } }, PLAIN).split("\n").length,
  );
  assertStringIncludes(text, "not verified");
});

Deno.test("colours only style the text, and any width is survived", () => {
  const painted = renderSummary(SUMMARY, { colour: true, width: 80 });
  assertEquals(unpainted(painted), renderSummary(SUMMARY, PLAIN));
  for (let width = 1; width < 100; width++) renderSummary(SUMMARY, { colour: false, width });
  assert(!renderSummary(SUMMARY, { colour: false, width: 20 }).includes("█"));
});

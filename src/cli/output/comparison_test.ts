// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { comparisonJson } from "./comparison_json.ts";
import { comparisonPage } from "./comparison_page.ts";
import { renderComparison } from "./comparison_table.ts";
import { unpainted } from "./paint.ts";
import { summaryJson } from "./summary.ts";
import { summaryFrom } from "./summary_record.ts";
import { TEST_COMPARISON, TEST_SUMMARY } from "./test_comparison.ts";

Deno.test("the table has a row for each contender, with the median of the runs that count", () => {
  const text = renderComparison(TEST_COMPARISON, false);
  assertMatch(
    text,
    /^✓ skysync_f +native +1 +840 \(820\) .* 2\.90 MB +100 kB +9\.00 MB +1,812 +150 MB$/m,
  );
  assertMatch(
    text,
    /^ {2}parasync\n✓ {3}streaming +native +2 +260 \(250\) +100\+90 +20\+– +– +30 /m,
  );
  assertMatch(text, /3 runs of each, taking turns, one more before to warm up/);
  assertStringIncludes(text, "block checksums of skysync_f: client stored, server computed");
});

Deno.test("the table shows why a contender dropped out, and escapes what is not printable", () => {
  const text = renderComparison(TEST_COMPARISON, false);
  assertMatch(text, /^✗ pdsync +Cannot read <x>: the disk is gone$/m);
  assertStringIncludes(text, "new\\n\\x1b.img");
});

Deno.test("the table fits 120 columns, its columns end together, and colours only style it", () => {
  const text = renderComparison(TEST_COMPARISON, false);
  for (const line of text.split("\n")) assert(line.length <= 120 && !line.endsWith(" "), line);
  const ends = text.split("\n").filter((line) => /(MB|memory)$/.test(line))
    .map((line) => line.length);
  assertEquals([ends.length, new Set(ends).size], [3, 1]);
  assertEquals(unpainted(renderComparison(TEST_COMPARISON, true)), text);
});

Deno.test("the JSON is one line with every run's summary and every failure", () => {
  const json = comparisonJson(TEST_COMPARISON);
  assert(!json.includes("\n"));
  const { type, schema, contenders, ...rest } = JSON.parse(json);
  assertEquals([type, schema, rest.rounds, rest.new], ["comparison", 1, 4, "new\n\x1b.img"]);
  const [skysync, pdsync, streaming] = contenders;
  assertEquals(skysync.elapsed_ms, { median: 840, min: 820, max: 900 });
  assertEquals(
    skysync.runs.map((run: Record<string, unknown>) => [run.round, run.warm_up]),
    [[1, true], [2, false], [3, false], [4, false]],
  );
  assertEquals([rest.threads, skysync.threads, pdsync.threads, streaming.threads], [4, 1, null, 2]);
  assertEquals(skysync.runs[0].summary.elapsed_ms, 2000);
  assertEquals([pdsync.verified, pdsync.failure.exit, pdsync.elapsed_ms], [false, 11, null]);
  assertEquals(streaming.stage_ms.chunk, { client: 100, server: 90 });
});

Deno.test("times in the JSON go to the microsecond, a median between two runs as well", () => {
  const [first, ...others] = TEST_COMPARISON.results;
  const elapsedMs = { median: (0.1 + 0.2) / 2, min: 0.1, max: 0.2 };
  const stages = { "server verify": 0.1, "server commit": 0.2 };
  const figures = {
    ...first!.figures!,
    elapsedMs,
    typical: { ...first!.figures!.typical, stages },
  };
  const results = [{ ...first!, figures }, ...others];
  const { contenders } = JSON.parse(comparisonJson({ ...TEST_COMPARISON, results }));
  assertEquals(contenders[0].elapsed_ms, { median: 0.15, min: 0.1, max: 0.2 });
  assertEquals(contenders[0].stage_ms.commit, 0.3);
});

Deno.test("table and page tell the threads that worked beside those that were allowed", () => {
  const table = renderComparison(TEST_COMPARISON, false);
  assertStringIncludes(table, "at most 4 threads");
  const page = comparisonPage(TEST_COMPARISON);
  assertStringIncludes(page, "at most 4 threads");
  assertMatch(page, /parasync\/streaming<\/td><td>native<\/td><td>2<\/td>/);
});

Deno.test("the page needs nothing else, escapes every name and says what failed", () => {
  const page = comparisonPage(TEST_COMPARISON);
  assert(!/<script|<link|<img|@import|url\(|https?:/.test(page), "it loads something");
  assert(!page.includes("<b>") && !page.includes("<x>"), "a name is markup");
  assertStringIncludes(page, "old &lt;b&gt;&amp;.img");
  assertStringIncludes(page, "Cannot read &lt;x&gt;: the disk is gone");
  assertStringIncludes(page, "prefers-color-scheme: dark");
  assertEquals(page.match(/<svg /g)?.length, 3);
  assert(!/NaN|undefined|Infinity/.test(page));
});

Deno.test("a summary outlives its JSON", () => {
  assertEquals(summaryFrom(JSON.parse(summaryJson(TEST_SUMMARY))), TEST_SUMMARY);
  assertEquals(summaryFrom({ type: "error", schema: 1 }), null);
  assertEquals(summaryFrom({ type: "summary", schema: 2 }), null);
});

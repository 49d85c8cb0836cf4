// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Metrics } from "./metrics.ts";
import { readMetrics } from "./test_metrics.ts";

Deno.test("a counter adds up for each value of its labels, and is 0 from the start without any", () => {
  const metrics = new Metrics();
  const errors = metrics.counter({ name: "e_total", help: "Errors.", labels: ["code", "route"] });
  metrics.counter({ name: "b_total", help: "Bytes." });
  assertEquals(metrics.render(), "# HELP b_total Bytes.\n# TYPE b_total counter\nb_total 0\n");
  errors.add(1, "busy", "/patch");
  errors.add(2.5, "busy", "/patch");
  errors.add(1, "busy", "/ack");
  assertEquals(
    [...readMetrics(metrics.render()).get("e_total")!.samples],
    [[`e_total{code="busy",route="/patch"}`, 3.5], [`e_total{code="busy",route="/ack"}`, 1]],
  );
});

Deno.test("a gauge is asked when somebody looks, and left out where nothing is known", () => {
  const metrics = new Metrics();
  let value: number | undefined = 1;
  metrics.gauge({ name: "fds", help: "Descriptors." }, () => value);
  assert(metrics.render().endsWith("\nfds 1\n"));
  value = -Infinity;
  assert(metrics.render().endsWith("\nfds -Inf\n"));
  value = undefined;
  assertEquals(metrics.render(), "");
});

Deno.test("a histogram's buckets hold what is not above them, and the last one everything", () => {
  const metrics = new Metrics();
  const seconds = metrics.histogram(
    { name: "s_seconds", help: "Seconds.", labels: ["stage"] },
    [0.1, 1],
  );
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value, "chunk");
  seconds.observe(2, "match");
  const { type, samples } = readMetrics(metrics.render()).get("s_seconds")!;
  assertEquals(type, "histogram");
  assertEquals([...samples], [
    [`s_seconds_bucket{stage="chunk",le="0.1"}`, 2],
    [`s_seconds_bucket{stage="chunk",le="1"}`, 3],
    [`s_seconds_bucket{stage="chunk",le="+Inf"}`, 4],
    [`s_seconds_sum{stage="chunk"}`, 7.65],
    [`s_seconds_count{stage="chunk"}`, 4],
    [`s_seconds_bucket{stage="match",le="0.1"}`, 0],
    [`s_seconds_bucket{stage="match",le="1"}`, 0],
    [`s_seconds_bucket{stage="match",le="+Inf"}`, 1],
    [`s_seconds_sum{stage="match"}`, 2],
    [`s_seconds_count{stage="match"}`, 1],
  ]);
});

Deno.test("labels and help can hold what the format has a meaning for", () => {
  const metrics = new Metrics();
  const odd = metrics.counter({ name: "o_total", help: "A \\ and\nmore.", labels: ["x"] });
  odd.add(1, 'a"b\\c\nd');
  const text = metrics.render();
  assertEquals(
    text,
    '# HELP o_total A \\\\ and\\nmore.\n# TYPE o_total counter\no_total{x="a\\"b\\\\c\\nd"} 1\n',
  );
  assertEquals(readMetrics(text).size, 1);
});

Deno.test("the reader that tests use knows what is against the format", () => {
  const head = "# HELP a_total A.\n# TYPE a_total counter\n";
  for (
    const text of [
      `${head}a_total 1`,
      `${head}a_total{x="} 1\n`,
      `${head}b_total 1\n`,
      `${head}a_total 1\na_total 2\n`,
      "a_total 1\n",
      '# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_count 1\n',
      '# HELP h H.\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n',
    ]
  ) {
    assertThrows(() => readMetrics(text), Error, undefined, text);
  }
});

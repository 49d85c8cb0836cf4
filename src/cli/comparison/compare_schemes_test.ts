// @ts-types="../../types/std_assert.d.ts"
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ParasyncError } from "../../errors.ts";
import { summaryJson } from "../output/summary.ts";
import { TEST_SUMMARY } from "../output/test_comparison.ts";
import { orderOf, resultOf, runOf } from "./compare_schemes.ts";
import { CONTENDERS, contendersFor } from "./contender.ts";
import { spreadOf } from "./spread.ts";

const names = (text: string): string[] => contendersFor(text).map(({ name }) => name);

Deno.test("there are nine contenders: five schemes, and parasync in four modes", () => {
  assertEquals(CONTENDERS.length, 9);
  assertEquals(contendersFor("all"), [...CONTENDERS]);
  assertEquals(names("parasync/streaming, rsync,rsync"), ["rsync", "parasync/streaming"]);
  assertEquals(names("parasync").length, 4);
});

Deno.test("a contender that there is not is told with the nearest name", () => {
  const refusal = (text: string): string =>
    assertThrows(() => contendersFor(text), ParasyncError).message;
  assertMatch(refusal("dsync,rsink"), /^Cannot use --schemes=rsink: .*$/);
  assertMatch(refusal("dsyn"), /did you mean dsync\?/);
  assertMatch(refusal(" ,"), /it names no scheme/);
});

Deno.test("everybody has every place, and no round leaves anybody out", () => {
  const rounds = [1, 2, 3, 4, 5, 6].map((round) => orderOf(round, 3));
  for (const order of rounds) assertEquals(order.toSorted(), [0, 1, 2]);
  for (let place = 0; place < 3; place++) {
    assertEquals(new Set(rounds.map((order) => order[place])).size, 3);
  }
});

Deno.test("the median of an even count is between the middle two", () => {
  assertEquals(spreadOf([3]), { median: 3, min: 3, max: 3 });
  assertEquals(spreadOf([9, 1, 5, 2]), { median: 3.5, min: 1, max: 9 });
});

Deno.test("a child's last line is its summary or its failure, and anything else a failure too", () => {
  const good = runOf({ code: 0, stdout: `${summaryJson(TEST_SUMMARY)}\n`, stderr: "" }, 2, false);
  assertEquals([good.summary, good.failure], [TEST_SUMMARY, null]);
  const error = { type: "error", schema: 1, code: "no_space", exit: 11, message: "Cannot write" };
  const told = runOf({ code: 11, stdout: `${JSON.stringify(error)}\n`, stderr: "x\n" }, 2, false);
  assertEquals(told.failure, { code: "no_space", exit: 11, message: "Cannot write" });
  const killed = runOf({ code: 137, stdout: "", stderr: "a\nkilled\n" }, 2, false);
  assertEquals(killed.failure?.exit, 137);
  assertMatch(killed.failure!.message, /it ended with 137 \(killed\)/);
  const unverified = summaryJson({ ...TEST_SUMMARY, verified: false });
  const wrong = runOf({ code: 0, stdout: unverified, stderr: "" }, 2, false);
  assertEquals([wrong.summary, wrong.failure?.exit], [null, 12]);
});

Deno.test("one failed run is enough to drop out, and the only run counts though it warms up nobody", () => {
  const run = { round: 1, warmUp: false, summary: TEST_SUMMARY, failure: null };
  const failure = { code: "stream", exit: 12, message: "Cannot go on" };
  const bad = { round: 2, warmUp: false, summary: null, failure };
  assertEquals(resultOf(CONTENDERS[0]!, [run]).figures?.elapsedMs.median, TEST_SUMMARY.elapsedMs);
  const dropped = resultOf(CONTENDERS[0]!, [run, bad]);
  assertEquals([dropped.figures, dropped.failure], [null, failure]);
});

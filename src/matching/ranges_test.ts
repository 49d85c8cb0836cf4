// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { type Numbers, numbers, shuffled } from "../../tests/fixtures/seeded.ts";
import {
  coveredBytes,
  portions,
  RangeCollector,
  type RangePieces,
  type Ranges,
  rangesWithout,
  wholeRange,
} from "./ranges.ts";

type Pair = readonly [begin: number, end: number];

function rangesOf(...pairs: readonly Pair[]): Ranges {
  const collector = new RangeCollector();
  for (const [begin, end] of pairs) collector.add(begin, end);
  return collector.merged();
}

function pairsOf({ begins, ends }: Ranges): Pair[] {
  return Array.from(begins, (begin, i) => [begin, ends[i]!]);
}

/** Which bytes ranges cover, one by one. */
function bytesIn(pairs: readonly Pair[], size: number): boolean[] {
  const covered = new Array<boolean>(size).fill(false);
  for (const [begin, end] of pairs) covered.fill(true, begin, end);
  return covered;
}

function somePairs(next: Numbers, size: number): Pair[] {
  return Array.from({ length: next(12) }, () => {
    const begin = next(size - 1);
    return [begin, begin + 1 + next(Math.min(20, size - begin - 1) || 1)];
  });
}

function assertApart({ begins, ends }: Ranges): void {
  for (let i = 0; i < begins.length; i++) {
    assert(begins[i]! < ends[i]!, "a range is empty");
    assert(i === 0 || ends[i - 1]! < begins[i]!, "ranges touch or are out of order");
  }
}

Deno.test("ranges that touch or overlap become one, in whatever order they come", () => {
  const collector = new RangeCollector();
  for (const [begin, end] of [[30, 40], [0, 5], [5, 9], [38, 50], [60, 61], [31, 33]] as const) {
    collector.add(begin, end);
  }
  assertEquals(pairsOf(collector.merged()), [[0, 9], [30, 50], [60, 61]]);
  assertEquals(pairsOf(new RangeCollector().merged()), []);
});

Deno.test("hundreds of ranges cover what they covered before they were merged", () => {
  const next = numbers(801);
  const pairs = Array.from(
    { length: 500 },
    (_, i): Pair => [3 * i, 3 * i + 2 + (i % 7 === 0 ? 1 : 0)],
  );
  const collector = new RangeCollector();
  collector.addAll(rangesOf(...shuffled(next, pairs)));
  const merged = collector.merged();
  assertApart(merged);
  assertEquals(bytesIn(pairsOf(merged), 1600), bytesIn(pairs, 1600));
});

Deno.test("what is left without others is what a byte by byte comparison leaves", () => {
  const next = numbers(802);
  for (let round = 0; round < 400; round++) {
    const size = 2 + next(80);
    const [from, taken] = [somePairs(next, size), somePairs(next, size)];
    const rest = rangesWithout(rangesOf(...from), rangesOf(...taken));
    assertApart(rest);
    const [inFrom, inTaken] = [bytesIn(from, size + 20), bytesIn(taken, size + 20)];
    const expected = inFrom.map((held, at) => held && !inTaken[at]);
    assertEquals(bytesIn(pairsOf(rest), size + 20), expected, `round ${round}`);
    assertEquals(coveredBytes(rest), expected.filter(Boolean).length);
  }
});

Deno.test("a file of no bytes has no range, any other has one", () => {
  assertEquals(pairsOf(wholeRange(0)), []);
  assertEquals(pairsOf(wholeRange(2 ** 40)), [[0, 2 ** 40]]);
});

function dealt(ranges: Ranges, bytes: number, unit: number): Pair[][] {
  return [...portions(ranges, bytes, unit)].map(({ begins, lengths }: RangePieces) =>
    Array.from(begins, (begin, i) => [begin, begin + lengths[i]!])
  );
}

Deno.test("portions hold whole units of each range, and what is left of it is left out", () => {
  const ranges = rangesOf([0, 35], [100, 109], [200, 240]);
  assertEquals(dealt(ranges, 25, 10), [[[0, 20]], [[20, 30], [200, 210]], [[210, 230]], [[
    230,
    240,
  ]]]);
  assertEquals(dealt(ranges, 1000, 10), [[[0, 30], [200, 240]]]);
  assertEquals(dealt(rangesOf([7, 16]), 100, 10), []);
});

Deno.test("portions of single bytes leave nothing out and are as large as they may be", () => {
  const next = numbers(803);
  for (let round = 0; round < 50; round++) {
    const ranges = rangesOf(...somePairs(next, 300));
    const most = 1 + next(30);
    const all = dealt(ranges, most, 1);
    const covered = all.flat();
    assertEquals(bytesIn(covered, 400), bytesIn(pairsOf(ranges), 400));
    const sizes = all.map((pairs) => pairs.reduce((sum, [begin, end]) => sum + end - begin, 0));
    assertEquals(sizes.reduce((sum, size) => sum + size, 0), coveredBytes(ranges));
    assert(sizes.slice(0, -1).every((size) => size === most) && (sizes.at(-1) ?? 1) <= most);
  }
});

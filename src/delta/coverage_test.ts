// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { Coverage } from "./coverage.ts";
import { seededNumbers, shuffled } from "./test_scripts.ts";

const MANY = 1_000_000;

function partition(next: (below: number) => number, pieces: number, longest: number): {
  ranges: [number, number][];
  size: number;
} {
  const ranges: [number, number][] = [];
  let size = 0;
  for (let i = 0; i < pieces; i++) {
    const length = 1 + next(longest);
    ranges.push([size, length]);
    size += length;
  }
  return { ranges, size };
}

Deno.test("any order of the pieces of a partition covers the target exactly", () => {
  const next = seededNumbers(21);
  for (let round = 0; round < 100; round++) {
    const { ranges, size } = partition(next, 1 + next(5000), 1 + next(5000));
    const segmentBytes = 1 + next(10_000);
    const reported = new Set<number>();
    const coverage = new Coverage({
      size,
      segmentBytes,
      maxIntervals: MANY,
      onSegments(first, end) {
        for (let i = first; i < end; i++) {
          assert(!reported.has(i), "a segment is reported twice");
          reported.add(i);
        }
      },
    });
    for (const [target, length] of shuffled(next, ranges)) coverage.add(target, length);
    coverage.assertExact();
    assertEquals(coverage.covered, size);
    assertEquals(reported.size, Math.ceil(size / segmentBytes));
  }
});

Deno.test("a partition with a piece missing, twice, longer or shifted is refused", () => {
  const next = seededNumbers(22);
  for (let round = 0; round < 400; round++) {
    const { ranges, size } = partition(next, 3 + next(2500), 2 + next(500));
    const which = next(ranges.length);
    const [target, length] = ranges[which]!;
    const kind = round % 4;
    if (kind === 0) ranges.splice(which, 1);
    else if (kind === 1) ranges.push([target, length]);
    else if (kind === 2 && which + 1 < ranges.length) ranges[which] = [target, length + 1];
    else ranges[which] = [target > 0 ? target - 1 : 1, length];
    const coverage = new Coverage({ size, segmentBytes: 1000, maxIntervals: MANY });
    const error = assertThrows(() => {
      for (const [begin, bytes] of shuffled(next, ranges)) coverage.add(begin, bytes);
      coverage.assertExact();
    }, ParasyncError);
    assertEquals(error.code, kind === 0 ? "stream" : "bad_request");
  }
});

Deno.test("a double write that a gap makes up for is refused", () => {
  const coverage = new Coverage({ size: 400, segmentBytes: 400, maxIntervals: MANY });
  coverage.add(0, 100);
  coverage.add(200, 200);
  coverage.add(250, 100);
  const error = assertThrows(() => coverage.assertExact(), ParasyncError, "byte 250");
  assertEquals(error.code, "bad_request");
});

Deno.test("segments are complete with their last byte and not before", () => {
  const reported: [number, number][] = [];
  const coverage = new Coverage({
    size: 1050,
    segmentBytes: 100,
    maxIntervals: MANY,
    onSegments: (first, end) => reported.push([first, end]),
  });
  coverage.add(0, 99);
  assert(!coverage.segmentComplete(0));
  coverage.add(99, 1);
  assert(coverage.segmentComplete(0));
  coverage.add(150, 750);
  assertEquals([1, 2, 8, 9, 10, 11].map((i) => coverage.segmentComplete(i)), [
    false,
    true,
    true,
    false,
    false,
    false,
  ]);
  coverage.add(900, 150);
  coverage.add(100, 50);
  assertEquals(reported, [[0, 1], [2, 9], [9, 11], [1, 2]]);
  coverage.assertExact();
});

Deno.test("gaps are what is missing, in order", () => {
  const next = seededNumbers(23);
  for (let round = 0; round < 100; round++) {
    const { ranges, size } = partition(next, 1 + next(300), 50);
    const kept = shuffled(next, ranges.filter(() => next(3) > 0));
    const coverage = new Coverage({ size, segmentBytes: 64, maxIntervals: MANY });
    const seen = new Uint8Array(size);
    for (const [target, length] of kept) {
      coverage.add(target, length);
      seen.fill(1, target, target + length);
    }
    const gaps = coverage.gaps();
    for (let i = 0; i < gaps.length; i += 2) {
      assert(i === 0 || gaps[i]! > gaps[i - 1]!);
      assert(!seen.subarray(gaps[i]!, gaps[i + 1]!).includes(1));
      seen.fill(1, gaps[i]!, gaps[i + 1]!);
    }
    assert(!seen.includes(0));
  }
});

Deno.test("an empty target is covered by nothing", () => {
  const coverage = new Coverage({ size: 0, segmentBytes: 1, maxIntervals: 1 });
  coverage.assertExact();
  assertThrows(() => coverage.add(0, 1), ParasyncError, "the target has 0");
});

Deno.test("ranges outside the target and lengths that are none are refused", () => {
  const max = Number.MAX_SAFE_INTEGER;
  for (
    const [target, length] of [
      [0, 0],
      [-1, 1],
      [0, 101],
      [100, 1],
      [99, 2],
      [max, 1],
      [1, max],
      [max, max],
      [NaN, 1],
      [0, NaN],
      [0, Infinity],
      [50, -10],
    ] as const
  ) {
    const coverage = new Coverage({ size: 100, segmentBytes: 10, maxIntervals: 4 });
    const error = assertThrows(() => coverage.add(target, length), ParasyncError);
    assertEquals(error.code, "bad_request");
  }
});

Deno.test("scattered ranges are refused beyond the limit, and joined ones do not count", () => {
  const scattered = new Coverage({ size: MANY, segmentBytes: 1000, maxIntervals: 50 });
  const error = assertThrows(
    () => {
      for (let i = 0; i < MANY; i += 2) scattered.add(i, 1);
    },
    ParasyncError,
    "more than 50 ranges",
  );
  assertEquals(error.code, "too_large");

  const joined = new Coverage({ size: 100_000, segmentBytes: 1000, maxIntervals: 50 });
  for (let i = 0; i < 100_000; i += 2) {
    joined.add(i + 1, 1);
    joined.add(i, 1);
  }
  joined.assertExact();
});

Deno.test("a target of 10 TiB and a million backward ranges take neither long nor much", () => {
  const size = 10 * 2 ** 40;
  const coverage = new Coverage({ size, segmentBytes: 2 ** 20, maxIntervals: MANY });
  const count = 1_000_000;
  for (let i = count; i > 0; i--) coverage.add(i * 8, 4);
  for (let i = count; i > 0; i--) coverage.add(i * 8 + 4, 4);
  coverage.add(0, 8);
  coverage.add(8 * (count + 1), size - 8 * (count + 1));
  coverage.assertExact();
});

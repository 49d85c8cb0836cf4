// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { LITERAL, RangeQueue, ZEROS } from "./range_queue.ts";

Deno.test("what goes in comes out in order, whatever the sizes of the bites", () => {
  const next = numbers(161);
  const queue = new RangeQueue();
  // A byte each: where it comes from and where it goes.
  const expected: [number, number][] = [];
  let taken = 0;
  for (let step = 0; step < 20_000; step++) {
    if (next(2) === 0) {
      const [source, target, length] = [next(2 ** 50), next(2 ** 50), 1 + next(5)];
      queue.push(source, target, length);
      for (let i = 0; i < length; i++) expected.push([source + i, target + i]);
    } else if (!queue.empty) {
      const limit = 1 + next(8);
      assertEquals(queue.firstTarget, expected[taken]![1]);
      const { source, target, length } = queue.take(limit);
      assert(length >= 1 && length <= limit);
      for (let i = 0; i < length; i++) {
        assertEquals([source + i, target + i], expected[taken++]);
      }
    }
    assertEquals(queue.empty, taken === expected.length);
  }
});

Deno.test("a range that continues the last one in both files becomes one with it", () => {
  const queue = new RangeQueue();
  queue.push(100, 0, 10);
  queue.push(110, 10, 5);
  queue.push(115, 16, 5);
  queue.push(121, 21, 5);
  assertEquals(queue.take(1000), { source: 100, target: 0, length: 15 });
  assertEquals(queue.take(1000), { source: 115, target: 16, length: 5 });
  assertEquals(queue.take(1000), { source: 121, target: 21, length: 5 });
  assert(queue.empty);
});

Deno.test("a range that was taken is not lengthened any more", () => {
  const queue = new RangeQueue();
  queue.push(0, 0, 10);
  queue.take(10);
  queue.push(10, 10, 10);
  assertEquals(queue.take(100), { source: 10, target: 10, length: 10 });
  queue.push(0, 0, 10);
  queue.take(4);
  queue.push(10, 10, 10);
  assertEquals(queue.take(100), { source: 4, target: 4, length: 16 });
});

Deno.test("a hundred thousand ranges may wait", () => {
  const queue = new RangeQueue();
  for (let i = 0; i < 100_000; i++) queue.push(i * 7, i * 5, 2);
  for (let i = 0; i < 100_000; i++) {
    assertEquals(queue.take(9), { source: i * 7, target: i * 5, length: 2 });
  }
  assert(queue.empty);
});

Deno.test("marked ranges join with their like alone, and stay marked when part of them is taken", () => {
  const queue = new RangeQueue();
  queue.push(LITERAL, 0, 1);
  // Where the literal would go on if its mark were a place.
  queue.push(0, 1, 5);
  queue.push(LITERAL, 6, 3);
  queue.push(LITERAL, 9, 4);
  queue.push(ZEROS, 13, 1);
  queue.push(LITERAL, 14, 2);
  queue.push(LITERAL, 20, 2);
  assertEquals(queue.firstSource, LITERAL);
  assertEquals(queue.take(10), { source: LITERAL, target: 0, length: 1 });
  assertEquals(queue.take(10), { source: 0, target: 1, length: 5 });
  assertEquals(queue.take(5), { source: LITERAL, target: 6, length: 5 });
  assertEquals(queue.take(10), { source: LITERAL, target: 11, length: 2 });
  assertEquals(queue.take(10), { source: ZEROS, target: 13, length: 1 });
  assertEquals(queue.take(10), { source: LITERAL, target: 14, length: 2 });
  assertEquals(queue.take(10), { source: LITERAL, target: 20, length: 2 });
});

Deno.test("literals near each other are reached from the first one, over copies between them, up to the limit", () => {
  const queue = new RangeQueue();
  queue.push(LITERAL, 1000, 300);
  assertEquals([queue.reach(50, 1000), queue.reach(50, 100)], [1300, 1100]);
  queue.push(7000, 1300, 40);
  assertEquals(queue.reach(50, 1000), 1300);
  queue.push(LITERAL, 1340, 60);
  assertEquals([queue.reach(41, 1000), queue.reach(40, 1000)], [1400, 1300]);
  // One that the limit would cut is read by itself later.
  assertEquals([queue.reach(50, 400), queue.reach(50, 399)], [1400, 1300]);
  queue.push(LITERAL, 1450, 10);
  queue.push(LITERAL, 1500, 10);
  queue.push(LITERAL, 1700, 10);
  assertEquals([queue.reach(50, 1000), queue.reach(51, 1000)], [1400, 1510]);
  // What lies before is not reached.
  queue.push(LITERAL, 0, 5);
  assertEquals(queue.reach(500, 10_000), 1710);
  queue.take(1000);
  queue.take(1000);
  assertEquals(queue.reach(51, 1000), 1510);
});

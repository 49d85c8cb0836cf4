// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Described, DescribedList } from "../../tests/fixtures/chunk_lists.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_WORDS } from "./candidates.ts";
import { CANDIDATES_PER_KEY, WeakIndex } from "./weak_index.ts";
import { type KeyBatch, WeakMatcher } from "./weak_matcher.ts";

function matcherOf(basis: DescribedList): WeakMatcher {
  const index = new WeakIndex(basis.chunks, basis.chunks.count);
  index.extend();
  return new WeakMatcher(basis.chunks, index);
}

function batchOf(first: number, weaks: Iterable<number>, length: number): KeyBatch {
  const column = Uint32Array.from(weaks);
  const found = new Uint8Array(Math.ceil(column.length / 8));
  return { first, weaks: column, lengths: column.map(() => length), found };
}

function told({ weaks, found }: KeyBatch): number[] {
  return Array.from(weaks, (_, i) => (found[i >> 3]! >> (i & 7)) & 1);
}

const chunk = (content: string, weak: number, length: number): Described => ({
  content,
  weak,
  length,
});

Deno.test("presence is told for each key by its bit", () => {
  const basis = new DescribedList(
    Array.from({ length: 20 }, (_, i) => chunk(`${i}`, i * 3, 100)),
  );
  const matcher = matcherOf(basis);
  const batch = batchOf(0, Array(60).keys(), 100);
  const jobs = matcher.look(batch);
  assertEquals(told(batch), Array.from(batch.weaks, (weak) => weak % 3 === 0 ? 1 : 0));
  assertEquals(matcher.found, 20);
  assertEquals(jobs.flatMap(({ keys }) => keys), Array.from({ length: 20 }, (_, i) => i * 3));
});

Deno.test("a key of an equal weak checksum and another length is not there", () => {
  const matcher = matcherOf(new DescribedList([chunk("a", 0, 100)]));
  assertEquals(matcher.look(batchOf(0, [0], 99)), []);
  assertEquals(matcher.look(batchOf(1, [1], 100)), []);
  assertEquals(matcher.look(batchOf(2, [0], 100)), [{ keys: [2], chunks: [0] }]);
});

Deno.test("keys are numbered from the first one of their batch", async () => {
  const basis = new DescribedList([chunk("a", 1, 10), chunk("b", 2, 10)]);
  const matcher = matcherOf(basis);
  const [job] = matcher.look(batchOf(4096, [9, 2, 1], 10));
  const list = await matcher.confirm(job!, basis.hash);
  assertEquals([[...list.keys], [...list.places]], [[4097, 4098], [10, 0]]);
});

Deno.test("what was not found at first is found once the basis has grown, and answered once", () => {
  const basis = new DescribedList([chunk("a", 1, 10)]);
  const index = new WeakIndex(basis.chunks, 1);
  index.extend();
  const matcher = new WeakMatcher(basis.chunks, index);
  const batch = batchOf(0, [2, 1, 3], 10);
  assertEquals(matcher.look(batch), [{ keys: [1], chunks: [0] }]);
  assertEquals(told(batch), [0, 1, 0]);
  basis.append(Array.from({ length: 50 }, (_, i) => chunk(`${i}`, i === 40 ? 2 : 100 + i, 10)));
  index.extend();
  assertEquals(matcher.look(batch), [{ keys: [0], chunks: [41] }]);
  assertEquals(matcher.look(batch), []);
  assertEquals([told(batch), matcher.found], [[1, 1, 0], 2]);
});

Deno.test("a key asked for twice is refused, in one batch or in two", () => {
  const basis = new DescribedList([chunk("a", 1, 10), chunk("b", 2, 10)]);
  for (const [first, second] of [[[1, 2, 1], []], [[1, 2], [2]]] as const) {
    const matcher = matcherOf(basis);
    const error = assertThrows(() => {
      matcher.look(batchOf(0, first, 10));
      matcher.look(batchOf(first.length, second, 10));
    }, ParasyncError);
    assertEquals(error.code, "bad_request");
  }
});

Deno.test("thousands of equal chunks are hashed a few times and answered once", async () => {
  const basis = new DescribedList(
    Array.from({ length: 5000 }, () => chunk("zeros", 0xefb5af2e, 12288)),
  );
  const matcher = matcherOf(basis);
  const [job] = matcher.look(batchOf(0, [0xefb5af2e], 12288));
  const list = await matcher.confirm(job!, basis.hash);
  assertEquals([[...list.keys], [...list.places], list.strong.length], [[0], [0], STRONG_WORDS]);
  assertEquals(basis.hashedChunks, CANDIDATES_PER_KEY);
});

Deno.test("each basis chunk is hashed once at most, whatever is asked", () => {
  const count = 2000;
  const basis = new DescribedList(
    Array.from({ length: count }, (_, i) => chunk(`${i}`, i % 500, 5000 + i % 7)),
  );
  const matcher = matcherOf(basis);
  const hashed: number[] = [];
  for (let round = 0; round < 7; round++) {
    const jobs = matcher.look(batchOf(round * 500, Array(500).keys(), 5000 + round));
    for (const job of jobs) hashed.push(...job.chunks);
  }
  assertEquals(new Set(hashed).size, hashed.length);
  assertEquals(hashed.length, count);
});

Deno.test("different contents under one key are all offered, each at its lowest place", async () => {
  const basis = new DescribedList([
    chunk("a", 5, 10),
    chunk("b", 5, 10),
    chunk("a", 5, 10),
    chunk("c", 6, 10),
  ]);
  const matcher = matcherOf(basis);
  const [job] = matcher.look(batchOf(0, [6, 5], 10));
  const list = await matcher.confirm(job!, basis.hash);
  assertEquals([[...list.keys], [...list.places]], [[0, 1, 1], [30, 0, 10]]);
  assertEquals(list.strong.length, 3 * STRONG_WORDS);
});

Deno.test("jobs hold about two megabytes, and all candidates of a key are in one", () => {
  const count = 1000;
  const basis = new DescribedList(
    Array.from({ length: count }, (_, i) => chunk(`${i}`, i % 300, 12288)),
  );
  const owners = new Map<number, number>();
  matcherOf(basis).look(batchOf(0, Array(300).keys(), 12288)).forEach(({ keys, chunks }, job) => {
    assert(chunks.length * 12288 < (2 << 20) + CANDIDATES_PER_KEY * 12288);
    for (const key of keys) {
      assertEquals(owners.get(key) ?? job, job);
      owners.set(key, job);
    }
  });
  assertEquals(owners.size, 300);
});

Deno.test("places alone are one for each key, the one that goes on where there is a choice", () => {
  // Content x lies at 0 and again behind content z: a new file with z, x in it is one copy.
  const basis = new DescribedList([
    chunk("x", 5, 10),
    chunk("y", 6, 10),
    chunk("z", 7, 10),
    chunk("x", 5, 10),
  ]);
  const matcher = matcherOf(basis);
  const list = matcher.places(matcher.look(batchOf(0, [7, 5], 10))[0]!);
  assertEquals([[...list.keys], [...list.places]], [[0, 1], [20, 30]]);
  assertEquals(list.strong.length, 0);
});

Deno.test("what hashing fails with is passed on", async () => {
  const matcher = matcherOf(new DescribedList([chunk("a", 1, 10)]));
  const [job] = matcher.look(batchOf(0, [1], 10));
  const broken = (): Promise<never> => Promise.reject(new ParasyncError("changed", "Cannot read"));
  await assertRejects(() => matcher.confirm(job!, broken), ParasyncError, "Cannot read");
});

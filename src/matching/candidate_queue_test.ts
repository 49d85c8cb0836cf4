// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { CandidateQueue } from "./candidate_queue.ts";
import { type CandidateList, STRONG_WORDS } from "./candidates.ts";

/** A list whose places and strong checksums say which row of a file of rows they are. */
function listOf(keys: readonly number[], firstRow = 0): CandidateList {
  const rows = keys.map((_, i) => firstRow + i);
  return {
    keys: Float64Array.from(keys),
    places: Float64Array.from(rows),
    strong: Uint32Array.from(rows.flatMap((row) => new Array(STRONG_WORDS).fill(row))),
  };
}

Deno.test("keys are taken in the order they came, so many at once, with all of their candidates", () => {
  const next = numbers(121);
  for (let round = 0; round < 30; round++) {
    const queue = new CandidateQueue(0);
    const all: number[] = [];
    for (let key = 0; key < 300;) {
      const first = all.length;
      for (let i = next(30); i >= 0; i--, key += 1 + next(2)) {
        for (let candidate = next(4); candidate >= 0; candidate--) all.push(key);
      }
      queue.add(listOf(all.slice(first), first));
    }
    const most = 1 + next(50);
    const taken: CandidateList[] = [];
    for (let batch = queue.take(most); batch !== undefined; batch = queue.take(most)) {
      assert(new Set(batch.keys).size <= most);
      assert(taken.length === 0 || new Set(taken.at(-1)!.keys).size === most, "not filled");
      assert(!taken.at(-1)?.keys.includes(batch.keys[0]!), "a key is parted");
      taken.push(batch);
    }
    assertEquals(taken.flatMap(({ keys }) => [...keys]), all);
    assertEquals(taken.flatMap(({ places }) => [...places]), all.map((_, row) => row));
    assertEquals(taken.flatMap(({ strong }) => [...strong]), [...listOf(all).strong]);
  }
});

Deno.test("keys that were found absent, or answered before, are left out", () => {
  const queue = new CandidateQueue(2);
  queue.absent(0, 3, Uint8Array.of(0b101));
  queue.add(listOf([0, 1, 1, 2]));
  queue.add(listOf([1, 2]));
  queue.add(listOf([2, 3, 3], 10));
  const { keys, places, strong } = queue.take(10)!;
  assertEquals([[...keys], [...places]], [[0, 2, 3, 3], [0, 3, 11, 12]]);
  assertEquals([...strong].filter((_, word) => word % STRONG_WORDS === 0), [0, 3, 11, 12]);
  assertEquals(queue.take(10), undefined);
});

Deno.test("a list with too few strong checksums is refused", () => {
  const queue = new CandidateQueue(2);
  const { keys, places, strong } = listOf([0, 1]);
  for (const short of [strong.subarray(1), strong.subarray(STRONG_WORDS), new Uint32Array(0)]) {
    const error = assertThrows(() => queue.add({ keys, places, strong: short }), ParasyncError);
    assertEquals(error.code, "bad_request");
  }
  assertEquals(queue.take(10), undefined);
});

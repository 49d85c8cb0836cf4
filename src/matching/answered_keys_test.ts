// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertStrictEquals } from "@std/assert";
import { AnsweredKeys } from "./answered_keys.ts";
import type { CandidateList } from "./candidates.ts";

function placesWithout(keys: readonly number[]): CandidateList {
  return {
    keys: Float64Array.from(keys),
    places: Float64Array.from(keys, (_, row) => row),
    strong: new Uint32Array(0),
  };
}

Deno.test("the first answer to a key holds, however many keys were expected", () => {
  for (const expected of [0, 3, 1000]) {
    const answered = new AnsweredKeys(expected);
    assertEquals([7, 500, 7, 0, 500].map((key) => answered.claim(key)), [
      true,
      true,
      false,
      true,
      false,
    ]);
  }
});

Deno.test("keys are absent whose bit is not set and that have no answer yet", () => {
  const answered = new AnsweredKeys(4);
  answered.claim(9);
  const absent: number[] = [];
  answered.absent(8, 10, Uint8Array.of(0b1000_0001, 0b01), (key) => absent.push(key));
  assertEquals(absent, [10, 11, 12, 13, 14, 17]);
  assertEquals([8, 15, 16, 10].map((key) => answered.claim(key)), [true, true, true, false]);
});

Deno.test("a list is given back without the keys that have an answer, or as it is", () => {
  const answered = new AnsweredKeys(4);
  const first = placesWithout([1, 1, 3]);
  assertStrictEquals(answered.claimAll(first), first);
  const { keys, places } = answered.claimAll(placesWithout([0, 0, 1, 2, 3, 3, 4]));
  assertEquals([[...keys], [...places]], [[0, 0, 2, 4], [0, 1, 3, 6]]);
  assertEquals(answered.claimAll(placesWithout([0, 4])).keys.length, 0);
});

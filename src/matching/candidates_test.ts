// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import {
  type CandidateList,
  candidatesAt,
  candidatesIn,
  distinctCandidates,
  joinedCandidates,
  sameStrong,
  STRONG_WORDS,
  strongWords,
} from "./candidates.ts";

Deno.test("two strong checksums are equal only if all of their 256 bits are", () => {
  const bytes = randomBytes(numbers(71), 64);
  const one = strongWords(bytes);
  const other = bytes.slice();
  assert(sameStrong(one, 1, strongWords(other), 1) && !sameStrong(one, 0, strongWords(other), 1));
  for (let bit = 0; bit < 256; bit++) {
    const flipped = bytes.slice();
    flipped[32 + (bit >> 3)]! ^= 1 << (bit & 7);
    assert(!sameStrong(one, 1, strongWords(flipped), 1), `bit ${bit}`);
    assert(sameStrong(one, 0, strongWords(flipped), 0));
  }
});

Deno.test("words are the same wherever in memory their bytes lie", () => {
  const bytes = randomBytes(numbers(72), 96);
  const expected = [...strongWords(bytes)];
  for (let shift = 0; shift < 8; shift++) {
    const memory = new Uint8Array(110);
    memory.set(bytes, shift);
    assertEquals([...strongWords(memory.subarray(shift, shift + 96))], expected);
  }
});

/** Each row's place and strong checksum tell which row it was. */
function rowsOf(keys: readonly number[], contents: readonly number[] = keys): CandidateList {
  return {
    keys: Float64Array.from(keys),
    places: Float64Array.from(keys, (_, row) => row),
    strong: Uint32Array.from(contents.flatMap((content) => new Array(STRONG_WORDS).fill(content))),
  };
}

function described({ keys, places, strong }: CandidateList): string[] {
  return Array.from(keys, (key, row) => `${key} ${places[row]} ${strong[row * STRONG_WORDS + 7]}`);
}

Deno.test("rows are picked from all columns alike, and lists joined", () => {
  const list = rowsOf([4, 4, 5, 9]);
  assertEquals(described(candidatesIn(list, 1, 3)), ["4 1 4", "5 2 5"]);
  assertEquals(described(candidatesAt(list, [0, 3])), ["4 0 4", "9 3 9"]);
  assertStrictEquals(candidatesAt(list, [0, 1, 2, 3]), list);
  const joined = joinedCandidates([candidatesIn(list, 3, 4), list]);
  assertEquals(described(joined), ["9 3 9", "4 0 4", "4 1 4", "5 2 5", "9 3 9"]);
});

Deno.test("rows without strong checksums have none when they are picked", () => {
  const list = { ...rowsOf([1, 2, 3]), strong: new Uint32Array(0) };
  assertEquals(candidatesAt(list, [0, 2]).strong.length, 0);
  assertEquals(candidatesIn(list, 1, 2).strong.length, 0);
});

Deno.test("of equal contents of a key the first stays; of another key, or other content, each", () => {
  const list = rowsOf([1, 1, 1, 2, 2], [7, 8, 7, 7, 7]);
  assertEquals(described(distinctCandidates(list)), ["1 0 7", "1 1 8", "2 3 7"]);
});

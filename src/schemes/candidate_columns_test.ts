// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { type CandidateList, STRONG_WORDS, strongWords } from "../matching/candidates.ts";
import { encodeVarints, encodeZigzags } from "../transport/columns.ts";
import { type CandidateColumns, decodeCandidates, encodeCandidates } from "./candidate_columns.ts";

const lengthOf = (key: number): number => 64 + key % 5;
const BASIS_BYTES = 2 ** 43;

function listOf(
  candidates: readonly (readonly [key: number, place: number])[],
  strong: Uint32Array = strongWords(randomBytes(numbers(1), candidates.length * 32)),
): CandidateList {
  return {
    keys: Float64Array.from(candidates, ([key]) => key),
    places: Float64Array.from(candidates, ([, place]) => place),
    strong,
  };
}

function decoded(columns: CandidateColumns, keys = 1000, basisBytes = BASIS_BYTES): CandidateList {
  return decodeCandidates(columns, keys, lengthOf, basisBytes);
}

Deno.test("candidates come back as they were, with and without strong checksums", () => {
  const next = numbers(121);
  for (let round = 0; round < 200; round++) {
    const candidates: [number, number][] = [];
    let place = next(2 ** 31) * 1000;
    for (let key = next(3); key < 900; key += next(6) === 0 ? next(50) : 1) {
      if (next(4) === 0) place = next(2 ** 31) * 1000;
      candidates.push([key, place]);
      // Some keys have several candidates.
      if (next(10) === 0) candidates.push([key, next(2 ** 31)]);
      place += lengthOf(key);
    }
    const withStrong = listOf(candidates);
    assertEquals(decoded(encodeCandidates(withStrong, lengthOf)), withStrong);
    const without = listOf(candidates, new Uint32Array(0));
    assertEquals(decoded(encodeCandidates(without, lengthOf)), without);
  }
});

Deno.test("a run of neighbours costs no more than its first key and its strong checksums", () => {
  const candidates: [number, number][] = [];
  let place = 123_456_789;
  for (let key = 0; key < 900; key++) {
    candidates.push([key, place]);
    place += lengthOf(key);
  }
  const { indexDeltas, counts, places, strong } = encodeCandidates(listOf(candidates), lengthOf);
  assert(indexDeltas.length + counts.length + places.length < 10);
  assertEquals(strong.length, 900 * 32);
});

Deno.test("an empty list is empty columns", () => {
  const columns = encodeCandidates(listOf([]), lengthOf);
  assertEquals(Object.values(columns).map((column) => (column as Uint8Array).length), [0, 0, 0, 0]);
  assertEquals(decoded(columns), listOf([]));
});

Deno.test("columns that do not fit each other, the keys or the basis are refused", () => {
  const columns = (
    deltas: number[],
    places: number[],
    counts: number[] = [],
    strongBytes = 32 * (counts.length > 0 ? counts.reduce((a, b) => a + b, 0) : deltas.length),
  ): CandidateColumns => ({
    indexDeltas: encodeVarints(deltas),
    counts: encodeVarints(counts),
    places: encodeZigzags(places),
    strong: new Uint8Array(strongBytes),
  });
  decoded(columns([999], [0]));
  decoded(columns([999], [BASIS_BYTES - lengthOf(999)]));
  const refused: [string, CandidateColumns][] = [
    ["a key that was not sent", columns([1000], [0])],
    ["a run that leaves the keys", columns([998], [0], [3])],
    ["a key beyond all numbers", columns([1, 2 ** 53 - 1], [0, 0])],
    ["a place before the basis", columns([0], [-1])],
    ["a place behind the basis", columns([999], [BASIS_BYTES - lengthOf(999) + 1])],
    ["a run that leaves the basis", columns([0], [BASIS_BYTES - 100], [2])],
    ["a second place that goes back too far", columns([0, 1], [100, -1000])],
    ["too few strong checksums", columns([0, 1], [0, 0], [], 32)],
    ["too many strong checksums", columns([0], [0], [], 64)],
    ["strong checksums cut short", columns([0], [0], [], 28)],
    ["too few places", columns([0, 1], [0])],
    ["too many places", columns([0], [0, 0])],
    ["too few counts", columns([0, 1], [0, 0], [1], 32)],
    ["a count that nothing could pay for", columns([0], [0], [2 ** 40], 32)],
  ];
  for (const [about, malformed] of refused) {
    const error = assertThrows(() => decoded(malformed), ParasyncError, "Cannot read", about);
    assertEquals(error.code, "bad_request", about);
  }
});

Deno.test("random columns are read or refused, and never anything else", () => {
  const next = numbers(122);
  for (let round = 0; round < 3000; round++) {
    const runs = next(6);
    const columns = {
      indexDeltas: randomBytes(next, runs),
      counts: randomBytes(next, next(2) * runs),
      places: randomBytes(next, next(3) === 0 ? next(9) : runs),
      strong: randomBytes(next, next(8) * 32),
    };
    try {
      const { keys, places, strong } = decoded(columns, 200, 10_000);
      assertEquals(places.length, keys.length);
      assert(strong.length === 0 || strong.length === keys.length * STRONG_WORDS);
      keys.forEach((key, i) => {
        assert(key < 200 && (i === 0 || key >= keys[i - 1]!));
        assert(places[i]! >= 0 && places[i]! + lengthOf(key) <= 10_000);
      });
    } catch (error) {
      if (!(error instanceof ParasyncError)) throw error;
      assertEquals(error.code, "bad_request");
    }
  }
});

// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { type CandidateList, STRONG_WORDS } from "./candidates.ts";
import { StrongTable } from "./strong_table.ts";

/** A column of strong checksums that differ in one word only, which one is given as well. */
function checksums(values: readonly number[], word: number): Uint32Array {
  const strong = new Uint32Array(values.length * STRONG_WORDS);
  values.forEach((value, i) => strong[i * STRONG_WORDS + word] = value);
  return strong;
}

Deno.test("contents are found as a map of maps finds them, each at its lowest place", () => {
  const next = numbers(111);
  for (let word = 0; word < STRONG_WORDS; word++) {
    const keys: number[] = [];
    const places: number[] = [];
    const values: number[] = [];
    const lowest = new Map<string, number>();
    for (let row = 0; row < 3000; row++) {
      const [key, value, place] = [next(200), next(20), next(2 ** 40)];
      keys.push(key);
      values.push(value);
      places.push(place);
      const name = `${key} ${value}`;
      lowest.set(name, Math.min(place, lowest.get(name) ?? Infinity));
    }
    const list: CandidateList = {
      keys: Float64Array.from(keys),
      places: Float64Array.from(places),
      strong: checksums(values, word),
    };
    const table = new StrongTable(list);
    const asked = checksums(Array.from({ length: 22 }, (_, i) => i), word);
    for (let key = 0; key < 202; key++) {
      for (let value = 0; value < 22; value++) {
        assertEquals(table.find(key, asked, value), lowest.get(`${key} ${value}`) ?? -1);
      }
    }
  }
});

Deno.test("a hundred thousand candidates of one key are entered and found in steps that do not grow", () => {
  // Looked through one by one these would be 10^10 steps.
  const count = 100_000;
  for (const word of [0, STRONG_WORDS - 1]) {
    const strong = checksums(Array.from({ length: count }, (_, i) => i), word);
    const places = Float64Array.from({ length: count }, (_, i) => i);
    const table = new StrongTable({ keys: new Float64Array(count), places, strong });
    for (let i = 0; i < count; i++) assertEquals(table.find(0, strong, i), i);
  }
});

Deno.test("nothing is found in an empty table", () => {
  const none = new Float64Array(0);
  const table = new StrongTable({ keys: none, places: none, strong: new Uint32Array(0) });
  assertEquals(table.find(0, new Uint32Array(STRONG_WORDS), 0), -1);
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { ChunkList } from "../chunking/chunk_list.ts";
import { CANDIDATES_PER_KEY, WeakIndex } from "./weak_index.ts";

function candidates(index: WeakIndex, weak: number, length: number): number[] {
  const found: number[] = [];
  for (let chunk = index.find(weak, length); chunk >= 0; chunk = index.next(chunk)) {
    found.push(chunk);
  }
  return found;
}

Deno.test("a key's chunks are found in the order of the basis, as many as are looked at", () => {
  const next = numbers(41);
  const chunks = new ChunkList(1);
  const index = new WeakIndex(chunks, 1);
  const expected = new Map<string, number[]>();
  for (let batch = 0; batch < 50; batch++) {
    for (let i = next(60); i > 0; i--) {
      const [weak, length] = [next(20), 64 + next(10)];
      const key = `${weak} ${length}`;
      expected.set(key, [...expected.get(key) ?? [], chunks.count]);
      chunks.append(Uint32Array.of(length), Uint32Array.of(weak));
    }
    index.extend();
    for (const [key, all] of expected) {
      const [weak, length] = key.split(" ").map(Number);
      assertEquals(candidates(index, weak!, length!), all.slice(0, CANDIDATES_PER_KEY));
    }
  }
  assertEquals(candidates(index, 20, 64), []);
});

Deno.test("equal weak checksums of different lengths are different keys", () => {
  const chunks = new ChunkList(2);
  chunks.append(Uint32Array.of(100, 200), Uint32Array.of(5, 5));
  const index = new WeakIndex(chunks, 2);
  index.extend();
  assertEquals([candidates(index, 5, 100), candidates(index, 5, 200)], [[0], [1]]);
});

Deno.test("half a million equal chunks are indexed in steps that do not grow", () => {
  // The work per chunk is bounded by the candidates of a key; unbounded it would be 10^11 steps here.
  const count = 500_000;
  const chunks = new ChunkList(count);
  chunks.append(new Uint32Array(count).fill(12288), new Uint32Array(count).fill(0xefb5af2e));
  const index = new WeakIndex(chunks, count);
  index.extend();
  assert(candidates(index, 0xefb5af2e, 12288).length === CANDIDATES_PER_KEY);
});

Deno.test("nothing is found in an empty basis", () => {
  const index = new WeakIndex(new ChunkList(0), 0);
  index.extend();
  assertEquals(candidates(index, 0, 0), []);
});

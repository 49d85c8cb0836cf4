// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { sameStrong, strongWords } from "./candidates.ts";

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

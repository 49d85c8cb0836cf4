// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { ChunkList } from "../chunking/chunk_list.ts";
import { ChunkSlots } from "./chunk_slots.ts";

Deno.test("keys are found as a map finds them, however few were expected", () => {
  for (const expected of [0, 1, 5000]) {
    const next = numbers(31);
    const chunks = new ChunkList(16);
    const slots = new ChunkSlots(chunks, expected);
    const map = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      // Few weak checksums and lengths, 0 among them, so that half of the keys come again.
      const [weak, length] = [next(80) * 53_687_091, 1 + next(80)];
      chunks.append(Uint32Array.of(length), Uint32Array.of(weak));
      const key = `${weak} ${length}`;
      assertEquals(slots.find(weak, length), map.get(key) ?? -1);
      assertEquals(slots.enter(i), map.get(key) ?? -1);
      if (!map.has(key)) map.set(key, i);
    }
    assertEquals(slots.count, map.size);
    for (const [key, chunk] of map) {
      const [weak, length] = key.split(" ").map(Number);
      assertEquals(slots.find(weak!, length!), chunk);
      assertEquals(slots.find(weak!, length! + 1000), -1);
    }
  }
});

Deno.test("a weak checksum of 0 and the largest one are keys like any other", () => {
  const chunks = new ChunkList(4);
  const slots = new ChunkSlots(chunks, 4);
  assertEquals(slots.find(0, 0), -1);
  chunks.append(Uint32Array.of(7, 7, 8), Uint32Array.of(0, 0xffffffff, 0));
  assertEquals([0, 1, 2, 0].map((chunk) => slots.enter(chunk)), [-1, -1, -1, 0]);
  assertEquals([slots.find(0, 7), slots.find(0xffffffff, 7), slots.find(0, 8)], [0, 1, 2]);
  assertEquals(slots.find(1, 7), -1);
});

Deno.test("keys that differ in their low or high bits alone do not crowd each other", () => {
  // Crowded slots would make this quadratic: 2^17 keys in each of four patterns.
  for (const spread of [1, 2 ** 15, 2 ** 8, 0x10001]) {
    const count = 1 << 17;
    const chunks = new ChunkList(count);
    const weaks = Uint32Array.from({ length: count }, (_, i) => i * spread);
    chunks.append(new Uint32Array(count).fill(4096), weaks);
    const slots = new ChunkSlots(chunks, count);
    for (let i = 0; i < count; i++) slots.enter(i);
    assertEquals(slots.count, new Set(weaks).size);
  }
});

// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { ChunkList } from "./chunk_list.ts";

Deno.test("chunks lie one behind the other, however they are appended", () => {
  const next = numbers(7);
  for (const capacity of [0, 1, 16, 1000]) {
    const list = new ChunkList(capacity);
    const offsets: number[] = [];
    const lengths: number[] = [];
    const weaks: number[] = [];
    let bytes = 0;
    for (let i = 0; i < 40; i++) {
      const count = next(30);
      const some = Uint32Array.from({ length: count }, () => 1 + next(1 << 20));
      const checks = Uint32Array.from({ length: count }, () => next(2 ** 32));
      list.append(some, checks);
      for (const length of some) {
        offsets.push(bytes);
        bytes += length;
      }
      lengths.push(...some);
      weaks.push(...checks);
    }
    assertEquals(list.count, offsets.length);
    assertEquals(list.bytes, bytes);
    assertEquals([...list.offsets.subarray(0, list.count)], offsets);
    assertEquals([...list.lengths.subarray(0, list.count)], lengths);
    assertEquals([...list.weaks.subarray(0, list.count)], weaks);
  }
});

Deno.test("offsets beyond 32 bits are exact", () => {
  const list = new ChunkList(1);
  const lengths = new Uint32Array(10_000).fill(1 << 20);
  list.append(lengths, new Uint32Array(10_000));
  assertEquals(list.offsets[9_999], 9_999 * 2 ** 20);
  assertEquals(list.bytes, 10_000 * 2 ** 20);
});

Deno.test("appending nothing changes nothing", () => {
  const list = new ChunkList(4);
  list.append(new Uint32Array(0), new Uint32Array(0));
  assertEquals([list.count, list.bytes], [0, 0]);
});

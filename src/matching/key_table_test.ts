// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { ChunkList } from "../chunking/chunk_list.ts";
import { KeyTable } from "./key_table.ts";

Deno.test("keys are numbered by their first chunks, and lead to all chunks they have", () => {
  for (const expected of [0, 10, 3000]) {
    const next = numbers(51);
    const chunks = new ChunkList(8);
    const keys = new KeyTable(chunks, expected);
    const numbered = new Map<string, number[]>();
    for (let chunk = 0; chunk < 2500; chunk++) {
      const [weak, length] = [next(50) * 85_000_000, 64 + next(20)];
      chunks.append(Uint32Array.of(length), Uint32Array.of(weak));
      const name = `${weak} ${length}`;
      numbered.set(name, [...numbered.get(name) ?? [], chunk]);
      const key = keys.add(chunk);
      assertEquals(key, [...numbered.keys()].indexOf(name));
      assertEquals(keys.keyOf(chunk), key);
    }
    assertEquals(keys.count, numbered.size);
    const { weaks, lengths } = keys.columns(0, keys.count);
    [...numbered].forEach(([name, all], key) => {
      assertEquals(`${weaks[key]} ${lengths[key]}`, name);
      const found: number[] = [];
      for (let chunk = keys.first(key); chunk >= 0; chunk = keys.next(chunk)) found.push(chunk);
      assertEquals(found, all);
    });
  }
});

Deno.test("the columns of a run of keys are those keys' and no others'", () => {
  const chunks = new ChunkList(4);
  chunks.append(Uint32Array.of(10, 20, 10, 30), Uint32Array.of(0, 2, 0, 0xffffffff));
  const keys = new KeyTable(chunks, 4);
  for (let chunk = 0; chunk < 4; chunk++) keys.add(chunk);
  const { weaks, lengths } = keys.columns(1, 3);
  assertEquals([[...weaks], [...lengths]], [[2, 0xffffffff], [20, 30]]);
  assertEquals(keys.columns(3, 3).weaks.length, 0);
});

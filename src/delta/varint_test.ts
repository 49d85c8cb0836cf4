// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { encodeVarints, encodeZigzags, MAX_ZIGZAG } from "../transport/columns.ts";
import { putVarint, unzigzag, zigzag } from "./varint.ts";

const EDGES = [7, 14, 21, 28, 31, 32, 35, 42, 49].flatMap((bits) => [
  2 ** bits - 1,
  2 ** bits,
  2 ** bits + 1,
]).concat(0, 1, 2 ** 53 - 2, 2 ** 53 - 1);

Deno.test("varints are what columns are made of, at every length", () => {
  for (const value of EDGES) {
    const out = new Uint8Array(20).fill(0xee);
    const end = putVarint(out, 3, value);
    assertEquals(out.slice(3, end), encodeVarints([value]), `${value}`);
    assertEquals([out[2], out[end]], [0xee, 0xee]);
  }
});

Deno.test("zigzag is what columns are made of, and is undone", () => {
  for (const value of EDGES.filter((edge) => edge <= MAX_ZIGZAG).concat(MAX_ZIGZAG)) {
    for (const signed of [value, 0 - value]) {
      const out = new Uint8Array(8);
      assertEquals(out.slice(0, putVarint(out, 0, zigzag(signed))), encodeZigzags([signed]));
      assertEquals(unzigzag(zigzag(signed)), signed);
    }
  }
});

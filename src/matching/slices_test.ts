// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { slicesOf } from "./slices.ts";

function sizes(length: number, threads: number, share: "floor" | "ceiling"): number[] {
  return slicesOf(new Uint32Array(length), threads, share).map((slice) => slice.length);
}

Deno.test("by floor the last slice takes the rest, by ceiling it is what is left", () => {
  assertEquals(sizes(11, 3, "floor"), [3, 3, 5]);
  assertEquals(sizes(11, 3, "ceiling"), [4, 4, 3]);
  assertEquals(sizes(2, 3, "floor"), [2]);
  assertEquals(sizes(2, 3, "ceiling"), [1, 1]);
});

Deno.test("slices are the column, cut, and none is empty", () => {
  for (const share of ["floor", "ceiling"] as const) {
    for (let length = 0; length < 40; length++) {
      for (let threads = 1; threads < 20; threads++) {
        const column = Float64Array.from({ length }, (_, i) => i);
        const slices = slicesOf(column, threads, share);
        assertEquals(slices.flatMap((slice) => [...slice]), [...column]);
        assert(slices.length <= threads && slices.every((slice) => slice.length > 0));
      }
    }
  }
});

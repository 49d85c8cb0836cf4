// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { readTogether } from "./read_together.ts";

Deno.test("ranges with little in between are read together, up to the most", () => {
  const places = Float64Array.of(0, 100, 20_000, 20_010, 90_000);
  const lengths = Uint32Array.of(100, 5000, 10, 10, 10);
  assertEquals(readTogether(places, lengths, 0, 5, 1 << 20), 4);
  assertEquals(readTogether(places, lengths, 0, 2, 1 << 20), 2);
  assertEquals(readTogether(places, lengths, 0, 5, 20_000), 2);
  assertEquals(readTogether(places, lengths, 4, 5, 1 << 20), 5);
});

Deno.test("ranges that go back or overlap are read by themselves", () => {
  assertEquals(readTogether(Float64Array.of(500, 0), 100, 0, 2, 1 << 20), 1);
  assertEquals(readTogether(Float64Array.of(0, 99), 100, 0, 2, 1 << 20), 1);
  assertEquals(readTogether(Float64Array.of(0, 100), 100, 0, 2, 1 << 20), 2);
});

Deno.test("a range longer than the most is read all the same", () => {
  assertEquals(readTogether(Float64Array.of(0, 5000), 5000, 0, 2, 1000), 1);
});

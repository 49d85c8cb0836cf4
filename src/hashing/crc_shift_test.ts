// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { CRC32, CRC32C } from "./crc_combine.ts";
import { crcShift } from "./crc_shift.ts";
import { seededIntegers } from "./test_backends.ts";

const EDGES = [0, 1, 2, 4095, 4096, 8192, 12288, 16383, 16384, 16385, 2 ** 20 - 1, 2 ** 20];
const BEYOND = [2 ** 20 + 1, 2 ** 32 + 7, Number.MAX_SAFE_INTEGER];

for (const [title, algebra] of [["CRC-32", CRC32], ["CRC-32C", CRC32C]] as const) {
  Deno.test(`${title}: a shift is the algebra's own for every length`, () => {
    const shift = crcShift(algebra);
    const next = seededIntegers(0x51f7);
    const lengths = [...EDGES, ...BEYOND, ...Array.from({ length: 300 }, () => next(2 ** 20))];
    for (const n of lengths) {
      for (const crc of [0, 1, 0x80000000, 0xffffffff, next(2 ** 32)]) {
        assertEquals(shift.forward(crc, n), algebra.multiply(algebra.shift(n), crc), `${n} on`);
        assertEquals(shift.backward(crc, n), algebra.multiply(algebra.shift(-n), crc), `${n} back`);
      }
    }
  });

  Deno.test(`${title}: what is shifted forth and back is what it was`, () => {
    const shift = crcShift(algebra);
    const next = seededIntegers(0xbac);
    for (let round = 0; round < 1000; round++) {
      const [crc, n] = [next(2 ** 32), next(2 ** 21)];
      assertEquals(shift.backward(shift.forward(crc, n), n), crc, `by ${n}`);
    }
  });
}

Deno.test("the tables of one polynomial are made once in a thread", () => {
  assertEquals(crcShift() === crcShift(CRC32), true);
  assertEquals(crcShift(CRC32) === crcShift(CRC32C), false);
});

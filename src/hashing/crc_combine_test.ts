// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { createCRC32 } from "hash-wasm";
import { CRC32, CRC32C, type CrcAlgebra } from "./crc_combine.ts";
import { seededBytes, seededIntegers } from "./test_backends.ts";

const A = new TextEncoder().encode("the quick brown fox");
const B = new TextEncoder().encode(" jumps over the lazy dog".repeat(3));

/** One polynomial's check values. */
interface CheckValues {
  title: string;
  algebra: CrcAlgebra;
  polynomial: number;
  check: number;
  a: number;
  b: number;
  whole: number;
  zeros4096: number;
  zeros8192: number;
  shift4096: number;
  shift8192: number;
  shift12288: number;
  shiftBack1: number;
}

const CHECKS: readonly CheckValues[] = [
  {
    title: "CRC-32",
    algebra: CRC32,
    polynomial: 0xedb88320,
    check: 0xcbf43926,
    a: 0x91c102ca,
    b: 0x58f1de86,
    whole: 0x470843ba,
    zeros4096: 0xc71c0011,
    zeros8192: 0xd8f49994,
    shift4096: 0x09fe548f,
    shift8192: 0x83852d0f,
    shift12288: 0xe4b54665,
    shiftBack1: 0x6567cb95,
  },
  {
    title: "CRC-32C",
    algebra: CRC32C,
    polynomial: 0x82f63b78,
    check: 0xe3069283,
    a: 0x3355efd3,
    b: 0x87e9d432,
    whole: 0x9efd769b,
    zeros4096: 0x98f94189,
    zeros8192: 0x90444623,
    shift4096: 0x35d73a62,
    shift8192: 0x28461564,
    shift12288: 0x43eefc9f,
    shiftBack1: 0xfde39562,
  },
];

/** An independent CRC with any polynomial, by hash-wasm. */
async function crcOf(polynomial: number): Promise<(bytes: Uint8Array) => number> {
  const hasher = await createCRC32(polynomial);
  return (bytes) => parseInt(hasher.init().update(bytes).digest("hex"), 16);
}

for (const values of CHECKS) {
  const { title, algebra, polynomial } = values;

  Deno.test(`${title}: the checksums that the check values speak of are right`, async () => {
    const crc = await crcOf(polynomial);
    assertEquals(crc(new TextEncoder().encode("123456789")), values.check);
    assertEquals(crc(A), values.a);
    assertEquals(crc(B), values.b);
    assertEquals(crc(new Uint8Array([...A, ...B])), values.whole);
    assertEquals(crc(new Uint8Array(4096)), values.zeros4096);
    assertEquals(crc(new Uint8Array(8192)), values.zeros8192);
  });

  Deno.test(`${title}: powers of x have their published values`, () => {
    assertEquals(algebra.shift(0), 0x80000000);
    assertEquals(algebra.shift(1), 0x00800000);
    assertEquals(algebra.shift(4096), values.shift4096);
    assertEquals(algebra.shift(8192), values.shift8192);
    assertEquals(algebra.shift(12288), values.shift12288);
    assertEquals(algebra.shift(-1), values.shiftBack1);
  });

  Deno.test(`${title}: concat, suffix and prefix have their published values`, () => {
    const { a, b, whole, zeros4096, zeros8192 } = values;
    assertEquals(algebra.concat(a, b, B.length), whole);
    assertEquals(algebra.suffix(whole, a, B.length), b);
    assertEquals(algebra.prefix(whole, b, B.length), a);
    assertEquals(algebra.concat(zeros4096, zeros4096, 4096), zeros8192);
    assertEquals(algebra.concat(0, b, B.length), b);
    assertEquals(algebra.concat(a, 0, 0), a);
  });

  Deno.test(`${title}: shifting forth and back is the identity, for lengths beyond 32 bits too`, () => {
    const next = seededIntegers(0xc0c);
    for (const length of [1, 2, 255, 2 ** 20, 2 ** 32 + 7, 2 ** 40 - 1, Number.MAX_SAFE_INTEGER]) {
      const both = algebra.multiply(algebra.shift(length), algebra.shift(-length));
      assertEquals(both, 0x80000000, `for ${length}`);
      const more = next(1000);
      assertEquals(
        algebra.multiply(algebra.shift(length - more), algebra.shift(more)),
        algebra.shift(length),
      );
    }
  });

  Deno.test(`${title}: the laws hold wherever random bytes are cut`, async () => {
    const crc = await crcOf(polynomial);
    const bytes = seededBytes(20_000, 0xbeef);
    const next = seededIntegers(0xcafe);
    for (let round = 0; round < 100; round++) {
      const end = next(bytes.length);
      const cut = next(end + 1);
      const [a, b] = [crc(bytes.subarray(0, cut)), crc(bytes.subarray(cut, end))];
      const whole = crc(bytes.subarray(0, end));
      assertEquals(algebra.concat(a, b, end - cut), whole);
      assertEquals(algebra.suffix(whole, a, end - cut), b);
      assertEquals(algebra.prefix(whole, b, end - cut), a);
    }
  });

  Deno.test(`${title}: the rolling tables give the checksum of every window`, async () => {
    const crc = await crcOf(polynomial);
    const bytes = seededBytes(3000, 0xf00d);
    for (const window of [1, 16, 700, 2048]) {
      const { enter, leave } = algebra.rollingTables(window);
      let r = ~crc(bytes.subarray(0, window));
      for (let begin = 0; begin + window < bytes.length; begin++) {
        const [out, entering] = [bytes[begin]!, bytes[begin + window]!];
        r = (r >>> 8) ^ enter[(r ^ entering) & 255]! ^ leave[out]!;
        if (begin % 97 !== 0) continue;
        assertEquals(~r >>> 0, crc(bytes.subarray(begin + 1, begin + 1 + window)), `at ${begin}`);
      }
    }
  });
}

Deno.test("CRC-32: the tables of the rolling windows have their published values", () => {
  const first4 = (window: number) => Array.from(CRC32.rollingTables(window).leave.subarray(0, 4));
  assertEquals(first4(4096), [0x7f69d36e, 0x4deb6724, 0x1a6cbbfa, 0x28ee0fb0]);
  assertEquals(first4(8192), [0xfd4cd5dd, 0xb3fd307f, 0x602f1e99, 0x2e9efb3b]);
  assertEquals(CRC32.rollingTables(8192).enter[1], 0x77073096);
});

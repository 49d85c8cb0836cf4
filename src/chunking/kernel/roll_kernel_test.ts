// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { crc32 } from "node:zlib";
import { withZeroCrc } from "../../../tests/fixtures/crafted_blocks.ts";
import { type DataKind, dataOf } from "../../../tests/fixtures/data_kinds.ts";
import { type Numbers, numbers, randomBytes } from "../../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../../errors.ts";
import { CRC32 } from "../../hashing/crc_combine.ts";
import { createRollKernel, type RollKernel, type RollName } from "./roll_kernel.ts";
import { SOURCE_DIGEST } from "./roll_wasm.ts";

const MIB = 1 << 20;
const KINDS: readonly RollName[] = ["rollsum", "rabinkarp", "crc32"];
const DATA: readonly DataKind[] = ["random", "zeros", "period 7", "csv"];
const MULTIPLIER = 0x08104225;
const SPREAD = 0x9e3779b1;

function crc(memory: Uint8Array, begin: number, end: number): number {
  return crc32(memory.subarray(begin, end));
}

/** librsync's rollsum by its definition. */
function rollsumOf(bytes: Uint8Array): number {
  let s1 = 0;
  let s2 = 0;
  for (const byte of bytes) {
    s1 = (s1 + byte + 31) % 65536;
    s2 = (s2 + s1) % 65536;
  }
  return s2 * 65536 + s1;
}

/** librsync's Rabin-Karp hash by its definition. */
function rabinkarpOf(bytes: Uint8Array): number {
  let hash = 1;
  for (const byte of bytes) hash = (Math.imul(hash, MULTIPLIER) + byte) >>> 0;
  return hash;
}

/** The weak checksum of every window, from those of the beginnings of the data. */
function windowsOf(kind: RollName, bytes: Uint8Array, window: number): Uint32Array {
  const weaks = new Uint32Array(Math.max(0, bytes.length - window + 1));
  if (kind === "rollsum") {
    const sums = new Float64Array(bytes.length + 1);
    const sumsOfSums = new Float64Array(bytes.length + 1);
    for (let i = 0; i < bytes.length; i++) {
      sums[i + 1] = sums[i]! + bytes[i]! + 31;
      sumsOfSums[i + 1] = sumsOfSums[i]! + sums[i + 1]!;
    }
    return weaks.map((_, at) => {
      const s1 = sums[at + window]! - sums[at]!;
      const s2 = sumsOfSums[at + window]! - sumsOfSums[at]! - window * sums[at]!;
      return s2 % 65536 * 65536 + s1 % 65536;
    });
  }
  const states = new Uint32Array(bytes.length + 1);
  if (kind === "rabinkarp") {
    for (let i = 0; i < bytes.length; i++) {
      states[i + 1] = Math.imul(states[i]!, MULTIPLIER) + bytes[i]!;
    }
    let power = 1;
    for (let i = 0; i < window; i++) power = Math.imul(power, MULTIPLIER);
    return weaks.map((_, at) => states[at + window]! + Math.imul(power, 1 - states[at]!));
  }
  // Not by zlib's second argument, which Deno 2.4 does not mind.
  const ofByte = Uint32Array.from({ length: 256 }, (_, byte) => crc32(Uint8Array.of(byte)));
  for (let i = 0; i < bytes.length; i++) {
    states[i + 1] = CRC32.concat(states[i]!, ofByte[bytes[i]!]!, 1);
  }
  const shift = CRC32.shift(window);
  return weaks.map((_, at) => CRC32.multiply(shift, states[at]!) ^ states[at + window]!);
}

/** A kernel with the data at position 0 and all blocks entered. */
function kernelWith(
  kind: RollName,
  block: number,
  weaks: Uint32Array,
  bytes: Uint8Array,
): RollKernel {
  const kernel = createRollKernel({ kind, block, weaks, capacity: bytes.length });
  // What lies behind must not matter.
  kernel.memory.fill(0xa5, kernel.dataOffset);
  kernel.memory.set(bytes, kernel.dataOffset);
  for (let index = 0; index < weaks.length; index++) kernel.enter(index);
  return kernel;
}

/** Checks that a kernel finds what a plain scan does, at most `most` times in a row. */
function assertFinds(
  kernel: RollKernel,
  windows: Uint32Array,
  weaks: Uint32Array,
  from: number,
  limit: number,
  most: number,
  about: string,
): number {
  const firstOf = new Map<number, number>();
  weaks.forEach((weak, index) => firstOf.has(weak) || firstOf.set(weak, index));
  let hits = 0;
  for (let at = from; hits < most; hits++) {
    let expected = at;
    while (expected < limit && !firstOf.has(windows[expected]!)) expected++;
    const found = kernel.search(at, limit, crc);
    if (found !== (expected < limit ? expected : -1)) {
      throw new Error(`${about}: from ${at} on ${expected} expected and ${found} found`);
    }
    if (found < 0) break;
    assertEquals(kernel.found, firstOf.get(windows[found]!), `${about} at ${found}`);
    at = found + 1;
  }
  return hits;
}

/** Weak checksums at random. */
function randomWeaks(next: Numbers, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, () => next(2 ** 32));
}

Deno.test("the built module was made from the source that lies beside it", () => {
  const source = fs.readFileSync(new URL("roll.as", import.meta.url));
  assertEquals(createHash("sha256").update(source).digest("hex"), SOURCE_DIGEST);
});

for (const [kind, plain] of [["rollsum", rollsumOf], ["rabinkarp", rabinkarpOf]] as const) {
  Deno.test(`${kind} is the definition's for every length and alignment`, () => {
    const bytes = randomBytes(numbers(41), 400);
    const kernel = kernelWith(kind, 64, new Uint32Array(0), bytes);
    for (let length = 0; length <= 300; length++) {
      const begin = length % 67;
      const expected = plain(bytes.subarray(begin, begin + length));
      assertEquals(kernel.weak(begin, begin + length), expected, `${length} bytes`);
    }
  });

  Deno.test(`${kind} of the longest block is the definition's, whatever the bytes`, () => {
    const next = numbers(42);
    for (const bytes of [new Uint8Array(MIB + 3).fill(255), randomBytes(next, MIB + 3)]) {
      const kernel = kernelWith(kind, MIB, new Uint32Array(0), bytes);
      for (const begin of [0, 3]) {
        assertEquals(kernel.weak(begin, begin + MIB), plain(bytes.subarray(begin, begin + MIB)));
      }
      assertEquals(kernel.weak(1, MIB), plain(bytes.subarray(1, MIB)));
    }
  });
}

Deno.test("the oracle of these tests says what the definitions say", () => {
  const next = numbers(43);
  for (const data of DATA) {
    const bytes = dataOf(data, 300, next);
    const plain = {
      rollsum: rollsumOf,
      rabinkarp: rabinkarpOf,
      crc32: (b: Uint8Array) => crc32(b),
    };
    for (const kind of KINDS) {
      windowsOf(kind, bytes, 77).forEach((weak, at) => {
        assertEquals(weak, plain[kind](bytes.subarray(at, at + 77)), `${kind} of ${data}`);
      });
    }
  }
});

for (const kind of KINDS) {
  for (const data of DATA) {
    Deno.test(`${kind}: a search of ${data} finds what a plain scan finds, in windows of any size`, () => {
      const next = numbers(44);
      for (const window of [64, 65, 100, 1000, 4096, 65_536, MIB - 1, MIB]) {
        const bytes = dataOf(data, window + 2500, next);
        const windows = windowsOf(kind, bytes, window);
        const last = windows.length - 1;
        const planted = [0, last, next(last), next(last), next(last)].map((at) => windows[at]!);
        const weaks = Uint32Array.of(...randomWeaks(next, 200), ...planted);
        const kernel = kernelWith(kind, window, weaks, bytes);
        const most = window > 4096 ? 20 : windows.length;
        const about = `windows of ${window}`;
        assert(assertFinds(kernel, windows, weaks, 0, windows.length, most, about) > 1);
        const from = next(last);
        assertFinds(kernel, windows, weaks, from, from + next(last - from), most, about);
      }
    });
  }

  Deno.test(`${kind}: hits at the first and at the last position are hits, those beside them not`, () => {
    const next = numbers(45);
    const bytes = randomBytes(next, 10_000);
    const windows = windowsOf(kind, bytes, 512);
    const weaks = Uint32Array.of(windows[100]!, windows[5000]!);
    const kernel = kernelWith(kind, 512, weaks, bytes);
    assertEquals([kernel.search(100, 101, crc), kernel.found], [100, 0]);
    assertEquals([kernel.search(101, 5001, crc), kernel.found], [5000, 1]);
    assertEquals(kernel.search(101, 5000, crc), -1);
    assertEquals(kernel.search(5001, windows.length, crc), -1);
    assertEquals(kernel.search(100, 100, crc), -1);
  });

  Deno.test(`${kind}: an empty table has nothing to find`, () => {
    const bytes = randomBytes(numbers(46), 5000);
    const kernel = kernelWith(kind, 64, new Uint32Array(0), bytes);
    assertEquals(kernel.search(0, 5000 - 63, crc), -1);
  });

  Deno.test(`${kind}: weak checksums that only pass the filter are not found`, () => {
    const bytes = randomBytes(numbers(47), 3000);
    const windows = windowsOf(kind, bytes, 200);
    const taken = new Set(windows);
    const inverse = inverseOf(SPREAD);
    // The same top bits when spread, and so the same bit of the filter and the same slot.
    const weaks = windows.map((weak) => Math.imul(Math.imul(weak, SPREAD) ^ 1, inverse))
      .filter((weak) => !taken.has(weak));
    assert(weaks.length > 2000);
    const kernel = kernelWith(kind, 200, weaks, bytes);
    assertEquals(kernel.search(0, windows.length, crc), -1);
  });

  for (const count of [1, 2, 1000, 100_000]) {
    Deno.test(`${kind}: of ${count} blocks each is found, and its first one where several are equal`, () => {
      const next = numbers(48);
      const bytes = randomBytes(next, 4000);
      const windows = windowsOf(kind, bytes, 128);
      const weaks = randomWeaks(next, count);
      for (let i = 0; i < count; i += 50) weaks[i] = windows[next(windows.length)]!;
      const kernel = kernelWith(kind, 128, weaks, bytes);
      const about = `${count} blocks`;
      assert(assertFinds(kernel, windows, weaks, 0, windows.length, windows.length, about) > 0);
    });
  }
}

Deno.test("a weak checksum of 0 is found like any other, and only where it is", () => {
  const next = numbers(49);
  // 512 bytes of 225, each of which counts 256: both sums are multiples of 2^16.
  const sum = new Uint8Array(512).fill(225);
  const block = withZeroCrc(randomBytes(next, 512), (bytes) => crc32(bytes));
  for (const [kind, zero] of [["rollsum", sum], ["crc32", block]] as const) {
    const bytes = randomBytes(next, 4000);
    bytes.set(zero, 1234);
    const kernel = kernelWith(kind, 512, Uint32Array.of(7, 0), bytes);
    assertEquals([kernel.search(0, 3489, crc), kernel.found], [1234, 1], kind);
    assertEquals(kernel.search(1235, 3489, crc), -1, kind);
  }
});

Deno.test("of thousands of equal weak checksums the one entered first is found", () => {
  const bytes = randomBytes(numbers(50), 3000);
  const [weak] = windowsOf("rollsum", bytes.subarray(1500, 1700), 200);
  const weaks = new Uint32Array(5000).fill(weak!);
  const kernel = createRollKernel({ kind: "rollsum", block: 200, weaks, capacity: 3000 });
  kernel.memory.set(bytes, kernel.dataOffset);
  assertEquals(kernel.enter(17), 17);
  for (let index = 0; index < 5000; index++) assertEquals(kernel.enter(index), 17);
  assertEquals([kernel.search(0, 2801, crc), kernel.found], [1500, 17]);
});

Deno.test("blocks whose weak checksums crowd together are left out and not sought without end", () => {
  const inverse = inverseOf(SPREAD);
  const count = 100_000;
  // All of them belong into the first few slots of 2^19.
  const crowd = Uint32Array.from({ length: count }, (_, i) => Math.imul(i, inverse));
  crowd[count - 1] = Math.imul(0x80000000, inverse);
  const weaks = Uint32Array.of(...crowd.subarray(0, count / 2), ...crowd.subarray(0, count / 2));
  weaks[count - 1] = weaks[count / 2 - 1] = crowd[count - 1]!;
  const kernel = kernelWith("crc32", 64, weaks.subarray(0, count), new Uint8Array(64));
  let kept = 0;
  for (let i = 0; i < count / 2; i++) if (kernel.enter(count / 2 + i) === i) kept++;
  assert(kept >= 256 && kept < 300, `${kept} of ${count / 2} were kept`);
  assertEquals(kernel.enter(count - 1), count / 2 - 1, "the one apart is kept");
});

Deno.test("what is out of range is refused, not read", () => {
  const kernel = kernelWith("rollsum", 64, Uint32Array.of(1), new Uint8Array(1000));
  assertEquals(kernel.search(0, 937, crc), -1);
  for (const [from, limit] of [[0, 938], [-1, 5], [NaN, 5], [0, NaN], [0, Infinity]] as const) {
    assertThrows(() => kernel.search(from, limit, crc), ParasyncError, "Cannot search");
  }
  for (const [begin, end] of [[0, 1001], [-1, 5], [9, 8], [NaN, 5]] as const) {
    assertThrows(() => kernel.weak(begin, end), ParasyncError, "Cannot roll");
  }
  const crcs = kernelWith("crc32", 64, Uint32Array.of(1), new Uint8Array(1000));
  assertThrows(() => crcs.weak(0, 64), ParasyncError, "Cannot roll");
});

Deno.test("more than there is memory for is refused in words", () => {
  const weaks = new Uint32Array(1);
  const error = assertThrows(
    () => createRollKernel({ kind: "crc32", block: 64, weaks, capacity: 2 ** 31 }),
    ParasyncError,
    "use larger ones",
  );
  assertEquals(error.code, "too_large");
});

/** The inverse of an odd number modulo 2^32 (Newton's iteration doubles the bits that are right). */
function inverseOf(odd: number): number {
  let inverse = odd;
  for (let i = 0; i < 5; i++) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  return inverse;
}

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { ParasyncError } from "../errors.ts";
import {
  candidateBits,
  cutsOf,
  describeFingerprint,
  FINGERPRINT_ID,
  FINGERPRINT_WINDOW,
  isCandidate,
  MULTIPLIERS,
} from "./rule_k.ts";

/** Random bytes from a seed: SHA-256 in counter mode. */
function randomBytes(seed: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 32) {
    const digest = createHash("sha256").update(`${seed} ${at}`).digest();
    bytes.set(digest.subarray(0, Math.min(32, length - at)), at);
  }
  return bytes;
}

Deno.test("the fingerprint's name carries the digest of what defines it", () => {
  const digest = createHash("sha256").update(describeFingerprint(MULTIPLIERS)).digest("hex");
  assertEquals(FINGERPRINT_ID, `fold${FINGERPRINT_WINDOW}-${digest.slice(0, 16)}`);
});

Deno.test("the multipliers are the numbered set that the documentation names", () => {
  const digest = createHash("sha256").update("parasync fold60 38").digest();
  const words = Array.from({ length: 10 }, (_, i) => digest.readUInt16LE(2 * i) | 1);
  assertEquals([...MULTIPLIERS.high, ...MULTIPLIERS.low], words);
});

Deno.test("multipliers are odd and fit in 16 bits", () => {
  for (const factor of [...MULTIPLIERS.high, ...MULTIPLIERS.low]) {
    assert(factor % 2 === 1 && factor > 1 && factor < 65536, `${factor}`);
  }
});

Deno.test("a candidate depends on the window's bytes and on no others", () => {
  const bytes = randomBytes("window", 4000);
  for (let p = 100; p < 3000; p++) {
    const alone = new Uint8Array(4000);
    const first = p - FINGERPRINT_WINDOW + 1;
    alone.set(bytes.subarray(first, p + 1), first);
    assertEquals(isCandidate(alone, p, 3), isCandidate(bytes, p, 3), `position ${p}`);
  }
});

Deno.test("candidates are as frequent as the number of bits says", () => {
  const bytes = randomBytes("frequency", 200_000);
  for (const bits of [4, 6, 8]) {
    let count = 0;
    for (let p = FINGERPRINT_WINDOW; p < bytes.length; p++) {
      if (isCandidate(bytes, p, bits)) count++;
    }
    const expected = bytes.length / 2 ** bits;
    const tolerance = 5 * Math.sqrt(expected);
    assert(Math.abs(count - expected) < tolerance, `${bits} bits: ${count} of ${expected}`);
  }
});

Deno.test("a candidate at some number of bits is one at every smaller number", () => {
  const bytes = randomBytes("nested", 20_000);
  for (let p = 0; p < bytes.length; p++) {
    for (let bits = 2; bits <= 8; bits++) {
      if (isCandidate(bytes, p, bits)) assert(isCandidate(bytes, p, bits - 1), `${p}, ${bits}`);
    }
  }
});

Deno.test("no run of one byte value is made of candidates", () => {
  for (let value = 0; value < 256; value++) {
    const run = new Uint8Array(100).fill(value);
    for (const bits of [8, 11, 13]) assert(!isCandidate(run, 99, bits), `value ${value}`);
  }
});

Deno.test("cuts keep to the sizes, and each is the first that may be", () => {
  const bytes = randomBytes("cuts", 100_000);
  const sizes = { min: 300, avg: 512, max: 1500 };
  const ends = cutsOf(bytes, sizes);
  assertEquals(ends.at(-1), bytes.length);
  let begin = 0;
  for (const end of ends) {
    const last = end === bytes.length;
    assert(end > begin && end - begin <= sizes.max && (last || end - begin >= sizes.min));
    for (let p = begin + sizes.min; p < end; p++) assert(!isCandidate(bytes, p, 9), `${p}`);
    if (!last && end - begin < sizes.max) assert(isCandidate(bytes, end, 9), `${end}`);
    begin = end;
  }
});

Deno.test("the file's end cuts by rule K", () => {
  const sizes = { min: 64, avg: 2 ** 30, max: 128 };
  assertEquals(cutsOf(new Uint8Array(0), sizes), []);
  assertEquals(cutsOf(new Uint8Array(1), sizes), [1]);
  assertEquals(cutsOf(new Uint8Array(64), sizes), [64]);
  assertEquals(cutsOf(new Uint8Array(128), sizes), [128]);
  assertEquals(cutsOf(new Uint8Array(129), sizes), [128, 129]);
  assertEquals(cutsOf(new Uint8Array(192), sizes), [128, 192]);
});

Deno.test("an insertion moves the cuts behind it and changes few", () => {
  const bytes = randomBytes("shift", 200_000);
  const inserted = new Uint8Array(bytes.length + 7);
  inserted.set(bytes.subarray(0, 1000));
  inserted.set(bytes.subarray(1000), 1007);
  const sizes = { min: 256, avg: 512, max: 4096 };
  const before = new Set(cutsOf(bytes, sizes).map((end) => end + 7));
  const after = cutsOf(inserted, sizes).filter((end) => end > 8000);
  assert(after.every((end) => before.has(end)));
});

Deno.test("an average that is no power of two is refused", () => {
  assertEquals(candidateBits(8192), 13);
  assertThrows(() => candidateBits(5000), ParasyncError, "not a power of two");
  assertThrows(() => cutsOf(new Uint8Array(9), { min: 64, avg: 1, max: 9 }), ParasyncError);
});

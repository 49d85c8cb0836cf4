// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { type HashBackend, STRONG_BYTES } from "./backend.ts";
import { SEGMENT_BYTES, segmentCount, sessionDigest } from "./session_digest.ts";
import { BACKEND_CASES, countingBytes, testEachBackend, toHex } from "./test_backends.ts";

// Byte i of the file is i mod 251. Computed with b3sum alone, segment by segment.
const DIGESTS: readonly (readonly [number, string])[] = [
  [0, "71e0a99173564931c0b8acc52d2685a8e39c64dc52e3d02390fdac2a12b155cb"],
  [1, "a9acaef31dd9374f2d37170551b2c41edc8d33e2259631d768efc846b3cdea59"],
  [8192, "f89291d55a1517e30125678202e1fa7a0d5414e9978772140469a448ddd7ab73"],
  [1048575, "4761f4e9efc066b3600a754dc47bb4823a1df011a68825874eb409f02f9c76b5"],
  [1048576, "3bc43061ebefde3000c34f1d4ca7903ab0aa53b73edad446d4462fc62cfcff27"],
  [1048577, "90e7323c30b4c709743e8e6df62aea0113d85421d3e91621b01ee2dab84b2740"],
  [3145733, "308ca53d01615616d5b8bf5fade4729479bf415c869355fc48e48a3ce3283e8b"],
];

function segmentDigests(backend: HashBackend, file: Uint8Array): Uint8Array {
  const count = segmentCount(file.length);
  const digests = new Uint8Array(STRONG_BYTES * count);
  for (let i = 0; i < count; i++) {
    const begin = i * SEGMENT_BYTES;
    const end = Math.min(begin + SEGMENT_BYTES, file.length);
    backend.strong(file, begin, end, digests, i * STRONG_BYTES);
  }
  return digests;
}

testEachBackend("the session digest is what b3sum makes of the segments", (backend) => {
  for (const [size, expected] of DIGESTS) {
    const digests = segmentDigests(backend, countingBytes(size));
    assertEquals(toHex(sessionDigest(backend, size, digests)), expected, `of ${size} bytes`);
  }
});

Deno.test("the session digest depends on the order of segments and on the size", () => {
  const backend = BACKEND_CASES[0]!.backend!;
  const digests = countingBytes(2 * STRONG_BYTES);
  const swapped = new Uint8Array([...digests.subarray(32), ...digests.subarray(0, 32)]);
  const size = 2 * SEGMENT_BYTES;
  const digest = toHex(sessionDigest(backend, size, digests));
  assertNotEquals(toHex(sessionDigest(backend, size, swapped)), digest);
  assertNotEquals(toHex(sessionDigest(backend, size - 1, digests)), digest);
});

Deno.test("segments are counted exactly up to the largest safe integer", () => {
  assertEquals(segmentCount(0), 0);
  assertEquals(segmentCount(1), 1);
  assertEquals(segmentCount(SEGMENT_BYTES), 1);
  assertEquals(segmentCount(SEGMENT_BYTES + 1), 2);
  assertEquals(segmentCount(5 * 2 ** 40), 5 * 2 ** 20);
  assertEquals(segmentCount(5 * 2 ** 40 + 1), 5 * 2 ** 20 + 1);
  assertEquals(segmentCount(Number.MAX_SAFE_INTEGER), 2 ** 33);
  for (const size of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => segmentCount(size), ParasyncError, "Cannot count segments");
  }
});

Deno.test("the session digest refuses another number of segment digests", () => {
  const backend = BACKEND_CASES[0]!.backend!;
  for (
    const [size, bytes] of [[0, 32], [1, 0], [1, 31], [1, 64], [SEGMENT_BYTES + 1, 32]] as const
  ) {
    assertThrows(
      () => sessionDigest(backend, size, new Uint8Array(bytes)),
      ParasyncError,
      `Cannot compute the session digest of ${size} bytes`,
    );
  }
});

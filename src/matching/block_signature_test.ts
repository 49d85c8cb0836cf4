// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { createRollKernel, type RollKernel } from "../chunking/kernel/roll_kernel.ts";
import { ParasyncError } from "../errors.ts";
import { openPinned, type PinnedFile } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { openSuite } from "../hashing/suite.ts";
import { isRolled, signBlocks } from "./block_signature.ts";

const MIB = 1 << 20;
const checksums = await openSuite({ weak: "crc32", strong: "sha256" }, "0");

function kernelFor(kind: "rollsum" | "rabinkarp", capacity: number): RollKernel {
  return createRollKernel({ kind, block: 64, weaks: new Uint32Array(0), capacity });
}

function sha256(bytes: Uint8Array): number[] {
  return [...createHash("sha256").update(bytes).digest()];
}

/** librsync's Rabin-Karp hash by its definition. */
function rabinkarpOf(bytes: Uint8Array): number {
  let hash = 1;
  for (const byte of bytes) hash = (Math.imul(hash, 0x08104225) + byte) >>> 0;
  return hash;
}

/** Signs a file in batches and compares each block with what it should be. */
function assertSigned(file: PinnedFile, bytes: Uint8Array, block: number, batch: number): void {
  const kernel = kernelFor("rabinkarp", 2 * MIB);
  for (const rolled of [false, true]) {
    for (let first = 0; first * block < bytes.length; first += batch) {
      const count = Math.min(batch, Math.ceil(bytes.length / block) - first);
      const { weaks, strong } = signBlocks(kernel, rolled, checksums, file, block, first, count);
      assertEquals([weaks.length, strong.length], [count, 32 * count]);
      for (let i = 0; i < count; i++) {
        const content = bytes.subarray((first + i) * block, (first + i + 1) * block);
        const about = `block ${first + i} of ${block} bytes`;
        assertEquals(weaks[i], rolled ? rabinkarpOf(content) : crc32(content), about);
        assertEquals([...strong.subarray(32 * i, 32 * i + 32)], sha256(content), about);
      }
    }
  }
}

Deno.test("each block has the checksums of its bytes, the short last one too", () => {
  using folder = new TestFolder();
  const next = numbers(81);
  for (const block of [64, 100, 8192]) {
    for (const size of [1, block - 1, block, block + 1, 5 * block, 5 * block + 7]) {
      const bytes = randomBytes(next, size);
      using file = openPinned(folder.write("file", bytes));
      for (const batch of [1, 2, 100]) assertSigned(file, bytes, block, batch);
    }
  }
});

Deno.test("the longest blocks are signed one at a time", () => {
  using folder = new TestFolder();
  const bytes = randomBytes(numbers(82), 2 * MIB + 5);
  using file = openPinned(folder.write("file", bytes));
  assertSigned(file, bytes, MIB, 1);
});

Deno.test("blocks that there is no room for, or that are not there, are refused", () => {
  using folder = new TestFolder();
  using file = openPinned(folder.write("file", new Uint8Array(1000)));
  const kernel = kernelFor("rollsum", 500);
  for (const [first, count] of [[0, 6], [10, 1], [9, 2], [0, 0], [100, 1]] as const) {
    const error = assertThrows(
      () => signBlocks(kernel, true, checksums, file, 100, first, count),
      ParasyncError,
      "out of range",
    );
    assertEquals(error.code, "internal");
  }
  assertEquals(signBlocks(kernel, true, checksums, file, 100, 5, 5).weaks.length, 5);
});

Deno.test("rollsum and Rabin-Karp hash are rolled, CRCs are a backend's", () => {
  const names = ["rollsum", "rabinkarp", "crc32", "crc32c"] as const;
  assertEquals(names.map(isRolled), [true, true, false, false]);
});

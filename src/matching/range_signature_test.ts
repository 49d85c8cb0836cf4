// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { crc32 } from "node:zlib";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { createRollKernel } from "../chunking/kernel/roll_kernel.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { testEachBackend } from "../hashing/test_backends.ts";
import { signRanges } from "./range_signature.ts";

/** librsync's Rabin-Karp hash by its definition. */
function rabinkarpOf(bytes: Uint8Array): number {
  let hash = 1;
  for (const byte of bytes) hash = (Math.imul(hash, 0x08104225) + byte) >>> 0;
  return hash;
}

testEachBackend("blocks in ranges have their hash and the lowest bytes of their CRC", (backend) => {
  using folder = new TestFolder();
  const bytes = randomBytes(numbers(811), 40_000);
  using file = openPinned(folder.write("file", bytes));
  const kernel = createRollKernel({
    kind: "rabinkarp",
    block: 1,
    weaks: new Uint32Array(0),
    capacity: 1 << 16,
  });
  for (const block of [64, 100, 512, 4096]) {
    // Out of order, one of them twice, the last up to the end of the file.
    const begins = [4097, 3, 3, bytes.length - 3 * block];
    const lengths = [2 * block, 5 * block, block, 3 * block];
    const places = begins.flatMap((begin, i) =>
      Array.from({ length: lengths[i]! / block }, (_, j) => begin + j * block)
    );
    for (const kept of [0, 1, 2, 3, 4]) {
      const pieces = { begins: Float64Array.from(begins), lengths: Uint32Array.from(lengths) };
      const { weaks, strong } = signRanges(kernel, backend, file, block, pieces, kept);
      assertEquals([weaks.length, strong.length], [places.length, places.length * kept]);
      places.forEach((place, i) => {
        const content = bytes.subarray(place, place + block);
        assertEquals(weaks[i], rabinkarpOf(content), `block at ${place}`);
        const crc = new Uint8Array(4);
        new DataView(crc.buffer).setUint32(0, crc32(content), true);
        const check = [...strong.subarray(i * kept, (i + 1) * kept)];
        assertEquals(check, [...crc.subarray(0, kept)], `${kept} bytes at ${place}`);
      });
    }
  }
});

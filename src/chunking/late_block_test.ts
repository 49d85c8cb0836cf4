/** Blocks that were only hashed and are cut later: the chunks lie one behind the other, and are rule K's. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { crc32 } from "node:zlib";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { openBackend } from "../hashing/select.ts";
import { type BlockChunks, scanNextBlock } from "./block_scanner.ts";
import { createScanKernel } from "./kernel/scan_kernel.ts";
import { cutLateBlock, leadBytes } from "./late_block.ts";
import { BLOCK_BYTES, type ChunkParameters } from "./parameters.ts";
import { ScanChain } from "./scan_chain.ts";

const KERNEL = createScanKernel(2 * BLOCK_BYTES);
const SIZES: readonly ChunkParameters[] = [
  { min: 64, avg: 128, max: 256 },
  { min: 2048, avg: 8192, max: 65_536 },
  { min: 1 << 18, avg: 1 << 19, max: 1 << 20 },
];

/** Five blocks, the last one short, with a stretch of zeros over an edge. */
function fileBytes(): Uint8Array<ArrayBuffer> {
  const bytes = randomBytes(numbers(8), 4 * BLOCK_BYTES + 12_345);
  bytes.fill(0, 2 * BLOCK_BYTES - 300_000, 2 * BLOCK_BYTES + 200_000);
  return bytes;
}

const FILE = fileBytes();

function endsOf(start: number, { lengths }: Pick<BlockChunks, "lengths">): number[] {
  let end = start;
  return Array.from(lengths, (length) => end += length);
}

Deno.test("a late block is cut where the whole file would be, from a little before it or from a chunk's start", async () => {
  using folder = new TestFolder();
  using file = openPinned(folder.write("file", FILE));
  const { backend } = await openBackend("0");
  for (const parameters of SIZES) {
    const chain = new ScanChain();
    chain.publish(-1, 0);
    const whole: number[] = [];
    for (let at = 0;;) {
      const chunks = scanNextBlock(KERNEL, backend, file, parameters, chain, false);
      if (chunks === null) break;
      whole.push(...endsOf(at, chunks));
      at = whole.at(-1)!;
    }
    for (let block = 0; block < 5; block++) {
      const begin = block * BLOCK_BYTES;
      const lead = Math.max(0, begin - leadBytes(parameters));
      const firstEnd = [0, ...whole].find((end) => end >= begin)!;
      for (const from of [lead, firstEnd]) {
        for (const closed of [false, true]) {
          const found = cutLateBlock(KERNEL, backend, file, parameters, { block, closed, from });
          const about = `${parameters.avg}, block ${block}, from ${from}, ${closed}`;
          assertEquals(found.start, from, about);
          const end = Math.min(FILE.length, begin + BLOCK_BYTES);
          const ends = endsOf(from, found);
          if (from >= end) assertEquals(ends, [], about);
          else if (closed) assertEquals(ends.at(-1), end, about);
          else assert(ends.at(-1)! >= end && ends.at(-1)! <= end + parameters.max, about);
          // Where there is room for a lead, and no zeros in it that are cut by the longest chunk from wherever one begins.
          if (from === firstEnd || parameters.max < 1 << 20 && block !== 2) {
            const inner = (all: readonly number[]): number[] =>
              all.filter((one) => one > Math.max(from, begin) && one < end);
            assertEquals(inner(ends), inner(whole), about);
          }
          let at = from;
          ends.forEach((to, i) => {
            assertEquals(found.weaks[i], crc32(FILE.subarray(at, to)), about);
            assert(to - at <= parameters.max, about);
            at = to;
          });
        }
      }
    }
  }
});

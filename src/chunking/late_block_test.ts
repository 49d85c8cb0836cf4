/** Blocks that were only hashed and are cut later: the chunks lie one behind the other, and are rule K's. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { crc32 } from "node:zlib";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { openBackend } from "../hashing/select.ts";
import { type BlockChunks, cutLateBlock, leadBytes, scanNextBlock } from "./block_scanner.ts";
import { createScanKernel } from "./kernel/scan_kernel.ts";
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
    const cuts = new Set([0, ...whole]);
    for (let block = 0; block < 5; block++) {
      const begin = block * BLOCK_BYTES;
      const lead = Math.max(0, begin - leadBytes(parameters));
      const firstEnd = [0, ...whole].find((end) => end >= begin)!;
      const orders = [
        { from: lead, seeks: lead > 0 },
        { from: firstEnd, seeks: false },
      ];
      for (const order of orders) {
        for (const closed of [false, true]) {
          const found = cutLateBlock(KERNEL, backend, file, parameters, {
            block,
            closed,
            ...order,
          });
          const about = `${parameters.avg}, block ${block}, ${JSON.stringify(order)}, ${closed}`;
          const start = found.start!;
          const end = Math.min(FILE.length, begin + BLOCK_BYTES);
          const ends = endsOf(start, found);
          assert(
            start >= order.from && (order.seeks ? start <= begin : start === order.from),
            about,
          );
          // Where there is room to find them, and no zeros that are cut by the longest chunk from wherever one begins.
          if (parameters.max < 1 << 20 && block !== 2) assert(cuts.has(start), about);
          if (start < end) {
            if (closed) assertEquals(ends.at(-1), end, about);
            else assert(ends.at(-1)! >= end && ends.at(-1)! <= end + parameters.max, about);
            if (cuts.has(start)) {
              const inner = ends.filter((one) => one < end);
              assertEquals(inner, whole.filter((one) => one > start && one < end), about);
            }
          } else assertEquals(ends, [], about);
          let from = start;
          ends.forEach((to, i) => {
            assertEquals(found.weaks[i], crc32(FILE.subarray(from, to)), about);
            assert(to - from <= parameters.max, about);
            from = to;
          });
        }
      }
    }
  }
});

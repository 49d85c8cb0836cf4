import { BLOCK_WORDS } from "./bitmap_blocks.ts";
import { type BlockChunks, blockCount } from "./block_scanner.ts";
import { BLOCK_BYTES } from "./parameters.ts";

/**
 * Blocks that are marked before their cuts are selected. The original marks the whole file, which takes an
 * eighth of its size in memory; here it is done by this many MiB at a time, which takes 32 MiB at most.
 */
const ROUND_BLOCKS = 256;

/** A part of the file's bitmap, shared by all lanes. */
export interface Bitmap {
  /** Its words. */
  readonly words: SharedArrayBuffer;
  /** The block whose marks come first. */
  readonly first: number;
}

/** The lanes that mark and select. */
export interface BitmapLanes {
  /** How many blocks to mark at once. */
  readonly depth: number;
  /** Stage 1 of a block; gives its segment's digest, where that is wanted. */
  mark(
    block: number,
    bitmap: Bitmap,
    withSegment: boolean,
  ): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Stage 2 of a block, from where its first chunk starts. */
  select(block: number, bitmap: Bitmap, start: number): Promise<BlockChunks>;
}

/** How a file is chunked by bitmap. */
export interface BitmapOptions {
  /** Whether to compute the session digest's segments as well. */
  readonly withSegments: boolean;
  /** Stops the work. */
  readonly signal: AbortSignal;
  /** Times the stages `mark` and `select`. */
  timed(stage: "mark" | "select", work: () => Promise<void>): Promise<void>;
}

/**
 * Chunks a file in two stages: all lanes mark candidates, and when they are done one selects cuts and computes
 * weak checksums (pdsync; ParaSync, FAST'26, §2.3). The cuts are rule K's.
 *
 * @param size The file's size in bytes.
 * @param lanes Who works.
 * @param onBlock Called for every block in the order of the file.
 * @param options How.
 */
export async function chunkByBitmap(
  size: number,
  lanes: BitmapLanes,
  onBlock: (chunks: BlockChunks) => void,
  { withSegments, signal, timed }: BitmapOptions,
): Promise<void> {
  const blocks = blockCount(size);
  // A chunk that starts in a round's last block may end in the block behind it.
  const held = Math.min(blocks, ROUND_BLOCKS + 1);
  const words = new SharedArrayBuffer(4 * BLOCK_WORDS * held);
  let start = 0;
  for (let first = 0; first < blocks; first += ROUND_BLOCKS) {
    const end = Math.min(blocks, first + ROUND_BLOCKS);
    const bitmap = { words, first };
    const segments: (Uint8Array<ArrayBuffer> | null)[] = [];
    await timed("mark", async () => {
      let next = first;
      const marked = Math.min(blocks, end + 1);
      const work = async (): Promise<void> => {
        while (next < marked) {
          signal.throwIfAborted();
          const block = next++;
          // The block behind the round is marked again in its own.
          const segment = await lanes.mark(block, bitmap, withSegments && block < end);
          segments[block - first] = segment;
        }
      };
      await settled(Array.from({ length: lanes.depth }, work));
    });
    await timed("select", async () => {
      for (let block = first; block < end; block++) {
        signal.throwIfAborted();
        const begin = block * BLOCK_BYTES;
        const chunks = await lanes.select(block, bitmap, start - begin);
        for (const length of chunks.lengths) start += length;
        onBlock({ ...chunks, segment: segments[block - first] ?? null });
      }
    });
  }
}

/** Waits for all, so that nothing is still at work when the first failure is told. */
async function settled(work: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

/**
 * The two stages of chunking by bitmap (SS-CDC; ParaSync, FAST'26, §2.3), a block at a time: candidates of rule K
 * are marked in one bitmap, side by side; cuts are then selected from it one block after the other.
 */
import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import { type HashBackend, STRONG_BYTES } from "../hashing/backend.ts";
import type { BlockChunks } from "./block_scanner.ts";
import type { ScanKernel } from "./kernel/scan_kernel.ts";
import { BLOCK_BYTES, type ChunkParameters } from "./parameters.ts";
import { candidateBits } from "./rule_k.ts";

/** 32-bit words of bitmap for a block; blocks share no word, so that lanes need not take turns. */
export const BLOCK_WORDS = BLOCK_BYTES / 32;

/** Bytes before a block that the fingerprint of its first positions depends on. */
const CONTEXT_BYTES = 64;

/** A block and where its marks are. */
export interface BitmapBlock {
  /** Which block of the file. */
  readonly block: number;
  /** The marks of this block and behind them those of the next one, a bit a position. */
  readonly marks: Uint32Array;
}

/**
 * Stage 1: marks the candidates of a block.
 *
 * @param kernel The lane's kernel.
 * @param backend Who computes the segment's digest.
 * @param source The file.
 * @param parameters Rule K's sizes.
 * @param where The block; its own marks are written.
 * @param withSegment Whether to hash the block for the session digest as well.
 * @returns BLAKE3 of the block, where it was asked for.
 */
export function markBlock(
  kernel: ScanKernel,
  backend: HashBackend,
  source: OpenFile,
  parameters: ChunkParameters,
  { block, marks }: BitmapBlock,
  withSegment: boolean,
): Uint8Array<ArrayBuffer> | null {
  const begin = block * BLOCK_BYTES;
  const length = Math.min(BLOCK_BYTES, source.size - begin);
  const context = Math.min(CONTEXT_BYTES, begin);
  const { memory, dataOffset } = kernel;
  readFully(
    source.fd,
    memory,
    dataOffset - context,
    context + length,
    begin - context,
    source.name,
  );
  kernel.mark(0, length, candidateBits(parameters.avg));
  marks.set(kernel.bitmap.subarray(0, Math.ceil(length / 32)));
  if (!withSegment) return null;
  const segment = new Uint8Array(STRONG_BYTES);
  backend.strong(memory, dataOffset, dataOffset + length, segment, 0);
  return segment;
}

/**
 * Stage 2: selects a block's cuts from the marks and computes the chunks' weak checksums.
 *
 * @param kernel The lane's kernel.
 * @param weak Who computes the checksums.
 * @param source The file.
 * @param parameters Rule K's sizes.
 * @param where The block and its marks.
 * @param start Where the first chunk starts, relative to the block.
 * @returns The block's chunks.
 */
export function selectBlock(
  kernel: ScanKernel,
  weak: HashBackend["weak"],
  source: OpenFile,
  { min, max }: ChunkParameters,
  { block, marks }: BitmapBlock,
  start: number,
): BlockChunks {
  const begin = block * BLOCK_BYTES;
  const length = Math.min(BLOCK_BYTES, source.size - begin);
  const available = Math.min(BLOCK_BYTES + max, source.size - begin);
  kernel.bitmap.set(marks.subarray(0, Math.ceil(available / 32)));
  const count = kernel.select(start, length, available, min, max);
  // The ends are read before anything else is done with the kernel's memory.
  const ends = kernel.ends.slice(0, count);
  const { memory, dataOffset } = kernel;
  readFully(source.fd, memory, dataOffset, available, begin, source.name);
  const lengths = new Uint32Array(count);
  const weaks = new Uint32Array(count);
  const zeros: number[] = [];
  let from = start;
  for (let i = 0; i < count; i++) {
    const to = ends[i]!;
    lengths[i] = to - from;
    weaks[i] = weak(memory, dataOffset + from, dataOffset + to);
    if (to - from === max && kernel.isZero(from, to)) zeros.push(i);
    from = to;
  }
  return { block, lengths, weaks, zeros, segment: null };
}

import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import type { HashBackend } from "../hashing/backend.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import type { ScanKernel } from "./kernel/scan_kernel.ts";
import { BLOCK_BYTES, type ChunkParameters } from "./parameters.ts";
import { candidateBits, FINGERPRINT_WINDOW } from "./rule_k.ts";
import type { ScanChain } from "./scan_chain.ts";

/**
 * So few lanes are faster one after the other in cutting, which skips what no cut can come from, than side by
 * side in marking, which does not: cutting is less than half of a block's work.
 */
const FEW_LANES = 2;

/** The chunks that start in one block. */
export interface BlockChunks {
  /** Which block of the file. */
  readonly block: number;
  /** Lengths in bytes, in order. */
  readonly lengths: Uint32Array<ArrayBuffer>;
  /** Weak checksums, in order. */
  readonly weaks: Uint32Array<ArrayBuffer>;
  /** Which of them, by their place here, are chunks of the greatest length that hold nothing but zeros. */
  readonly zeros: readonly number[];
  /** BLAKE3 of the block's bytes (a segment of the session digest), where it was asked for. */
  readonly segment: Uint8Array<ArrayBuffer> | null;
}

/**
 * Scans the chain's next block: reads it into the kernel's memory, marks candidates there, selects the cuts
 * as soon as the block before is done, and computes weak checksums where the bytes lie.
 *
 * Everything but the selection (microseconds per block) runs side by side with the other lanes, and every
 * byte is read once; the cuts are rule K's for any number of lanes (compare ParaSync, FAST'26, §3.1, which
 * combines sub-chunks serially).
 *
 * @param kernel The lane's scan kernel; it has room for a block and a maximal chunk.
 * @param backend Who computes the checksums.
 * @param source The file.
 * @param parameters Rule K's sizes.
 * @param chain The order of the blocks.
 * @param lanes How many lanes share the chain.
 * @param withSegment Whether to hash the block for the session digest as well.
 * @returns The block's chunks; null where no block was left.
 */
export function scanNextBlock(
  kernel: ScanKernel,
  backend: HashBackend,
  source: OpenFile,
  parameters: ChunkParameters,
  chain: ScanChain,
  lanes: number,
  withSegment: boolean,
): BlockChunks | null {
  const block = chain.take();
  const begin = block * BLOCK_BYTES;
  if (begin >= source.size) return null;
  const length = Math.min(BLOCK_BYTES, source.size - begin);
  const available = Math.min(BLOCK_BYTES + parameters.max, source.size - begin);
  const context = Math.min(FINGERPRINT_WINDOW, begin);
  const { memory, dataOffset } = kernel;
  const at = dataOffset - context;
  readFully(source.fd, memory, at, context + available, begin - context, source.name);

  const bits = candidateBits(parameters.avg);
  const { min, max } = parameters;
  let start = chain.startOf(block) - begin;
  let count = 0;
  if (start >= 0 || lanes <= FEW_LANES) {
    // From a known start, bytes that no cut can come from need not be scanned.
    start = chain.waitForStart(block) - begin;
    if (start < length) count = kernel.cut(start, length, available, bits, min, max);
  } else {
    kernel.mark(0, available, bits);
    start = chain.waitForStart(block) - begin;
    if (start < length) count = kernel.select(start, length, available, min, max);
  }
  chain.publish(block, begin + (count > 0 ? kernel.ends[count - 1]! : start));

  const lengths = new Uint32Array(count);
  const weaks = new Uint32Array(count);
  const zeros: number[] = [];
  let from = start;
  for (let i = 0; i < count; i++) {
    const to = kernel.ends[i]!;
    lengths[i] = to - from;
    weaks[i] = backend.weak(memory, dataOffset + from, dataOffset + to);
    if (to - from === max && kernel.isZero(from, to)) zeros.push(i);
    from = to;
  }
  let segment: Uint8Array<ArrayBuffer> | null = null;
  if (withSegment) {
    segment = new Uint8Array(STRONG_BYTES);
    backend.strong(memory, dataOffset, dataOffset + length, segment, 0);
  }
  return { block, lengths, weaks, zeros, segment };
}

/** How many blocks a file of `size` bytes has. */
export function blockCount(size: number): number {
  return Math.ceil(size / BLOCK_BYTES);
}

import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import type { HashBackend } from "../hashing/backend.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { BlockCutter } from "./block_cutter.ts";
import { type DerivedWeaks, WeakDeriver, windowEnd } from "./derived_weak.ts";
import type { ScanKernel } from "./kernel/scan_kernel.ts";
import { BLOCK_BYTES, type ChunkParameters } from "./parameters.ts";
import type { ScanChain } from "./scan_chain.ts";

/** The chunks that start in one block; none where it was only hashed. */
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
  /** Whether it was only hashed. */
  readonly uncut?: boolean;
  /** Where the first of the chunks begins, in bytes of the file, where that is not at the end of the block's before. */
  readonly start?: number;
  /** How many bytes went through the weak checksum, where it was derived; else all of the chunks' did. */
  readonly weakBytes?: number | undefined;
}

/**
 * Scans the chain's next block: reads it into the kernel's memory, cuts it there, with its true start as soon
 * as the block before is done, and computes weak checksums where the bytes lie.
 *
 * Everything but a few microseconds per block runs side by side with the other lanes, and every
 * byte is read once; the cuts are rule K's for any number of lanes (compare ParaSync, FAST'26, §3.1, which
 * combines sub-chunks serially).
 *
 * Where the file's stored checksums are known, weak checksums are derived from them and only the bytes around
 * the cuts go through the CRC (SkySync, FAST'26, §3.2.1); the values are the same.
 *
 * @param kernel The lane's scan kernel; it has room for a block and a maximal chunk.
 * @param backend Who computes the checksums.
 * @param source The file.
 * @param parameters Rule K's sizes.
 * @param chain The order of the blocks.
 * @param withSegment Whether to hash the block for the session digest as well.
 * @param derived What to derive weak checksums from, instead of computing them.
 * @returns The block's chunks; null where no block was left.
 */
export function scanNextBlock(
  kernel: ScanKernel,
  backend: HashBackend,
  source: OpenFile,
  parameters: ChunkParameters,
  chain: ScanChain,
  withSegment: boolean,
  derived?: DerivedWeaks,
): BlockChunks | null {
  const { block, hashedAlone } = chain.take();
  const begin = block * BLOCK_BYTES;
  if (begin >= source.size) return null;
  const length = Math.min(BLOCK_BYTES, source.size - begin);
  if (hashedAlone) {
    readFully(source.fd, kernel.memory, kernel.dataOffset, length, begin, source.name);
    chain.waitForStart(block);
    chain.publish(block, begin + length);
    const segment = withSegment ? hashed(kernel, backend, length) : null;
    return { block, ...noChunks(), segment, uncut: true };
  }
  const available = Math.min(BLOCK_BYTES + parameters.max, source.size - begin);
  const { memory, dataOffset } = kernel;
  const reach = derived === undefined
    ? available
    : Math.min(windowEnd(derived.block, available), source.size - begin);
  // No cut lies within a minimal chunk's length of the block's begin, so none depends on bytes before it.
  readFully(source.fd, memory, dataOffset, reach, begin, source.name);

  const cutter = new BlockCutter(kernel, length, available, parameters);
  const known = chain.startOf(block);
  const guessed = known < 0 ? cutter.from(0) : undefined;
  const start = chain.waitForStart(block) - begin;
  const ends = guessed === undefined ? cutter.from(start) : cutter.fromWith(start, guessed);
  const count = ends.length;
  chain.publish(block, begin + (count > 0 ? ends[count - 1]! : start));

  const weak = derived === undefined ? backend.weak : null;
  const { lengths, weaks, zeros } = chunksAt(kernel, weak, parameters, start, ends);
  let weakBytes: number | undefined;
  if (derived !== undefined) {
    const crc = (bytes: Uint8Array, at: number, end: number) => backend.weak(bytes, at, end);
    const deriver = new WeakDeriver(derived, source.size, crc);
    deriver.derive({ memory, at: dataOffset, begin, length: reach }, start, ends, weaks);
    weakBytes = deriver.bytesRead;
  }
  const segment = withSegment ? hashed(kernel, backend, length) : null;
  return { block, lengths, weaks, zeros, segment, weakBytes };
}

/** Columns of no chunks. */
export function noChunks(): Pick<BlockChunks, "lengths" | "weaks" | "zeros"> {
  return { lengths: new Uint32Array(0), weaks: new Uint32Array(0), zeros: [] };
}

/**
 * The columns of chunks in a kernel's memory.
 *
 * @param kernel The kernel.
 * @param weak Who computes weak checksums; null: they stay zero.
 * @param parameters Rule K's sizes.
 * @param start Where the first chunk begins there.
 * @param ends Where chunks end there, in order.
 */
export function chunksAt(
  kernel: ScanKernel,
  weak: HashBackend["weak"] | null,
  parameters: ChunkParameters,
  start: number,
  ends: Uint32Array,
): Pick<BlockChunks, "lengths" | "weaks" | "zeros"> {
  const { memory, dataOffset } = kernel;
  const lengths = new Uint32Array(ends.length);
  const weaks = new Uint32Array(ends.length);
  const zeros: number[] = [];
  let from = start;
  for (let i = 0; i < ends.length; i++) {
    const to = ends[i]!;
    lengths[i] = to - from;
    if (weak !== null) weaks[i] = weak(memory, dataOffset + from, dataOffset + to);
    if (to - from === parameters.max && kernel.isZero(from, to)) zeros.push(i);
    from = to;
  }
  return { lengths, weaks, zeros };
}

/** The digest of the first bytes in a kernel's memory. */
function hashed(
  { memory, dataOffset }: ScanKernel,
  backend: HashBackend,
  length: number,
): Uint8Array<ArrayBuffer> {
  const segment = new Uint8Array(STRONG_BYTES);
  backend.strong(memory, dataOffset, dataOffset + length, segment, 0);
  return segment;
}

/** How many blocks a file of `size` bytes has. */
export function blockCount(size: number): number {
  return Math.ceil(size / BLOCK_BYTES);
}

import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import type { HashBackend } from "../hashing/backend.ts";
import { BlockCutter } from "./block_cutter.ts";
import { type BlockChunks, chunksAt, noChunks } from "./block_scanner.ts";
import type { ScanKernel } from "./kernel/scan_kernel.ts";
import { BLOCK_BYTES, type ChunkParameters } from "./parameters.ts";

/** A block that was only hashed and is to be cut after all. */
export interface LateBlock {
  /** Which block. */
  readonly block: number;
  /**
   * Where its first chunk begins, in bytes of the file: where the chunk before ends, or up to {@linkcode leadBytes} before
   * the block. Cuts are rule K's a few chunks behind wherever one begins.
   */
  readonly from: number;
  /** Whether the last chunk ends where the block does, because the next one's first chunk begins there. */
  readonly closed: boolean;
}

/** How far before a block one may begin to cut it: far enough to find the chunks' ends, and no further than there is room. */
export function leadBytes({ max }: ChunkParameters): number {
  return Math.min(4 * max, BLOCK_BYTES - max);
}

/**
 * Cuts a block that had only been hashed.
 *
 * @param kernel The lane's scan kernel.
 * @param backend Who computes the checksums.
 * @param source The file.
 * @param parameters Rule K's sizes.
 * @param order Which block, and how.
 * @returns Its chunks, and those of the lead.
 */
export function cutLateBlock(
  kernel: ScanKernel,
  backend: HashBackend,
  source: OpenFile,
  parameters: ChunkParameters,
  { block, from, closed }: LateBlock,
): BlockChunks {
  const end = Math.min(source.size, (block + 1) * BLOCK_BYTES);
  if (from >= end) return { block, ...noChunks(), segment: null, start: from };
  const available = (closed ? end : Math.min(source.size, end + parameters.max)) - from;
  readFully(source.fd, kernel.memory, kernel.dataOffset, available, from, source.name);
  const ends = new BlockCutter(kernel, end - from, available, parameters).from(0);
  const columns = chunksAt(kernel, backend.weak, parameters, 0, ends);
  return { block, ...columns, segment: null, start: from };
}

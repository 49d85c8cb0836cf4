import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import { readTogether } from "../files/read_together.ts";
import type { HashBackend } from "../hashing/backend.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import type { BlockLookup } from "./block_lookup.ts";
import { CHECK_BYTES } from "./range_signature.ts";
import type { RangePieces } from "./ranges.ts";

/** As in a search of a whole file: what a miss costs beside its window, and what all of them may cost a piece. */
const MISS_BYTES = 4096;
const MISSED_BYTES = 16 * SEGMENT_BYTES;

/** Blocks that were found, in the order of the new file. */
export interface FoundBlocks {
  /** Where in the new file. */
  readonly targets: Float64Array<ArrayBuffer>;
  /** Which block of the table. */
  readonly blocks: Uint32Array<ArrayBuffer>;
  /** CRC-32 of what was found there: the table may have but a part of it. */
  readonly checks: Uint32Array<ArrayBuffer>;
}

/**
 * Searches ranges of the new file from the left for blocks of the basis. Where the block before is followed by
 * one that fits, that one is taken, so that what lies together stays together; else the first one that fits.
 *
 * @param lookup The blocks; its kernel has room for each range.
 * @param backend Who computes CRC-32.
 * @param source The new file.
 * @param pieces The ranges, in order.
 * @returns What was found.
 */
export function searchGaps(
  lookup: BlockLookup,
  backend: HashBackend,
  source: OpenFile,
  { begins, lengths }: RangePieces,
): FoundBlocks {
  const { kernel, table: { block, weaks } } = lookup;
  const { memory, dataOffset } = kernel;
  const found = new FoundColumns();
  const check = new DataView(new ArrayBuffer(CHECK_BYTES));
  const bytes = new Uint8Array(check.buffer);
  const hash = (at: number): void =>
    check.setUint32(0, backend.weak(memory, dataOffset + at, dataOffset + at + block), true);
  const most = MISSED_BYTES / (block + MISS_BYTES);
  /** Searches what lies at `begin` in the kernel, and at `target` in the file. */
  const search = (begin: number, length: number, target: number): void => {
    const limit = begin + length - block + 1;
    let misses = 0;
    let following = weaks.length;
    for (let at = begin; at < limit;) {
      let index = -1;
      if (following < weaks.length && kernel.weak(at, at + block) === weaks[following]) {
        hash(at);
        if (lookup.hasStrong(following, bytes)) index = following;
      }
      if (index < 0) {
        at = misses > most ? -1 : kernel.search(at, limit, backend.weak);
        if (at < 0) break;
        hash(at);
        index = lookup.find(bytes);
      }
      if (index < 0) {
        misses++;
        at++;
        following = weaks.length;
        continue;
      }
      found.add(target + at - begin, index, check.getUint32(0, true));
      at += block;
      following = index + 1;
    }
  };
  for (let first = 0; first < begins.length;) {
    const last = readTogether(begins, lengths, first, begins.length, kernel.capacity);
    const from = begins[first]!;
    const span = begins[last - 1]! + lengths[last - 1]! - from;
    readFully(source.fd, memory, dataOffset, span, from, source.name);
    for (; first < last; first++) search(begins[first]! - from, lengths[first]!, begins[first]!);
  }
  return found.columns();
}

/** Blocks as they are found. */
class FoundColumns {
  readonly #targets: number[] = [];
  readonly #blocks: number[] = [];
  readonly #checks: number[] = [];

  add(target: number, block: number, check: number): void {
    this.#targets.push(target);
    this.#blocks.push(block);
    this.#checks.push(check);
  }

  columns(): FoundBlocks {
    return {
      targets: Float64Array.from(this.#targets),
      blocks: Uint32Array.from(this.#blocks),
      checks: Uint32Array.from(this.#checks),
    };
  }
}

import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import { type HashBackend, STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import type { BlockLookup } from "./block_lookup.ts";
import { type BlockTable, wholeBlocks } from "./block_table.ts";
import { matchOpenEnd } from "./open_end.ts";

/**
 * How much may be hashed in a segment for windows that turn out not to be blocks, in bytes. By chance there is
 * hardly one; a server that makes them at every place has literals for it, not work of a block for each byte.
 */
const MISSED_BYTES = 16 * SEGMENT_BYTES;

/** What a miss costs beside its window, in bytes that could be hashed meanwhile. */
const MISS_BYTES = 4096;

/** What a segment of the new file has of the basis, in columns, in the file's order. */
export interface SegmentMatches {
  /** Where matches begin in the new file; those that continue each other in both files are one. */
  readonly targets: Float64Array<ArrayBuffer>;
  /** Where they are in the basis. */
  readonly places: Float64Array<ArrayBuffer>;
  /** How long they are. */
  readonly lengths: Float64Array<ArrayBuffer>;
  /** Where the next segment's search goes on; what lies before it and is in no match is literal. */
  readonly next: number;
  /** Windows whose weak checksum agreed and whose strong one did not. */
  readonly misses: number;
  /** BLAKE3 of the segment, where it was asked for. */
  readonly segment: Uint8Array<ArrayBuffer> | null;
}

/** What one segment is searched with. */
export interface SegmentSearch {
  /** The basis's blocks; its kernel has room for a segment and a block. */
  readonly lookup: BlockLookup;
  /** Computes the table's strong checksum, and CRC-32 where that is what rolls. */
  readonly checksums: HashBackend;
  /** Computes the segment's digest; undefined where it is not wanted. */
  readonly digest: HashBackend | undefined;
}

/**
 * Searches one segment of the new file from the left (librsync's search; rsync, Tridgell 1996): where a window's
 * weak checksum is a block's, its strong checksum decides; on a match the window moves on by a block, else by
 * a byte. The basis's short last block can match only the end of the new file; where its length is not known
 * (`openEnd`) every end is tried, the longest one first.
 *
 * @param search What to search with.
 * @param source The new file.
 * @param segment Which segment.
 * @param from Where the search has come to, in bytes of the file; may lie behind the segment.
 * @returns What was found.
 */
export function searchSegment(
  { lookup, checksums, digest }: SegmentSearch,
  source: OpenFile,
  segment: number,
  from: number,
): SegmentMatches {
  const { kernel, table } = lookup;
  const { memory, dataOffset } = kernel;
  const { block } = table;
  const begin = segment * SEGMENT_BYTES;
  const end = Math.min(begin + SEGMENT_BYTES, source.size);
  const searching = from < end;
  const reach = searching ? Math.min(end + block - 1, source.size) : end;
  if (searching || digest !== undefined) {
    readFully(source.fd, memory, dataOffset, reach - begin, begin, source.name);
  }
  const matches = new MatchColumns();
  const strong = new Uint8Array(STRONG_BYTES);
  const most = MISSED_BYTES / (block + MISS_BYTES);
  let at = Math.max(from, begin) - begin;
  let misses = 0;
  if (searching) {
    // One past the last position that is this segment's and has a whole window.
    const limit = Math.min(end, source.size - block + 1) - begin;
    const whole = wholeBlocks(table);
    while (at < limit) {
      const found = whole === 0 || misses > most ? -1 : kernel.search(at, limit, checksums.weak);
      if (found < 0) {
        at = limit;
        break;
      }
      checksums.strong(memory, dataOffset + found, dataOffset + found + block, strong, 0);
      const index = lookup.find(strong);
      if (index < 0) {
        misses++;
        at = found + 1;
        continue;
      }
      matches.add(begin + found, index * block, block);
      at = found + block;
    }
    if (source.size - block < end) {
      const tail = matchTail(lookup, checksums, source.size - begin, at);
      if (tail > 0) matches.add(source.size - tail, lastPlace(table), tail);
      at = source.size - begin;
    }
  }
  let hashed: Uint8Array<ArrayBuffer> | null = null;
  if (digest !== undefined) {
    hashed = new Uint8Array(STRONG_BYTES);
    digest.strong(memory, dataOffset, dataOffset + end - begin, hashed, 0);
  }
  return { ...matches.columns(), next: searching ? begin + at : from, misses, segment: hashed };
}

/**
 * Whether the new file ends in the basis's short last block.
 *
 * @param size Where the new file ends, as a position in the kernel.
 * @param at From where on it is still unmatched.
 * @returns The block's length, or 0.
 */
function matchTail(
  lookup: BlockLookup,
  checksums: HashBackend,
  size: number,
  at: number,
): number {
  const { kernel: { memory, dataOffset }, table } = lookup;
  if (table.openEnd) return matchOpenEnd(lookup, checksums, at, size);
  const length = table.basisSize % table.block;
  if (length === 0 || size - length < at) return 0;
  const strong = new Uint8Array(STRONG_BYTES);
  checksums.strong(memory, dataOffset + size - length, dataOffset + size, strong, 0);
  return lookup.hasStrong(wholeBlocks(table), strong) ? length : 0;
}

/** Where the last block begins in the basis. */
function lastPlace({ block, weaks }: BlockTable): number {
  return (weaks.length - 1) * block;
}

/** Matches as they are found. */
class MatchColumns {
  readonly #targets: number[] = [];
  readonly #places: number[] = [];
  readonly #lengths: number[] = [];

  add(target: number, place: number, length: number): void {
    const last = this.#targets.length - 1;
    const held = this.#lengths[last] ?? 0;
    if (
      last >= 0 && this.#targets[last]! + held === target && this.#places[last]! + held === place
    ) {
      this.#lengths[last] = held + length;
      return;
    }
    this.#targets.push(target);
    this.#places.push(place);
    this.#lengths.push(length);
  }

  columns(): Pick<SegmentMatches, "targets" | "places" | "lengths"> {
    return {
      targets: Float64Array.from(this.#targets),
      places: Float64Array.from(this.#places),
      lengths: Float64Array.from(this.#lengths),
    };
  }
}

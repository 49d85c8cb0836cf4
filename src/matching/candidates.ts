import { STRONG_BYTES } from "../hashing/backend.ts";

/** 32-bit words in a strong checksum. */
export const STRONG_WORDS = STRONG_BYTES / 4;

/**
 * Places in the basis where keys of the new file occur, with what is there, in columns.
 *
 * Sorted by key; all candidates of a key are in one list, so a key's question is settled by it.
 */
export interface CandidateList {
  /** The number of the key. */
  readonly keys: Float64Array;
  /** The basis offset of a chunk with that key. */
  readonly places: Float64Array;
  /**
   * That chunk's strong checksum, {@linkcode STRONG_WORDS} words each. Empty under `confirm=target`, where
   * the target's own digest proves what the weak checksum says.
   */
  readonly strong: Uint32Array;
}

/** Whether strong checksum `i` of one column equals number `j` of another: all 32 bytes. */
export function sameStrong(one: Uint32Array, i: number, other: Uint32Array, j: number): boolean {
  const a = i * STRONG_WORDS;
  const b = j * STRONG_WORDS;
  for (let word = 0; word < STRONG_WORDS; word++) {
    if (one[a + word] !== other[b + word]) return false;
  }
  return true;
}

/** A column of strong checksums as words; copied where it does not lie on a word's boundary. */
export function strongWords(column: Uint8Array): Uint32Array {
  const aligned = column.byteOffset % 4 === 0 ? column : new Uint8Array(column);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

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

/** The candidates in rows `[first, end)` of a list, in the same memory. */
export function candidatesIn(list: CandidateList, first: number, end: number): CandidateList {
  if (first === 0 && end === list.keys.length) return list;
  return {
    keys: list.keys.subarray(first, end),
    places: list.places.subarray(first, end),
    strong: list.strong.subarray(first * STRONG_WORDS, end * STRONG_WORDS),
  };
}

/** The candidates in these rows of a list; the list itself where none is left out. */
export function candidatesAt(list: CandidateList, rows: readonly number[]): CandidateList {
  const count = rows.length;
  if (count === list.keys.length) return list;
  const keys = new Float64Array(count);
  const places = new Float64Array(count);
  const strong = new Uint32Array(list.strong.length === 0 ? 0 : count * STRONG_WORDS);
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    keys[i] = list.keys[row]!;
    places[i] = list.places[row]!;
    if (strong.length === 0) continue;
    const from = row * STRONG_WORDS;
    strong.set(list.strong.subarray(from, from + STRONG_WORDS), i * STRONG_WORDS);
  }
  return { keys, places, strong };
}

/** The candidates of several lists in one, in the order of the lists. */
export function joinedCandidates(lists: readonly CandidateList[]): CandidateList {
  if (lists.length === 1) return lists[0]!;
  const count = lists.reduce((sum, { keys }) => sum + keys.length, 0);
  const keys = new Float64Array(count);
  const places = new Float64Array(count);
  const strong = new Uint32Array(lists.reduce((sum, { strong }) => sum + strong.length, 0));
  let row = 0;
  let word = 0;
  for (const list of lists) {
    keys.set(list.keys, row);
    places.set(list.places, row);
    strong.set(list.strong, word);
    row += list.keys.length;
    word += list.strong.length;
  }
  return { keys, places, strong };
}

/**
 * One candidate for each distinct content of each key: the first of the list, which is the lowest place where
 * they are in the order of the basis.
 */
export function distinctCandidates(list: CandidateList): CandidateList {
  const { keys, strong } = list;
  const kept: number[] = [];
  let group = 0;
  for (let row = 0; row < keys.length; row++) {
    if (row > 0 && keys[row] !== keys[row - 1]) group = kept.length;
    let same = group;
    while (same < kept.length && !sameStrong(strong, row, strong, kept[same]!)) same++;
    if (same === kept.length) kept.push(row);
  }
  return candidatesAt(list, kept);
}

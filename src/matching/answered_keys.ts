import { widened } from "../chunking/chunk_list.ts";
import { type CandidateList, candidatesAt } from "./candidates.ts";

/**
 * Which keys the server has answered. The first answer holds: otherwise a server that names a key twice would
 * make the outcome depend on which of its answers was worked on first, and have chunks hashed again and again.
 */
export class AnsweredKeys {
  #answered: Uint8Array;

  /** @param expected About how many keys there will be. */
  constructor(expected: number) {
    this.#answered = new Uint8Array(expected);
  }

  /** Notes that a key is answered; tells whether this is its first answer. */
  claim(key: number): boolean {
    if (key >= this.#answered.length) {
      const longer = Math.max(key + 1, Math.ceil(this.#answered.length * 1.5));
      this.#answered = widened(this.#answered, new Uint8Array(longer));
    }
    if (this.#answered[key] === 1) return false;
    this.#answered[key] = 1;
    return true;
  }

  /**
   * Notes the keys that the server has found absent.
   *
   * @param first The first key spoken of.
   * @param count How many.
   * @param bitmap A bit a key, lowest first: whether the basis has it.
   * @param each Called for every absent key that was not answered before.
   */
  absent(first: number, count: number, bitmap: Uint8Array, each?: (key: number) => void): void {
    for (let i = 0; i < count; i++) {
      if ((bitmap[i >> 3]! >> (i & 7)) & 1) continue;
      if (this.claim(first + i)) each?.(first + i);
    }
  }

  /** Notes the keys of a list, and gives the list without those that were answered before. */
  claimAll(list: CandidateList): CandidateList {
    const { keys } = list;
    let rows: number[] | undefined;
    let fresh = false;
    for (let row = 0; row < keys.length; row++) {
      if (row === 0 || keys[row] !== keys[row - 1]) fresh = this.claim(keys[row]!);
      if (fresh) rows?.push(row);
      else rows ??= Array.from({ length: row }, (_, before) => before);
    }
    return rows === undefined ? list : candidatesAt(list, rows);
  }
}

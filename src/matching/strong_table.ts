import { type CandidateList, sameStrong, STRONG_WORDS } from "./candidates.ts";

/**
 * The strong table of a batch: the lowest place of each content of each key (the reusable small table of
 * ParaSync, FAST'26, §3.2).
 *
 * Open addressing in one typed array, at most half full. The seed keeps crafted checksums from crowding it.
 */
export class StrongTable {
  readonly #list: CandidateList;
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  /** Row + 1 of a candidate; 0 where the slot is free. */
  readonly #slots: Uint32Array;

  /** @param list The batch's candidates, with strong checksums. */
  constructor(list: CandidateList) {
    this.#list = list;
    const { keys, places, strong } = list;
    let slots = 16;
    while (slots < keys.length * 2) slots *= 2;
    this.#slots = new Uint32Array(slots);
    for (let row = 0; row < keys.length; row++) {
      const slot = this.#slotOf(keys[row]!, strong, row);
      const held = this.#slots[slot]! - 1;
      if (held < 0 || places[row]! < places[held]!) this.#slots[slot] = row + 1;
    }
  }

  /**
   * Where the basis has a content.
   *
   * @param key The key of the chunk that has it.
   * @param strong A column of strong checksums.
   * @param i Which of them is the chunk's.
   * @returns The lowest place among the candidates of the key, or -1.
   */
  find(key: number, strong: Uint32Array, i: number): number {
    const held = this.#slots[this.#slotOf(key, strong, i)]! - 1;
    return held < 0 ? -1 : this.#list.places[held]!;
  }

  #slotOf(key: number, column: Uint32Array, i: number): number {
    const { keys, strong } = this.#list;
    const slots = this.#slots;
    let hash = this.#seed ^ key;
    // All of them: checksums that agree in some words are easily made up.
    for (let word = i * STRONG_WORDS; word < (i + 1) * STRONG_WORDS; word++) {
      hash = Math.imul(hash ^ column[word]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    let slot = (hash ^ (hash >>> 13)) & (slots.length - 1);
    for (let held = slots[slot]!; held !== 0; held = slots[slot]!) {
      if (keys[held - 1] === key && sameStrong(strong, held - 1, column, i)) return slot;
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }
}

import type { ChunkList } from "../chunking/chunk_list.ts";

const FIRST_SLOTS = 1 << 10;

/**
 * A hash table over the chunks of one list, keyed by weak checksum and length together: 32 bits alone give
 * false matches that grow with the square of the file.
 *
 * Open addressing in one typed array, at most half full: 8 to 16 bytes a key. A random seed keeps a crafted
 * file from crowding the slots.
 */
export class ChunkSlots {
  readonly #chunks: ChunkList;
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  /** Chunk index + 1 of the key's first chunk; 0 where the slot is free. */
  #slots: Uint32Array;
  #mask: number;
  /** How many distinct keys there are. */
  count = 0;

  /**
   * @param chunks The list whose chunks are entered.
   * @param expected About how many keys there will be.
   */
  constructor(chunks: ChunkList, expected: number) {
    this.#chunks = chunks;
    let slots = FIRST_SLOTS;
    while (slots < expected * 2) slots *= 2;
    this.#slots = new Uint32Array(slots);
    this.#mask = slots - 1;
  }

  /** The first chunk entered with this key, or -1. */
  find(weak: number, length: number): number {
    return this.#slots[this.#slotOf(weak, length)]! - 1;
  }

  /**
   * Enters a chunk, unless its key is there already.
   *
   * @param chunk Its index in the list.
   * @returns The chunk that was entered with the same key before, or -1.
   */
  enter(chunk: number): number {
    const { weaks, lengths } = this.#chunks;
    const slot = this.#slotOf(weaks[chunk]!, lengths[chunk]!);
    const held = this.#slots[slot]! - 1;
    if (held >= 0) return held;
    this.#slots[slot] = chunk + 1;
    if (++this.count * 2 > this.#slots.length) this.#grow();
    return -1;
  }

  #slotOf(weak: number, length: number): number {
    const { weaks, lengths } = this.#chunks;
    const slots = this.#slots;
    const mask = this.#mask;
    let hash = Math.imul(weak ^ this.#seed, 0x9e3779b1) ^ Math.imul(length, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (let held = slots[slot]!; held !== 0; held = slots[slot]!) {
      if (weaks[held - 1] === weak && lengths[held - 1] === length) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const entered = this.#slots;
    const { weaks, lengths } = this.#chunks;
    this.#slots = new Uint32Array(entered.length * 2);
    this.#mask = this.#slots.length - 1;
    for (const held of entered) {
      if (held !== 0) this.#slots[this.#slotOf(weaks[held - 1]!, lengths[held - 1]!)] = held;
    }
  }
}

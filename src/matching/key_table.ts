import { type ChunkList, widened } from "../chunking/chunk_list.ts";
import { ChunkSlots } from "./chunk_slots.ts";

/**
 * The new file's distinct keys (weak checksum and length), numbered by their first chunk, with the chunks of
 * each: the client sends every key once (ParaSync, FAST'26, §3.2).
 */
export class KeyTable {
  readonly #chunks: ChunkList;
  readonly #slots: ChunkSlots;
  #keys: Uint32Array;
  #next: Uint32Array;
  #firsts: Uint32Array;
  #lasts: Uint32Array;
  /** How many distinct keys there are. */
  count = 0;

  /**
   * @param chunks The new file's chunks.
   * @param expected About how many there will be.
   */
  constructor(chunks: ChunkList, expected: number) {
    this.#chunks = chunks;
    this.#slots = new ChunkSlots(chunks, expected);
    this.#keys = new Uint32Array(expected);
    this.#next = new Uint32Array(expected);
    this.#firsts = new Uint32Array(expected);
    this.#lasts = new Uint32Array(expected);
  }

  /**
   * Enters the next chunk of the list; they are entered in order.
   *
   * @param chunk Its index.
   * @returns The number of its key; equal to {@linkcode count} before the call where the key is new.
   */
  add(chunk: number): number {
    if (chunk >= this.#keys.length) this.#grow(chunk + 1);
    const first = this.#slots.enter(chunk);
    if (first < 0) {
      const key = this.count++;
      this.#keys[chunk] = key;
      this.#firsts[key] = chunk;
      this.#lasts[key] = chunk;
      return key;
    }
    const key = this.#keys[first]!;
    this.#keys[chunk] = key;
    this.#next[this.#lasts[key]!] = chunk + 1;
    this.#lasts[key] = chunk;
    return key;
  }

  /** The key of a chunk. */
  keyOf(chunk: number): number {
    return this.#keys[chunk]!;
  }

  /** The first chunk of a key. */
  first(key: number): number {
    return this.#firsts[key]!;
  }

  /** The next chunk of the same key, or -1. */
  next(chunk: number): number {
    return this.#next[chunk]! - 1;
  }

  /** The weak checksums and lengths of keys [first, end), as they are sent. */
  columns(first: number, end: number): { weaks: Uint32Array; lengths: Uint32Array } {
    const weaks = new Uint32Array(end - first);
    const lengths = new Uint32Array(end - first);
    for (let key = first; key < end; key++) {
      const chunk = this.#firsts[key]!;
      weaks[key - first] = this.#chunks.weaks[chunk]!;
      lengths[key - first] = this.#chunks.lengths[chunk]!;
    }
    return { weaks, lengths };
  }

  #grow(needed: number): void {
    const capacity = Math.max(needed, Math.ceil(this.#keys.length * 1.5));
    this.#keys = widened(this.#keys, new Uint32Array(capacity));
    this.#next = widened(this.#next, new Uint32Array(capacity));
    this.#firsts = widened(this.#firsts, new Uint32Array(capacity));
    this.#lasts = widened(this.#lasts, new Uint32Array(capacity));
  }
}

import { type ChunkList, widened } from "../chunking/chunk_list.ts";
import { ChunkSlots } from "./chunk_slots.ts";

/**
 * How many basis chunks of one key are looked at. Distinct contents under one key are next to impossible by
 * chance, and equal ones need but one; the bound keeps work linear on files of equal chunks and on crafted
 * collisions, at the price of a literal where a match might have been found.
 */
export const CANDIDATES_PER_KEY = 4;

/** The basis's chunks by weak checksum and length (the weak hash table of ParaSync, FAST'26, §3.1). */
export class WeakIndex {
  readonly #chunks: ChunkList;
  readonly #slots: ChunkSlots;
  /** For each chunk the next one of its key, plus 1; 0 where there is none. */
  #next: Uint32Array;
  #indexed = 0;

  /**
   * @param chunks The basis's chunks; those appended later are indexed by {@linkcode extend}.
   * @param expected About how many there will be.
   */
  constructor(chunks: ChunkList, expected: number) {
    this.#chunks = chunks;
    this.#slots = new ChunkSlots(chunks, expected);
    this.#next = new Uint32Array(expected);
  }

  /** Indexes the chunks appended since the last time, in order: lower offsets come first. */
  extend(): void {
    const { count } = this.#chunks;
    if (count > this.#next.length) {
      const capacity = Math.max(count, Math.ceil(this.#next.length * 1.5));
      this.#next = widened(this.#next, new Uint32Array(capacity));
    }
    const next = this.#next;
    for (let chunk = this.#indexed; chunk < count; chunk++) {
      let last = this.#slots.enter(chunk);
      if (last < 0) continue;
      let length = 1;
      for (; next[last] !== 0; last = next[last]! - 1) length++;
      if (length < CANDIDATES_PER_KEY) next[last] = chunk + 1;
    }
    this.#indexed = count;
  }

  /** The lowest chunk with this key, or -1. */
  find(weak: number, length: number): number {
    return this.#slots.find(weak, length);
  }

  /** The next chunk of the same key, or -1. */
  next(chunk: number): number {
    return this.#next[chunk]! - 1;
  }
}

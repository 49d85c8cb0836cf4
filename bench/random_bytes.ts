/**
 * Random bytes that anyone can make again: xoshiro128** (Blackman and Vigna, "Scrambled Linear Pseudorandom
 * Number Generators", 2021), started afresh for every block, so that any part can be had without the rest.
 */

const BLOCK_BYTES = 1 << 20;

/** Murmur3's finalizer: every bit of the result depends on every bit of `word`. */
function mixed(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a of a text's UTF-16 units. */
function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** The generator's state for one use of a seed. */
function stateOf(seed: number, use: number, state: Uint32Array): void {
  for (let i = 0; i < 4; i++) state[i] = mixed(seed ^ mixed(use * 4 + i + 1));
  state[0] = state[0]! | 1; // It must not be all zeros.
}

/** Fills `words` and leaves the state behind them. */
function fill(words: Uint32Array, state: Uint32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  for (let i = 0; i < words.length; i++) {
    const product = Math.imul(b, 5);
    words[i] = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}

/** An endless row of random bytes, which depends on nothing but its seed. */
export class RandomBytes {
  readonly #seed: number;
  readonly #words = new Uint32Array(BLOCK_BYTES / 4);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  readonly #state = new Uint32Array(4);
  #block = -1;

  /** @param seed Any text. */
  constructor(seed: string) {
    this.#seed = hashOf(seed);
  }

  /**
   * Reads from any place.
   *
   * @param into Filled from end to end.
   * @param position Where in the row to begin, in bytes; below 2^50.
   */
  read(into: Uint8Array, position: number): void {
    for (let done = 0; done < into.length;) {
      const block = Math.floor((position + done) / BLOCK_BYTES);
      const begin = position + done - block * BLOCK_BYTES;
      const length = Math.min(into.length - done, BLOCK_BYTES - begin);
      this.#make(block);
      into.set(this.#bytes.subarray(begin, begin + length), done);
      done += length;
    }
  }

  #make(block: number): void {
    if (block === this.#block) return;
    stateOf(this.#seed, block, this.#state);
    fill(this.#words, this.#state);
    this.#block = block;
  }
}

/** Random numbers from a seed, of which every place can be returned to. */
export class RandomNumbers {
  readonly #seed: number;
  readonly #state = new Uint32Array(4);
  readonly #word = new Uint32Array(1);

  /** @param seed Any text. */
  constructor(seed: string) {
    this.#seed = hashOf(seed);
    this.restart(0);
  }

  /** Begins the row of numbers that belongs to `use`, for example that of one line. */
  restart(use: number): this {
    stateOf(this.#seed, use, this.#state);
    return this;
  }

  /** The next number, at least 0 and below 1. */
  fraction(): number {
    fill(this.#word, this.#state);
    return this.#word[0]! / 2 ** 32;
  }

  /** The next whole number, at least 0 and below `end`. */
  below(end: number): number {
    return Math.floor(this.fraction() * end);
  }
}

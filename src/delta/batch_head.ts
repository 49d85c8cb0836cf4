import { refuse } from "./command_intake.ts";
import { MAX_BATCH_COMMANDS, MAX_BATCH_DATA } from "./format.ts";

/**
 * The most bytes a batch may be compressed to. Deflate can make an eighth more of what cannot be compressed; a
 * sender leaves such data as it is, but may be mistaken.
 */
const MAX_CODED_BYTES = 2 * (MAX_BATCH_COMMANDS + MAX_BATCH_DATA);

/** The varints that a batch begins with, as they arrive. */
export class BatchHead {
  readonly #values: number[] = [];
  readonly #count: number;
  #value = 0;
  #shift = 0;

  /** @param coded Whether it is one of a compressed stream, and has a third number. */
  constructor(coded: boolean) {
    this.#count = coded ? 3 : 2;
  }

  /** Bytes of commands. */
  get commands(): number {
    return this.#values[0]!;
  }

  /** Bytes of data. */
  get data(): number {
    return this.#values[1]!;
  }

  /** Bytes that both have been compressed to; 0 where they come as they are. */
  get coded(): number {
    return this.#values[2] ?? 0;
  }

  /** Whether all of it is here. */
  get complete(): boolean {
    return this.#values.length === this.#count;
  }

  /** Begins the next one. */
  clear(): void {
    this.#values.length = 0;
  }

  /**
   * Takes bytes until it is complete.
   *
   * @param piece Where they are.
   * @param from The first of them.
   * @returns Where the first byte lies that it has not taken.
   * @throws {ParasyncError} `bad_request` for numbers out of their ranges or not in their shortest form.
   */
  take(piece: Uint8Array, from: number): number {
    let at = from;
    while (at < piece.length && !this.complete) {
      const byte = piece[at++]!;
      this.#value |= (byte & 0x7f) << this.#shift;
      this.#shift += 7;
      if (byte >= 0x80) {
        // No number needs more than 22 bits.
        if (this.#shift > 21) throw refuse("a batch is too long");
        continue;
      }
      if (byte === 0 && this.#shift > 7) throw refuse("a number is not in its shortest form");
      this.#values.push(this.#value);
      this.#value = 0;
      this.#shift = 0;
    }
    if (this.complete) this.#check();
    return at;
  }

  #check(): void {
    if (this.commands === 0) throw refuse("a batch has no commands");
    if (
      this.commands > MAX_BATCH_COMMANDS || this.data > MAX_BATCH_DATA ||
      this.coded > MAX_CODED_BYTES
    ) throw refuse("a batch is too long");
  }
}

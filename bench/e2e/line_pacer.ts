/** One way of an emulated line. */
export interface LineShape {
  /** Bits a second. */
  readonly bitsPerSecond: number;
  /** From one end to the other, in ms. */
  readonly delayMs: number;
}

/** The longest queue in front of the line, in ms of its rate: short, as behind a router that does not hoard. */
const QUEUE_MS = 5;

/**
 * Says when bytes arrive that are put on a line. All connections of one way share one of these, and so its rate. It has
 * no clock: times are its callers', in ms.
 */
export class LinePacer {
  readonly #bytesPerMs: number;
  readonly #delayMs: number;
  /** When the last byte that was put on the line has left this end. */
  #freeAt = -Infinity;

  /** @param shape The line. */
  constructor({ bitsPerSecond, delayMs }: LineShape) {
    this.#bytesPerMs = bitsPerSecond / 8000;
    this.#delayMs = delayMs;
  }

  /** How much to put on it at a time, so that connections take turns: what it carries in a ms, within bounds. */
  get portionBytes(): number {
    return Math.max(1500, Math.min(64 << 10, Math.floor(this.#bytesPerMs)));
  }

  /** How much may be under way on one connection: what the line holds, and some for an end that is slow to read. */
  get windowBytes(): number {
    return (1 << 20) + Math.ceil(this.#bytesPerMs * (2 * this.#delayMs + QUEUE_MS));
  }

  /**
   * Puts bytes on the line.
   *
   * @param bytes How many.
   * @param now When.
   * @returns When the last of them arrives.
   */
  admit(bytes: number, now: number): number {
    this.#freeAt = Math.max(this.#freeAt, now) + bytes / this.#bytesPerMs;
    return this.#freeAt + this.#delayMs;
  }

  /**
   * How long to wait before more is put on the line, in ms.
   *
   * @param now When it is asked.
   */
  waitMs(now: number): number {
    return Math.max(0, this.#freeAt - now - QUEUE_MS);
  }
}

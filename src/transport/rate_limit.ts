/** Bytes go in pieces that take so long, in ms: short enough for a smooth line, long enough to cost nothing. */
const PIECE_MS = 50;

/** No shorter ones, however slow the line. */
const LEAST_PIECE_BYTES = 1024;

/** A rate at which bytes leave, shared by all requests of a sync. */
export class RateLimit {
  readonly #bytesPerMs: number;
  readonly #pieceBytes: number;
  /** When the line is free again, in ms of the process's clock. */
  #freeAt = 0;

  /** @param bytesPerSecond The rate, above 0. */
  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#pieceBytes = Math.max(LEAST_PIECE_BYTES, Math.floor(this.#bytesPerMs * PIECE_MS));
  }

  /**
   * Lets bytes through at the rate.
   *
   * @param pieces What is sent.
   * @param signal Ends waiting.
   */
  async *limited(
    pieces: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; at += this.#pieceBytes) {
        const part = piece.subarray(at, Math.min(piece.length, at + this.#pieceBytes));
        await this.#turn(part.length, signal);
        yield part;
      }
    }
  }

  async #turn(bytes: number, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const waitMs = this.#freeAt - now;
    // What was not used is lost: a burst would be no limit.
    this.#freeAt = Math.max(this.#freeAt, now) + bytes / this.#bytesPerMs;
    if (waitMs <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    const stop = (): void => resolve();
    signal.addEventListener("abort", stop);
    await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    signal.throwIfAborted();
  }
}

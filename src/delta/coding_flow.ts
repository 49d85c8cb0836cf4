import type { CodingStream } from "./coding.ts";

/** Passes bytes through a coding's stream, and tells what comes of them. */
export class CodingFlow {
  readonly #stream: CodingStream;
  #out: Uint8Array<ArrayBuffer>[] = [];
  #left = 0;
  #failure: { readonly reason: unknown } | undefined;
  #reject: (reason: unknown) => void = () => {};

  /** @param stream The stream; it belongs to this flow. */
  constructor(stream: CodingStream) {
    this.#stream = stream;
    stream.on("data", (bytes: Uint8Array<ArrayBuffer>) => this.#take(bytes));
    stream.on("error", (error) => this.#fail(error));
  }

  /**
   * Passes bytes through.
   *
   * @param bytes They must not change until it resolves.
   * @param limit The most bytes to take of what comes of them.
   * @returns What has come by now.
   * @throws The stream's error, or a RangeError where more came than the limit.
   */
  async pass(
    bytes: Uint8Array,
    limit = Number.MAX_SAFE_INTEGER,
  ): Promise<Uint8Array<ArrayBuffer>[]> {
    this.#left = limit;
    await this.#settled((done) => this.#stream.write(bytes, done));
    return this.#out.splice(0);
  }

  /**
   * Lets go of all that has been passed in.
   *
   * @param kind The coding's kind of flush.
   * @returns What came of it.
   */
  async flush(kind: number): Promise<Uint8Array<ArrayBuffer>[]> {
    await this.#settled((done) => this.#stream.flush(kind, done));
    return this.#out.splice(0);
  }

  /** Frees what the stream holds. */
  close(): void {
    this.#fail(new Error("the stream is closed"));
  }

  #settled(start: (done: () => void) => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure.reason;
      // Deno 2.4 calls nothing back after an error.
      this.#reject = reject;
      start(() => {
        // What has come and not been told of yet is told of while it is read.
        while (this.#failure === undefined && this.#stream.read() !== null);
        if (this.#failure === undefined) resolve();
        else reject(this.#failure.reason);
      });
    });
  }

  #take(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#failure !== undefined) return;
    this.#left -= bytes.length;
    if (this.#left < 0) return this.#fail(new RangeError("more comes of it than there may be"));
    this.#out.push(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  #fail(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { reason };
    this.#out.length = 0;
    this.#stream.destroy();
    this.#reject(reason);
  }
}

import type { Assembler } from "./assembler.ts";
import { DeltaDecoder, type DeltaEnd, type DeltaExpectations } from "./decoder.ts";
import { plainDelta } from "./plain_delta.ts";

/** Literals are gathered into writes of this size. */
const WRITE_BYTES = 1 << 20;

/** Writes bytes of the target at an offset; they must not change until it resolves. */
export type LiteralWriter = (bytes: Uint8Array, position: number) => Promise<void>;

interface Write {
  readonly target: number;
  readonly bytes: Uint8Array;
}

/**
 * Takes one stream of a patch: decodes it as it arrives, passes its copies on, and its literals too where the
 * assembler takes them; otherwise it writes them.
 *
 * Literals that follow each other are gathered, two buffers' worth at most: one fills while the other is
 * being written. A stream that comes faster than the target can be written is held back.
 */
export class PatchReceiver {
  readonly #expected: DeltaExpectations;
  readonly #assembler: Assembler;
  readonly #write: LiteralWriter;
  readonly #decoder: DeltaDecoder;
  #end: DeltaEnd | undefined;
  #gather = new Uint8Array(0);
  #spare: Uint8Array<ArrayBuffer> | undefined;
  #target = 0;
  #filled = 0;
  readonly #full: Write[] = [];
  #writing: Promise<void> = Promise.resolve();

  /**
   * @param expected What the session knows of the delta.
   * @param assembler Who puts the target together.
   * @param write How literals are written, where the assembler does not take them.
   */
  constructor(expected: DeltaExpectations, assembler: Assembler, write: LiteralWriter) {
    this.#expected = expected;
    this.#assembler = assembler;
    this.#write = write;
    this.#decoder = new DeltaDecoder(expected, {
      copy: (source, target, length) => assembler.copy(source, target, length),
      literal: "literal" in assembler
        ? (target, bytes) => assembler.literal(target, bytes)
        : (target, bytes) => this.#literal(target, bytes),
      zero: (target, length) => assembler.zero(target, length),
      end: (end) => this.#end = end,
    });
  }

  /**
   * Takes the whole stream.
   *
   * @param pieces Its pieces, as they arrive.
   * @returns How it ended; everything of it has been written or passed on by then.
   * @throws {ParasyncError} For a stream that is malformed, cut short or not the session's, and for what
   * keeps it from being written.
   */
  async receive(pieces: AsyncIterable<Uint8Array>): Promise<DeltaEnd> {
    try {
      for await (const piece of plainDelta(pieces, this.#expected)) {
        this.#decoder.push(piece);
        while (this.#full.length > 0) await this.#writeOut(this.#full.shift()!);
        await this.#assembler.pump();
      }
      this.#decoder.finish();
      this.#flush();
      while (this.#full.length > 0) await this.#writeOut(this.#full.shift()!);
    } finally {
      // Nobody may close the target while a write is under way.
      await this.#writing.catch(() => {});
    }
    await this.#writing;
    await this.#assembler.pump();
    this.#assembler.ended(this.#decoder.totals);
    return this.#end!;
  }

  #literal(target: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#filled > 0 && this.#target + this.#filled !== target + at) this.#flush();
      if (this.#filled === 0) this.#target = target + at;
      if (this.#gather.length === 0) {
        this.#gather = this.#spare ?? new Uint8Array(WRITE_BYTES);
        this.#spare = undefined;
      }
      const part = Math.min(bytes.length - at, this.#gather.length - this.#filled);
      this.#gather.set(
        at === 0 && part === bytes.length ? bytes : bytes.subarray(at, at + part),
        this.#filled,
      );
      this.#filled += part;
      at += part;
      if (this.#filled === this.#gather.length) this.#flush();
    }
  }

  #flush(): void {
    if (this.#filled === 0) return;
    this.#full.push({ target: this.#target, bytes: this.#gather.subarray(0, this.#filled) });
    this.#target += this.#filled;
    this.#gather = this.#gather.subarray(this.#filled);
    this.#filled = 0;
  }

  /** Starts a write when the one before is done. */
  async #writeOut({ target, bytes }: Write): Promise<void> {
    await this.#writing;
    this.#writing = this.#write(bytes, target).then(() => {
      if ("wrote" in this.#assembler) this.#assembler.wrote(target, bytes.length);
      if (bytes.byteOffset + bytes.length === bytes.buffer.byteLength) {
        this.#spare = new Uint8Array(bytes.buffer as ArrayBuffer);
      }
    });
    // Its failure is met by the next write or at the stream's end.
    this.#writing.catch(() => {});
  }
}

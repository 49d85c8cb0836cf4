import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import type { DeltaCoding } from "./coding.ts";
import { BY_REFERENCE_BYTES, type CommandEncoder } from "./command_encoder.ts";
import { addTotals, type DeltaTotals, noTotals } from "./format.ts";
import { LiteralReader, READ_BYTES } from "./literal_reader.ts";
import { PatchBody } from "./patch_body.ts";
import { LITERAL, RangeQueue } from "./range_queue.ts";
import { isZero } from "./zeros.ts";

/** How long a body may wait for something to send before it ends and leaves the rest to the next one, in ms. */
const IDLE_MS = 5_000;

/**
 * A compressed body lets go of what it has so often at most, in ms, while it waits for more. Little at a time
 * compresses badly, and where bytes matter a few milliseconds do not.
 */
const GATHER_MS = 20;

/** How a patch writer writes. */
export interface PatchWriterOptions {
  /**
   * `any`: copies leave before literals, which are slower to send, for a target that is put together at
   * absolute places. `target`: both leave in the order of the target, for one that is appended to.
   */
  readonly order?: "any" | "target";
  /** How each body is written, asked for when it begins; in version 1 where absent. */
  readonly coding?: () => DeltaCoding;
}

/** So many ranges, or so many bytes of literals, are written before the body's length is looked at. */
const RANGES_AT_ONCE = 4096;
const LITERAL_BYTES_AT_ONCE = READ_BYTES;

/** Literals with less than this between them are read at once: reading over it takes less time than another call. */
const GAP_BYTES = 4096;

/**
 * Turns copies and literals into the bodies of a patch while they are still being found: what is known goes
 * out at once, copies before literals (ParaSync, FAST'26, §3.3.1), unless the target's order is asked for.
 *
 * Literals are read from the new file only when they are about to be sent, so nothing piles up in memory
 * but ranges. Stretches of zeros are named, not sent.
 */
export class PatchWriter {
  readonly #source: OpenFile;
  readonly #verifyUnchanged: () => void;
  readonly #copies = new RangeQueue();
  /** The same queue as the copies' where the order matters. */
  readonly #literals: RangeQueue;
  readonly #coding: () => DeltaCoding;
  readonly #reader: LiteralReader;
  readonly #totals = noTotals();
  #digest: Uint8Array | undefined;
  #heldBytes = 0;
  #failure: { readonly reason: unknown } | undefined;
  #wake: () => void = () => {};
  #complete = false;
  #restarts = false;
  /** Bytes of bodies produced so far. */
  bytes = 0;
  /** Bytes that these bodies would have been without compression. */
  plainBytes = 0;
  /** Bytes of the new file that the bodies produced so far account for. */
  settled = 0;

  /**
   * @param source The new file.
   * @param verifyUnchanged Makes sure, when everything has been read, that it is still the same.
   * @param options In which order, any where absent, and how coded.
   */
  constructor(
    source: OpenFile,
    verifyUnchanged: () => void = () => {},
    { order = "any", coding = () => ({ version: 1 }) }: PatchWriterOptions = {},
  ) {
    this.#source = source;
    this.#verifyUnchanged = verifyUnchanged;
    this.#coding = coding;
    this.#reader = new LiteralReader(source);
    this.#literals = order === "any" ? new RangeQueue() : this.#copies;
  }

  /** Whether the last body has been produced. */
  get complete(): boolean {
    return this.#complete;
  }

  /** What all bodies hold so far. */
  get totals(): Readonly<DeltaTotals> {
    return this.#totals;
  }

  /** Takes bytes of the new file that the basis has; in the target's order, if that is asked for. */
  copy(source: number, target: number, length: number): void {
    this.#copies.push(source, target, length);
    this.#wake();
  }

  /** Takes bytes of the new file that must be sent; in the target's order, if that is asked for. */
  literal(target: number, length: number): void {
    this.#literals.push(LITERAL, target, length);
    this.#wake();
  }

  /**
   * Everything has been found.
   *
   * @param digest The new file's session digest, with which the last body ends.
   * @param heldBytes Bytes that the target had before, of which nobody told this writer.
   */
  finish(digest: Uint8Array, heldBytes = 0): void {
    this.#digest = digest;
    this.#heldBytes = heldBytes;
    this.#wake();
  }

  /** The sync has failed: the body under way breaks off, so that the server does not take it for whole. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wake();
  }

  /** Ends the body under way, if there is one: the next one is coded otherwise. */
  restart(): void {
    this.#restarts = true;
    this.#wake();
  }

  /** Resolves when there is something to send, or to end with. */
  async ready(): Promise<void> {
    await this.#until(() => this.#hasMore() || this.#digest !== undefined);
  }

  /**
   * One body of the patch.
   *
   * @param oldSize The size of the basis, in bytes.
   * @param limit About how many bytes it may have; the next body goes on from there.
   * @returns The pieces of the body, as they become known.
   * @throws What {@linkcode fail} was told.
   */
  async *body(
    oldSize: number,
    limit: number,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const body = new PatchBody({ oldSize, newSize: this.#source.size }, this.#coding());
    this.#restarts = false;
    let taken = performance.now();
    try {
      for (let over = false; !over;) {
        // A body that stands still would be taken for a dead one, by a proxy sooner than by the server.
        const idle = !await this.#newsWithin(IDLE_MS);
        const full = idle || body.bytes >= limit || this.#restarts;
        over = full || !this.#hasMore();
        if (full) {
          addTotals(this.#totals, body.encoder.totals);
          body.encoder.part();
        } else if (over) {
          this.#verifyUnchanged();
          addTotals(this.#totals, body.encoder.totals);
          body.encoder.end(this.#digest!, this.#totals, this.#heldBytes);
          this.#complete = true;
        } else {
          this.#write(body.encoder);
          const patience = body.compressed ? taken + GATHER_MS - performance.now() : 0;
          // Waiting comes next: what has been gathered should not wait as well, or not for long.
          const more = this.#hasMore() || patience > 0 && await this.#newsWithin(patience);
          if (!more || body.bytes + body.encoder.gathered >= limit) body.encoder.flush();
        }
        const pieces = await this.#take(body);
        if (pieces.length > 0) taken = performance.now();
        yield* pieces;
      }
    } finally {
      body.close();
    }
  }

  /**
   * A body that sends segments whole which came out wrong at the server.
   *
   * @param oldSize The size of the basis, in bytes.
   * @param segments Which segments.
   */
  async *repairBody(
    oldSize: number,
    segments: readonly number[],
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const { size: newSize, fd, name } = this.#source;
    const body = new PatchBody({ oldSize, newSize }, this.#coding());
    try {
      for (const segment of segments) {
        const begin = segment * SEGMENT_BYTES;
        const piece = new Uint8Array(Math.min(SEGMENT_BYTES, newSize - begin));
        readFully(fd, piece, 0, piece.length, begin, name);
        body.encoder.literal(begin, piece);
        yield* await this.#take(body);
      }
      this.#verifyUnchanged();
      body.encoder.part();
      addTotals(this.#totals, body.encoder.totals);
      yield* await this.#take(body);
    } finally {
      body.close();
    }
  }

  async #take(body: PatchBody): Promise<Uint8Array<ArrayBuffer>[]> {
    const { bytes, plainBytes } = body;
    const pieces = await body.take();
    this.bytes += body.bytes - bytes;
    this.plainBytes += body.plainBytes - plainBytes;
    return pieces;
  }

  /** Whether there is, within so many ms, something for the body under way to send or to end for. */
  async #newsWithin(ms: number): Promise<boolean> {
    const isNews = (): boolean => this.#hasMore() || this.#digest !== undefined || this.#restarts;
    if (this.#hasMore() && this.#failure === undefined) return true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), ms));
    try {
      return await Promise.race([this.#until(isNews).then(() => true), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo() && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  #hasMore(): boolean {
    return !this.#copies.empty || !this.#literals.empty;
  }

  /** Writes ranges that wait, up to a piece of literals. */
  #write(encoder: CommandEncoder): void {
    let literalBytes = 0;
    for (let i = 0; i < RANGES_AT_ONCE && literalBytes < LITERAL_BYTES_AT_ONCE; i++) {
      if (isCopy(this.#copies)) {
        const { source, target, length } = this.#copies.take(Number.MAX_SAFE_INTEGER);
        encoder.copy(source, target, length);
        this.settled += length;
      } else if (this.#literals.empty) {
        return;
      } else {
        literalBytes += this.#writeLiteral(encoder);
      }
    }
  }

  /** Writes the first literal that waits, or a piece of it. */
  #writeLiteral(encoder: CommandEncoder): number {
    const queue = this.#literals;
    const begin = queue.firstTarget;
    if (this.#reader.held(begin) === 0) {
      this.#reader.read(begin, queue.reach(GAP_BYTES, READ_BYTES));
    }
    const { target, length } = queue.take(this.#reader.held(begin));
    this.settled += length;
    const bytes = this.#reader.bytes(target, length);
    if (isZero(bytes)) {
      encoder.zero(target, length);
    } else {
      // A long piece belongs to whoever sends it; a short one is copied.
      if (length >= BY_REFERENCE_BYTES) this.#reader.lend();
      encoder.literal(target, bytes);
    }
    return length;
  }
}

function isCopy(queue: RangeQueue): boolean {
  return !queue.empty && queue.firstSource !== LITERAL;
}

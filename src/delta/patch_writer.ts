import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { BY_REFERENCE_BYTES, DeltaEncoder } from "./encoder.ts";
import { addTotals, type DeltaTotals, noTotals } from "./format.ts";
import { LITERAL, RangeQueue } from "./range_queue.ts";
import { isZero } from "./zeros.ts";

/** How long a body may wait for something to send before it ends and leaves the rest to the next one, in ms. */
const IDLE_MS = 5_000;

/** How a patch writer writes. */
export interface PatchWriterOptions {
  /**
   * `any`: copies leave before literals, which are slower to send, for a target that is put together at
   * absolute places. `target`: both leave in the order of the target, for one that is appended to.
   */
  readonly order?: "any" | "target";
}

/** So many copies are written before the body's length is looked at. */
const COPIES_AT_ONCE = 4096;

/** Literals are read and sent in pieces of this size. */
const PIECE_BYTES = 256 << 10;

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
  readonly #totals = noTotals();
  #digest: Uint8Array | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #wake: () => void = () => {};
  #complete = false;
  #spare: Uint8Array<ArrayBuffer> | undefined;
  /** Bytes of bodies produced so far. */
  bytes = 0;
  /** Bytes of the new file that the bodies produced so far account for. */
  settled = 0;

  /**
   * @param source The new file.
   * @param verifyUnchanged Makes sure, when everything has been read, that it is still the same.
   * @param options In which order; any where absent.
   */
  constructor(
    source: OpenFile,
    verifyUnchanged: () => void = () => {},
    { order = "any" }: PatchWriterOptions = {},
  ) {
    this.#source = source;
    this.#verifyUnchanged = verifyUnchanged;
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

  /** Everything has been found: the last body ends with this session digest of the new file. */
  finish(digest: Uint8Array): void {
    this.#digest = digest;
    this.#wake();
  }

  /** The sync has failed: the body under way breaks off, so that the server does not take it for whole. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wake();
  }

  /** Resolves when there is something to send, or to end with. */
  async ready(): Promise<void> {
    while (!this.#hasMore() && this.#digest === undefined && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure.reason;
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
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let written = 0;
    const sizes = { oldSize, newSize: this.#source.size };
    const encoder = new DeltaEncoder(sizes, (piece) => {
      pieces.push(piece);
      written += piece.length;
      this.bytes += piece.length;
    });
    for (;;) {
      // A body that stands still would be taken for a dead one, by a proxy sooner than by the server.
      const idle = !await this.#readyWithin(IDLE_MS);
      const full = idle || written >= limit;
      if (!full && this.#hasMore()) {
        this.#write(encoder);
        // Waiting comes next: what has been gathered should not wait as well.
        if (!this.#hasMore()) encoder.flush();
      } else if (full) {
        addTotals(this.#totals, encoder.totals);
        encoder.part();
      } else {
        this.#verifyUnchanged();
        addTotals(this.#totals, encoder.totals);
        encoder.end(this.#digest!, this.#totals);
        this.#complete = true;
      }
      yield* pieces.splice(0);
      if (full || this.#complete) return;
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
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    const { size: newSize, fd, name } = this.#source;
    const encoder = new DeltaEncoder({ oldSize, newSize }, (piece) => {
      pieces.push(piece);
      this.bytes += piece.length;
    });
    for (const segment of segments) {
      const begin = segment * SEGMENT_BYTES;
      const piece = new Uint8Array(Math.min(SEGMENT_BYTES, newSize - begin));
      readFully(fd, piece, 0, piece.length, begin, name);
      encoder.literal(begin, piece);
      yield* pieces.splice(0);
    }
    this.#verifyUnchanged();
    encoder.part();
    addTotals(this.#totals, encoder.totals);
    yield* pieces.splice(0);
  }

  async #readyWithin(ms: number): Promise<boolean> {
    if (this.#hasMore() && this.#failure === undefined) return true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), ms));
    try {
      return await Promise.race([this.ready().then(() => true), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #hasMore(): boolean {
    return !this.#copies.empty || !this.#literals.empty;
  }

  /** Writes copies that wait, up to the first literal among them, and one piece of literals. */
  #write(encoder: DeltaEncoder): void {
    for (let i = 0; i < COPIES_AT_ONCE && isCopy(this.#copies); i++) {
      const { source, target, length } = this.#copies.take(Number.MAX_SAFE_INTEGER);
      encoder.copy(source, target, length);
      this.settled += length;
    }
    if (this.#literals.empty || isCopy(this.#literals)) return;
    const { target, length } = this.#literals.take(PIECE_BYTES);
    this.settled += length;
    // A long piece belongs to whoever sends it; a short one is copied, and one of zeros can be read into again.
    const piece = (this.#spare ?? new Uint8Array(PIECE_BYTES)).subarray(0, length);
    const { fd, name } = this.#source;
    readFully(fd, piece, 0, length, target, name);
    const zeros = isZero(piece);
    if (zeros) encoder.zero(target, length);
    else encoder.literal(target, piece);
    const free = zeros || length < BY_REFERENCE_BYTES;
    this.#spare = free ? new Uint8Array(piece.buffer) : undefined;
  }
}

function isCopy(queue: RangeQueue): boolean {
  return !queue.empty && queue.firstSource !== LITERAL;
}

import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { LITERAL, RangeQueue, sourceAfter } from "./range_queue.ts";

/** Bytes of one segment of the target, in their order, in columns. */
export interface SegmentBatch {
  /** Where they begin in the target. */
  readonly target: number;
  /** How many they are; they never cross a segment's edge. */
  readonly length: number;
  /** Where ranges of them lie in the basis, or `LITERAL` or `ZEROS`. */
  readonly sources: Float64Array<ArrayBuffer>;
  /** How long the ranges are. */
  readonly lengths: Uint32Array<ArrayBuffer>;
  /** The bytes of the literals among them, one after the other. */
  readonly literals: Uint8Array<ArrayBuffer>;
}

/**
 * Ranges of one batch at most: what a lane does in one job should not take long. Only chunks far below the usual
 * sizes make so many, and a segment in several batches is read back once to be hashed.
 */
const BATCH_RANGES = 1024;

/**
 * Gathers copies, literals and zeros that follow each other into batches, which end at the target's segment
 * edges.
 */
export class BatchCutter {
  readonly #size: number;
  readonly #waiting = new RangeQueue();
  /** The bytes of the literals that wait, as views of what came: from the first one's #viewBegin on. */
  #views: Uint8Array[] = [];
  #firstView = 0;
  #viewBegin = 0;
  readonly #sources = new Float64Array(BATCH_RANGES);
  readonly #lengths = new Uint32Array(BATCH_RANGES);
  #count = 0;
  #target = 0;
  #filled = 0;
  #literals = new Uint8Array(0);
  #literalBytes = 0;
  readonly #spares: Uint8Array<ArrayBuffer>[] = [];

  /** @param size Size of the target in bytes. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Whether all that came is in batches; one may be unfinished. */
  get empty(): boolean {
    return this.#waiting.empty;
  }

  /** Adds bytes of the basis, or zeros. */
  push(source: number, target: number, length: number): void {
    this.#waiting.push(source, target, length);
  }

  /** Adds new bytes, which must stay what they are until {@linkcode empty}. */
  pushLiteral(target: number, bytes: Uint8Array): void {
    this.#waiting.push(LITERAL, target, bytes.length);
    this.#views.push(bytes);
  }

  /**
   * Puts what waits into the batch at hand.
   *
   * @returns Whether the batch is complete, for {@linkcode take}; if not, nothing waits any more.
   */
  fill(): boolean {
    while (!this.#complete()) {
      if (this.#waiting.empty) return false;
      if (this.#count === 0) this.#target = this.#waiting.firstTarget;
      const { source, length } = this.#waiting.take(this.#edge() - this.#target - this.#filled);
      if (source === LITERAL) this.#gather(length);
      this.#append(source, length);
    }
    return true;
  }

  /** Takes the batch at hand, complete or not. */
  take(): SegmentBatch {
    const batch = {
      target: this.#target,
      length: this.#filled,
      sources: this.#sources.slice(0, this.#count),
      lengths: this.#lengths.slice(0, this.#count),
      literals: this.#literals.subarray(0, this.#literalBytes),
    };
    this.#count = 0;
    this.#filled = 0;
    this.#literals = new Uint8Array(0);
    this.#literalBytes = 0;
    return batch;
  }

  /** Gives a batch's literals back when it is done with, as memory for another one's. */
  recycle(literals: Uint8Array<ArrayBuffer>): void {
    if (literals.buffer.byteLength > 0) this.#spares.push(new Uint8Array(literals.buffer));
  }

  #complete(): boolean {
    if (this.#count === 0) return false;
    return this.#count === BATCH_RANGES || this.#target + this.#filled === this.#edge();
  }

  /** The end of the segment that the batch is in. */
  #edge(): number {
    const segment = Math.floor(this.#target / SEGMENT_BYTES);
    return Math.min(this.#size, (segment + 1) * SEGMENT_BYTES);
  }

  #append(source: number, length: number): void {
    const last = this.#count - 1;
    this.#filled += length;
    // The queue joins what waits in it; this is the rest of what had been taken from it before.
    if (last >= 0 && sourceAfter(this.#sources[last]!, this.#lengths[last]!) === source) {
      this.#lengths[last]! += length;
      return;
    }
    this.#sources[this.#count] = source;
    this.#lengths[this.#count] = length;
    this.#count++;
  }

  #gather(length: number): void {
    if (this.#literals.length === 0) {
      this.#literals = this.#spares.pop() ??
        new Uint8Array(Math.min(SEGMENT_BYTES, this.#size));
    }
    const end = this.#literalBytes + length;
    while (this.#literalBytes < end) {
      const view = this.#views[this.#firstView]!;
      const viewEnd = Math.min(view.length, this.#viewBegin + end - this.#literalBytes);
      const part = view.subarray(this.#viewBegin, viewEnd);
      this.#literals.set(part, this.#literalBytes);
      this.#literalBytes += part.length;
      this.#viewBegin = viewEnd;
      if (viewEnd < view.length) return;
      this.#viewBegin = 0;
      this.#firstView++;
    }
    // Not shifted out one by one, which takes quadratic time where a piece holds very many.
    if (this.#firstView < this.#views.length) return;
    this.#views = [];
    this.#firstView = 0;
  }
}

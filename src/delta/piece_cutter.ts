import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import type { CopyPieces } from "./piece_applier.ts";
import { RangeQueue } from "./range_queue.ts";

/** Bytes and pieces of one job for a lane, at most. */
const JOB_BYTES = 2 * SEGMENT_BYTES;
const JOB_PIECES = 256;

/** Cuts copies into jobs for the lanes: pieces that end at the target's segment edges. */
export class PieceCutter {
  readonly #copies = new RangeQueue();

  /** Whether no copy waits. */
  get empty(): boolean {
    return this.#copies.empty;
  }

  /** Adds a copy. */
  push(source: number, target: number, length: number): void {
    this.#copies.push(source, target, length);
  }

  /**
   * Takes the next job; there must be a copy.
   *
   * @returns Pieces in the order the copies came, and how many bytes they are.
   */
  next(): CopyPieces & { readonly bytes: number } {
    const sources: number[] = [];
    const targets: number[] = [];
    const lengths: number[] = [];
    let bytes = 0;
    while (!this.#copies.empty && lengths.length < JOB_PIECES && bytes < JOB_BYTES) {
      const toEdge = SEGMENT_BYTES - this.#copies.firstTarget % SEGMENT_BYTES;
      const { source, target, length } = this.#copies.take(toEdge);
      sources.push(source);
      targets.push(target);
      lengths.push(length);
      bytes += length;
    }
    return {
      sources: Float64Array.from(sources),
      targets: Float64Array.from(targets),
      lengths: Uint32Array.from(lengths),
      bytes,
    };
  }
}

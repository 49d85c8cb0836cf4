import type { ScanKernel } from "./kernel/scan_kernel.ts";
import type { ChunkParameters } from "./parameters.ts";
import { candidateBits } from "./rule_k.ts";

/** How far to cut from the true start before looking whether the guess has been met; a few chunks. */
const STRETCH_BYTES = 64 << 10;

/**
 * Cuts one block by rule K while it is not yet known where its first chunk starts.
 *
 * From any start the cuts come to be the same after a few chunks, because candidates do not depend on it. So a
 * lane cuts its block from a guessed start first, beside the other lanes, and again from the true start only
 * until an end is met that both have: some 20 KB in a MiB. Where they never meet, as in zeros, all of the
 * block is cut again; that is slower, and the cuts are rule K's all the same.
 */
export class BlockCutter {
  readonly #kernel: ScanKernel;
  readonly #length: number;
  readonly #available: number;
  readonly #bits: number;
  readonly #min: number;
  readonly #max: number;

  /**
   * @param kernel The kernel with the block in its memory.
   * @param length The block's length in bytes.
   * @param available Bytes in memory: the block and a maximal chunk, or what there is up to the file's end.
   * @param parameters Rule K's sizes.
   */
  constructor(kernel: ScanKernel, length: number, available: number, parameters: ChunkParameters) {
    this.#kernel = kernel;
    this.#length = length;
    this.#available = available;
    this.#bits = candidateBits(parameters.avg);
    this.#min = parameters.min;
    this.#max = parameters.max;
  }

  /** The ends of the chunks that begin in the block, from a start within it or beyond. */
  from(start: number): Uint32Array {
    return this.#cut(start, this.#length).slice();
  }

  /**
   * The same, with what is known from a guessed start.
   *
   * @param start The true start.
   * @param guessed What {@linkcode from} gave for another one.
   */
  fromWith(start: number, guessed: Uint32Array): Uint32Array {
    const ends: number[] = [];
    let at = 0;
    for (let from = start; from < this.#length;) {
      for (const end of this.#cut(from, Math.min(this.#length, from + STRETCH_BYTES))) {
        ends.push(end);
        from = end;
        while (at < guessed.length && guessed[at]! < end) at++;
        if (guessed[at] !== end) continue;
        const whole = new Uint32Array(ends.length + guessed.length - at - 1);
        whole.set(ends);
        whole.set(guessed.subarray(at + 1), ends.length);
        return whole;
      }
    }
    return Uint32Array.from(ends);
  }

  #cut(start: number, until: number): Uint32Array {
    if (start >= until) return new Uint32Array(0);
    const count = this.#kernel.cut(
      start,
      until,
      this.#available,
      this.#bits,
      this.#min,
      this.#max,
    );
    return this.#kernel.ends.subarray(0, count);
  }
}

/** The source of bytes that are sent: a literal. */
export const LITERAL = -1;

/** The source of bytes that are zero. */
export const ZEROS = -2;

/**
 * Ranges waiting in line, in one column of triples: (source, target, length) in bytes. Appending and taking
 * are cheap however many wait. A source below 0 is no place but a mark, {@linkcode LITERAL} or
 * {@linkcode ZEROS}, which all bytes of a range share.
 */
export class RangeQueue {
  #column = new Float64Array(3 * 64);
  #begin = 0;
  #end = 0;

  /** Whether none waits. */
  get empty(): boolean {
    return this.#begin === this.#end;
  }

  /** Where the first range begins in the basis, or its mark; there must be one. */
  get firstSource(): number {
    return this.#column[this.#begin]!;
  }

  /** Where the first range begins in the target; there must be one. */
  get firstTarget(): number {
    return this.#column[this.#begin + 1]!;
  }

  /** Adds a range at the end, or lengthens the last one where it continues it in both files. */
  push(source: number, target: number, length: number): void {
    const last = this.#end - 3;
    if (last >= this.#begin) {
      const held = this.#column[last + 2]!;
      if (
        sourceAfter(this.#column[last]!, held) === source &&
        this.#column[last + 1]! + held === target
      ) {
        this.#column[last + 2] = held + length;
        return;
      }
    }
    if (this.#end === this.#column.length) this.#makeRoom();
    this.#column[this.#end] = source;
    this.#column[this.#end + 1] = target;
    this.#column[this.#end + 2] = length;
    this.#end += 3;
  }

  /**
   * Takes up to `limit` bytes off the front of the first range.
   *
   * @param limit At least 1.
   * @returns The bytes taken; there must be a range.
   */
  take(limit: number): { source: number; target: number; length: number } {
    const at = this.#begin;
    const source = this.#column[at]!;
    const target = this.#column[at + 1]!;
    const held = this.#column[at + 2]!;
    const length = Math.min(held, limit);
    if (length === held) {
      this.#begin += 3;
    } else {
      this.#column[at] = sourceAfter(source, length);
      this.#column[at + 1] = target + length;
      this.#column[at + 2] = held - length;
    }
    return { source, target, length };
  }

  /**
   * How far bytes to send lie close together from the first range on, which must be some.
   *
   * @param gap Bytes between two of them that are not close any more.
   * @param limit How far to look, in bytes.
   * @returns Where the last range that lies within the limit whole ends in the target; the first one counts as far as
   * the limit goes.
   */
  reach(gap: number, limit: number): number {
    const begin = this.firstTarget;
    let end = begin + Math.min(this.#column[this.#begin + 2]!, limit);
    for (let at = this.#begin + 3; at < this.#end; at += 3) {
      const target = this.#column[at + 1]!;
      if (target < end || target - end >= gap) break;
      if (this.#column[at] !== LITERAL) continue;
      const after = target + this.#column[at + 2]!;
      if (after > begin + limit) break;
      end = after;
    }
    return end;
  }

  #makeRoom(): void {
    const waiting = this.#column.subarray(this.#begin, this.#end);
    if (waiting.length * 2 <= this.#column.length) {
      this.#column.copyWithin(0, this.#begin, this.#end);
    } else {
      const longer = new Float64Array(this.#column.length * 2);
      longer.set(waiting);
      this.#column = longer;
    }
    this.#begin = 0;
    this.#end = waiting.length;
  }
}

/**
 * Where a range goes on that begins at `source`. A mark plus a length could be some copy's place, which
 * would then be taken for more of a literal.
 *
 * @param source A place in the basis or a mark.
 * @param length How many bytes lie between, at least 1.
 * @returns Another place, or the same mark.
 */
export function sourceAfter(source: number, length: number): number {
  return source < 0 ? source : source + length;
}

/** Ranges of a file in columns, in order, none of which touches the next. */
export interface Ranges {
  /** Where they begin, in bytes. */
  readonly begins: Float64Array<ArrayBuffer>;
  /** Where they end: one past the last byte. */
  readonly ends: Float64Array<ArrayBuffer>;
}

/** Gathers ranges in whatever order they come; they may touch and overlap. */
export class RangeCollector {
  #begins = new Float64Array(64);
  #ends = new Float64Array(64);
  #count = 0;

  /**
   * Adds a range.
   *
   * @param begin Where it begins.
   * @param end Where it ends; after its beginning.
   */
  add(begin: number, end: number): void {
    const last = this.#count - 1;
    if (last >= 0 && this.#ends[last] === begin) {
      this.#ends[last] = end;
      return;
    }
    if (this.#count === this.#begins.length) {
      this.#begins = doubled(this.#begins);
      this.#ends = doubled(this.#ends);
    }
    this.#begins[this.#count] = begin;
    this.#ends[this.#count++] = end;
  }

  /** Adds ranges. */
  addAll({ begins, ends }: Ranges): void {
    for (let i = 0; i < begins.length; i++) this.add(begins[i]!, ends[i]!);
  }

  /** All that was added, in order, with what touches or overlaps made one. */
  merged(): Ranges {
    // Sorted each by itself they still tell where nothing is covered: before a beginning that comes after as many ends.
    const begins = this.#begins.slice(0, this.#count).sort();
    const ends = this.#ends.slice(0, this.#count).sort();
    let kept = 0;
    for (let i = 0; i < begins.length; i++) {
      if (i > 0 && begins[i]! <= ends[i - 1]!) {
        ends[kept - 1] = ends[i]!;
        continue;
      }
      begins[kept] = begins[i]!;
      ends[kept++] = ends[i]!;
    }
    return { begins: begins.slice(0, kept), ends: ends.slice(0, kept) };
  }
}

/** How many bytes ranges cover. */
export function coveredBytes({ begins, ends }: Ranges): number {
  let bytes = 0;
  for (let i = 0; i < begins.length; i++) bytes += ends[i]! - begins[i]!;
  return bytes;
}

/**
 * What of some ranges is not in others.
 *
 * @param from The ranges.
 * @param taken What to leave out.
 * @returns The rest.
 */
export function rangesWithout(from: Ranges, taken: Ranges): Ranges {
  const rest = new RangeCollector();
  let next = 0;
  for (let i = 0; i < from.begins.length; i++) {
    const end = from.ends[i]!;
    let at = from.begins[i]!;
    while (next < taken.begins.length && taken.ends[next]! <= at) next++;
    for (let j = next; j < taken.begins.length && taken.begins[j]! < end; j++) {
      if (taken.begins[j]! > at) rest.add(at, taken.begins[j]!);
      at = Math.max(at, taken.ends[j]!);
    }
    if (at < end) rest.add(at, end);
  }
  return rest.merged();
}

/** One range of all bytes; none where there are none. */
export function wholeRange(size: number): Ranges {
  return size === 0
    ? { begins: new Float64Array(0), ends: new Float64Array(0) }
    : { begins: Float64Array.of(0), ends: Float64Array.of(size) };
}

/** Some ranges, or pieces of ranges, for one job. */
export interface RangePieces {
  readonly begins: Float64Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/**
 * Deals ranges out in portions of about equal size.
 *
 * @param ranges The ranges.
 * @param bytes The most bytes in a portion; ranges that are longer are taken apart.
 * @param unit Pieces are whole multiples of it; what is left of a range is left out. 1 leaves nothing out.
 */
export function* portions(ranges: Ranges, bytes: number, unit: number): Generator<RangePieces> {
  const most = Math.floor(bytes / unit) * unit;
  let begins: number[] = [];
  let lengths: number[] = [];
  let held = 0;
  for (let i = 0; i < ranges.begins.length; i++) {
    let at = ranges.begins[i]!;
    let left = Math.floor((ranges.ends[i]! - at) / unit) * unit;
    while (left > 0) {
      const length = Math.min(left, most - held);
      begins.push(at);
      lengths.push(length);
      at += length;
      left -= length;
      held += length;
      if (held < most) continue;
      yield { begins: Float64Array.from(begins), lengths: Uint32Array.from(lengths) };
      begins = [];
      lengths = [];
      held = 0;
    }
  }
  if (held > 0) yield { begins: Float64Array.from(begins), lengths: Uint32Array.from(lengths) };
}

function doubled(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(column.length * 2);
  longer.set(column);
  return longer;
}

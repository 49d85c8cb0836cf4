import { ParasyncError } from "../errors.ts";

/** What to cover, and in what steps. */
export interface CoverageOptions {
  /** Size of the target, in bytes. */
  readonly size: number;
  /** Bytes in a segment, at most 2^32 - 1; the last may be shorter. */
  readonly segmentBytes: number;
  /** The most separate ranges to remember, at least 1; a peer that scatters its commands must not take all memory. */
  readonly maxIntervals: number;
  /** Told of segments `[first, end)` as soon as every byte of them has been counted. */
  readonly onSegments?: (first: number, end: number) => void;
}

/** How many intervals there is room for at first. */
const FIRST_CAPACITY = 1024;

/**
 * Keeps account of which bytes of the target have been written, and refuses any that are written twice.
 *
 * Intervals are appended as they come, in two columns. When the columns are full they are sorted and
 * neighbours joined; the columns then grow until they are half empty, so that adding n intervals in any
 * order costs O(n log n). An overlap is noticed at once where the counts give it away and otherwise when
 * the columns are next sorted, at the latest in {@linkcode assertExact}. After an error the account is worth nothing.
 */
export class Coverage {
  readonly #size: number;
  readonly #segmentBytes: number;
  readonly #maxIntervals: number;
  readonly #onSegments: ((first: number, end: number) => void) | undefined;
  readonly #segmentCovered: Uint32Array<ArrayBuffer>;
  #begins: Float64Array<ArrayBuffer>;
  #ends: Float64Array<ArrayBuffer>;
  #count = 0;
  #covered = 0;

  /** @param options What to cover. */
  constructor(options: CoverageOptions) {
    const { size, segmentBytes, maxIntervals } = options;
    this.#size = size;
    this.#segmentBytes = segmentBytes;
    this.#maxIntervals = maxIntervals;
    this.#onSegments = options.onSegments;
    this.#segmentCovered = new Uint32Array(Math.ceil(size / segmentBytes));
    const capacity = Math.min(FIRST_CAPACITY, 2 * maxIntervals);
    this.#begins = new Float64Array(capacity);
    this.#ends = new Float64Array(capacity);
  }

  /** Bytes covered so far. */
  get covered(): number {
    return this.#covered;
  }

  /**
   * Counts bytes of the target as written.
   *
   * @param target Where they begin.
   * @param length How many there are, at least 1.
   * @throws {ParasyncError} `bad_request` when they are outside the target or some of them are known to
   * have been counted before, `too_large` when there are too many separate ranges.
   */
  add(target: number, length: number): void {
    const end = target + length;
    if (!(target >= 0 && length >= 1 && length <= this.#size && target <= this.#size - length)) {
      throw new ParasyncError(
        "bad_request",
        `Cannot cover bytes ${target} to ${end}: the target has ${this.#size}`,
      );
    }
    this.#covered += length;
    if (this.#covered > this.#size) throw twice(target);
    const last = this.#count - 1;
    if (last >= 0 && this.#ends[last] === target) {
      this.#ends[last] = end;
    } else {
      if (this.#count === this.#begins.length) this.#makeRoom();
      this.#begins[this.#count] = target;
      this.#ends[this.#count] = end;
      this.#count += 1;
    }
    this.#countSegments(target, end);
  }

  /**
   * Whether every byte of a segment has been counted.
   *
   * @param index Which segment.
   * @returns False for segments there are none of.
   */
  segmentComplete(index: number): boolean {
    return this.#segmentCovered[index] === this.#segmentLength(index);
  }

  /**
   * What has not been counted yet.
   *
   * @returns The first byte of each gap and the one after its last, pair after pair, in order.
   * @throws {ParasyncError} `bad_request` when some bytes have been counted twice.
   */
  gaps(): Float64Array<ArrayBuffer> {
    this.#join();
    const gaps = new Float64Array(2 * this.#count + 2);
    let filled = 0;
    let at = 0;
    for (let i = 0; i <= this.#count; i++) {
      const begin = i < this.#count ? this.#begins[i]! : this.#size;
      if (begin > at) {
        gaps[filled++] = at;
        gaps[filled++] = begin;
      }
      at = this.#ends[i]!;
    }
    return gaps.slice(0, filled);
  }

  /**
   * Asserts that every byte of the target has been counted exactly once.
   *
   * @throws {ParasyncError} `bad_request` when some have been counted twice, `stream` when some are
   * missing.
   */
  assertExact(): void {
    const [begin, end] = this.gaps();
    if (begin === undefined) return;
    throw new ParasyncError(
      "stream",
      `Cannot complete the target: no command made its bytes ${begin} to ${end! - 1}`,
    );
  }

  #countSegments(begin: number, end: number): void {
    let completeFrom = -1;
    let index = Math.floor(begin / this.#segmentBytes);
    // Segments that were counted full once never are again, so all calls together visit each of them
    // once, and beside them two for each call.
    for (let at = begin; at < end; index++) {
      const length = this.#segmentLength(index);
      const next = Math.min(end, index * this.#segmentBytes + length);
      const covered = this.#segmentCovered[index]! + (next - at);
      if (covered > length) throw twice(at);
      this.#segmentCovered[index] = covered;
      if (covered === length && completeFrom < 0) completeFrom = index;
      // Only the last segment of a call can be left incomplete after a complete one.
      if (covered < length && completeFrom >= 0) break;
      at = next;
    }
    if (completeFrom >= 0) this.#onSegments?.(completeFrom, index);
  }

  #segmentLength(index: number): number {
    return Math.min(this.#segmentBytes, this.#size - index * this.#segmentBytes);
  }

  #makeRoom(): void {
    this.#join();
    if (this.#count > this.#maxIntervals) {
      throw new ParasyncError(
        "too_large",
        `Cannot keep account of the target: it is covered in more than ${this.#maxIntervals} ranges`,
      );
    }
    if (this.#count <= this.#begins.length / 2) return;
    const capacity = Math.min(2 * this.#begins.length, 2 * this.#maxIntervals);
    this.#begins = grown(this.#begins, capacity);
    this.#ends = grown(this.#ends, capacity);
  }

  /**
   * Sorts the intervals and joins neighbours.
   *
   * The columns are sorted each by itself: disjoint intervals stay paired so, and if any two overlap then
   * some begin lies before the end in the place before it. (At a byte that is covered twice, two more
   * intervals have begun than have ended.)
   */
  #join(): void {
    const begins = this.#begins.subarray(0, this.#count).sort();
    const ends = this.#ends.subarray(0, this.#count).sort();
    let joined = 0;
    for (let i = 0; i < begins.length; i++) {
      const begin = begins[i]!;
      const before = joined > 0 ? ends[joined - 1]! : -1;
      if (begin < before) throw twice(begin);
      if (begin === before) {
        ends[joined - 1] = ends[i]!;
      } else {
        begins[joined] = begin;
        ends[joined] = ends[i]!;
        joined += 1;
      }
    }
    this.#count = joined;
  }
}

function grown(column: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(column);
  return larger;
}

function twice(at: number): ParasyncError {
  return new ParasyncError(
    "bad_request",
    `Cannot cover the target: byte ${at} has been written already`,
  );
}

/**
 * Rule K, the one definition of content-defined chunks that all schemes here share, in its readable, sequential and
 * slow form. The scan kernel must agree with it on every byte, for any number of threads; tests hold the two together.
 *
 * **Fingerprint.** The fingerprint of a position p is 16 bits of its last {@linkcode FINGERPRINT_WINDOW} bytes, made
 * by folding them onto each other. Level 0 is the pair of bytes p − 1 and p; level i is
 *
 *     F_i(p) = F_{i-1}(p) xor m_i · F_{i-1}(p − d_i)   (mod 2^16)
 *
 * for the distances d of {@linkcode FOLD_DISTANCES} and odd multipliers m. So four runs of 12 bytes, 4 apart, take part.
 * It needs no table and nothing carried from position to position, so that SIMD lanes can compute it side by side, as
 * they cannot the Gear fingerprint that it stands for (ParaSync, FAST'26, §2.2 has a rolling hash here; which one
 * does not matter as long as both ends use the same). A second row of multipliers gives 16 more bits, which are
 * asked only where chunks are to be larger than 64 KiB on average.
 *
 * @module
 */
import { ParasyncError } from "../errors.ts";
import type { ChunkParameters } from "./parameters.ts";

/** What the fingerprint multiplies by. */
export interface FingerprintMultipliers {
  /** Odd multipliers of levels 1 to 5, for the high 16 bits. */
  readonly high: readonly number[];
  /** The same for the low 16 bits. */
  readonly low: readonly number[];
}

/** How far back each level folds, in bytes. */
export const FOLD_DISTANCES: readonly number[] = [1, 3, 6, 16, 32];

/** Bytes that decide about a position: itself and the 59 before it. */
export const FINGERPRINT_WINDOW = 2 + 1 + 3 + 6 + 16 + 32;

/**
 * The multipliers in use: set 38 of those that bench/cut_quality.ts numbers, the best of the first 300 on the first
 * halves of eight files (docs/chunking.md). Changing one changes every cut and {@linkcode FINGERPRINT_ID}.
 */
export const MULTIPLIERS: FingerprintMultipliers = {
  high: [2325, 23331, 56241, 6735, 58797],
  low: [40875, 42269, 12201, 16879, 14527],
};

/** Names the fingerprint in a session's agreement: both ends must cut alike. */
export const FINGERPRINT_ID = "fold60-a8447c6c361e07b6";

/**
 * The fingerprint's text for its digest: distances and multipliers in decimal.
 *
 * @param multipliers The multipliers.
 * @returns For example `1,3,6,16,32:…:…`.
 */
export function describeFingerprint({ high, low }: FingerprintMultipliers): string {
  return `${FOLD_DISTANCES}:${high}:${low}`;
}

/** F_level(position); bytes before the first count as zero. */
function fold(
  bytes: Uint8Array,
  position: number,
  level: number,
  multipliers: readonly number[],
): number {
  if (level === 0) return (bytes[position - 1] ?? 0) | (bytes[position] ?? 0) << 8;
  const near = fold(bytes, position, level - 1, multipliers);
  const far = fold(bytes, position - FOLD_DISTANCES[level - 1]!, level - 1, multipliers);
  return near ^ (Math.imul(far, multipliers[level - 1]!) & 0xffff);
}

/**
 * Whether a position is a candidate for a cut: the top `bits` bits of its fingerprint are all ones. (Ones, not
 * zeros, because a run of zero bytes has the fingerprint 0 and should not be cut to pieces.)
 *
 * @param bytes The file.
 * @param position Offset of the byte that would start the next chunk.
 * @param bits Base-2 logarithm of the mean distance of candidates in random data, 1 to 32.
 * @param multipliers Others than those in use, for studies.
 */
export function isCandidate(
  bytes: Uint8Array,
  position: number,
  bits: number,
  multipliers: FingerprintMultipliers = MULTIPLIERS,
): boolean {
  const levels = FOLD_DISTANCES.length;
  const highBits = Math.min(bits, 16);
  const high = fold(bytes, position, levels, multipliers.high);
  if (high >> (16 - highBits) !== 2 ** highBits - 1) return false;
  if (bits <= 16) return true;
  const low = fold(bytes, position, levels, multipliers.low);
  return low >> (32 - bits) === 2 ** (bits - 16) - 1;
}

/**
 * How many top bits of the fingerprint are tested for an average of `avg` bytes.
 *
 * @param avg A power of two, at least 2.
 * @returns Its base-2 logarithm.
 * @throws {ParasyncError} `usage` if it is not one.
 */
export function candidateBits(avg: number): number {
  const bits = Math.log2(avg);
  if (!Number.isInteger(bits) || bits < 1 || bits > 32) {
    throw new ParasyncError("usage", `Cannot chunk by an average of ${avg}: not a power of two`);
  }
  return bits;
}

/**
 * The chunks of a file by rule K: after a chunk's start b, with S the file's size, the next cut is S if at most
 * `min` bytes are left; otherwise the first candidate at or after b + min, but at most b + max and S. The candidate's
 * byte starts the next chunk.
 *
 * Since `min` is never below 64, which is more than {@linkcode FINGERPRINT_WINDOW}, no cut depends on what lies before
 * the file's first byte.
 *
 * @param bytes The file.
 * @param parameters The sizes, in bytes.
 * @returns The chunks' ends, in order; the last is the file's size. None for an empty file.
 * @throws {ParasyncError} `usage` if `avg` is not a power of two.
 */
export function cutsOf(bytes: Uint8Array, { min, avg, max }: ChunkParameters): number[] {
  const bits = candidateBits(avg);
  const size = bytes.length;
  const ends: number[] = [];
  let begin = 0;
  while (begin < size) {
    let end = size;
    if (size - begin > min) {
      end = begin + min;
      const limit = Math.min(begin + max, size);
      while (end < limit && !isCandidate(bytes, end, bits)) end++;
    }
    ends.push(end);
    begin = end;
  }
  return ends;
}

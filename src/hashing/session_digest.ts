/** The digest by which a session verifies a file: segments are hashed by many workers, in long calls. */
import { ParasyncError } from "../errors.ts";
import { type HashBackend, STRONG_BYTES } from "./backend.ts";

/** Bytes in a segment; only a file's last one may be shorter. */
export const SEGMENT_BYTES = 1 << 20;

const LENGTH_BYTES = 8;

/**
 * How many segments a file has; an empty file has none.
 *
 * @param size The file's size in bytes.
 * @returns The number of segments.
 * @throws {ParasyncError} `internal`, if the size is not a safe non-negative integer.
 */
export function segmentCount(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new ParasyncError("internal", `Cannot count segments: the size is ${size}`);
  }
  return Math.ceil(size / SEGMENT_BYTES);
}

/**
 * The session's digest of a file: BLAKE3-256 over its size (u64, little-endian), followed by the
 * BLAKE3-256 of each segment in order. The size in front keeps files apart whose segments' digests
 * could be read as another file's.
 *
 * @param backend Who hashes.
 * @param size The file's size in bytes.
 * @param segments The segments' digests, 32 bytes each, in the file's order.
 * @returns The 32 bytes of the digest.
 * @throws {ParasyncError} `internal`, if there are more or fewer digests than segments.
 */
export function sessionDigest(
  backend: HashBackend,
  size: number,
  segments: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const expected = STRONG_BYTES * segmentCount(size);
  if (segments.length !== expected) {
    throw new ParasyncError(
      "internal",
      `Cannot compute the session digest of ${size} bytes: ` +
        `the segments' digests have ${segments.length} bytes instead of ${expected}`,
    );
  }
  const input = new Uint8Array(LENGTH_BYTES + segments.length);
  new DataView(input.buffer).setBigUint64(0, BigInt(size), true);
  input.set(segments, LENGTH_BYTES);
  const digest = new Uint8Array(STRONG_BYTES);
  backend.strong(input, 0, input.length, digest, 0);
  return digest;
}

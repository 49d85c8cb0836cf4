import type { OpenFile } from "../files/open_file.ts";
import type { ScanKernel } from "../chunking/kernel/scan_kernel.ts";
import { readFully } from "../files/positional.ts";
import { readTogether } from "../files/read_together.ts";
import type { WriteTurn } from "../files/write_turn.ts";
import { type HashBackend, STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { writePiece } from "./window_write.ts";

/** The copies to apply, in columns; a piece never crosses a segment's edge in the target. */
export interface CopyPieces {
  /** Where the bytes lie in the basis. */
  readonly sources: Float64Array;
  /** Where they go in the target. */
  readonly targets: Float64Array;
  /** How many there are, at most {@linkcode SEGMENT_BYTES}. */
  readonly lengths: Uint32Array;
}

/** Digests of the target's segments, in columns. */
export interface SegmentDigests {
  /** Which segments. */
  readonly segments: Float64Array<ArrayBuffer>;
  /** 32 bytes for each of them. */
  readonly digests: Uint8Array<ArrayBuffer>;
}

/**
 * Enters digests among those of all segments.
 *
 * @param found Some segments' digests.
 * @param all 32 bytes for each segment of the file, in order.
 */
export function enterDigests({ segments, digests }: SegmentDigests, all: Uint8Array): void {
  for (let i = 0; i < segments.length; i++) {
    const digest = digests.subarray(i * STRONG_BYTES, (i + 1) * STRONG_BYTES);
    all.set(digest, segments[i]! * STRONG_BYTES);
  }
}

/**
 * Copies pieces of the basis to their absolute places in the target (ParaSync, FAST'26, §3.3.1).
 *
 * A piece that makes up a whole segment is hashed while it is in the cache, so that verifying it costs no
 * further read; pieces of zeros are not written, so they stay holes.
 *
 * @param kernel The lane's kernel, whose memory serves as the window.
 * @param backend Who computes the digests.
 * @param basis The file to copy from.
 * @param target The file to copy to, of its final size, never written before at these places.
 * @param turn The turn to write to the target.
 * @param pieces What to copy.
 * @returns The digests of the segments that were copied whole.
 */
export function applyPieces(
  kernel: ScanKernel,
  backend: HashBackend,
  basis: OpenFile,
  target: OpenFile,
  turn: WriteTurn,
  pieces: CopyPieces,
): SegmentDigests {
  const { memory, dataOffset } = kernel;
  const { sources, targets, lengths } = pieces;
  const whole: number[] = [];
  const digests = new Uint8Array(lengths.length * STRONG_BYTES);
  for (let first = 0; first < lengths.length;) {
    const last = readTogether(sources, lengths, first, lengths.length, SEGMENT_BYTES);
    const begin = sources[first]!;
    readFully(
      basis.fd,
      memory,
      dataOffset,
      sources[last - 1]! + lengths[last - 1]! - begin,
      begin,
      basis.name,
    );
    for (let i = first; i < last; i++) {
      const to = targets[i]!;
      const length = lengths[i]!;
      if (to % SEGMENT_BYTES !== 0 || length !== segmentLength(target.size, to)) continue;
      const at = dataOffset + sources[i]! - begin;
      backend.strong(memory, at, at + length, digests, whole.length * STRONG_BYTES);
      whole.push(to / SEGMENT_BYTES);
    }
    turn.take(() => {
      for (let i = first; i < last; i++) {
        const from = sources[i]! - begin;
        if (kernel.isZero(from, from + lengths[i]!)) continue;
        writePiece(kernel, target, from, targets[i]!, lengths[i]!, false);
      }
    });
    first = last;
  }
  return {
    segments: Float64Array.from(whole),
    digests: digests.slice(0, whole.length * STRONG_BYTES),
  };
}

/**
 * Reads segments of the target back and hashes them.
 *
 * @param kernel The lane's kernel, whose memory serves as the window.
 * @param backend Who computes the digests.
 * @param target The file.
 * @param segments Which segments.
 * @returns Their digests.
 */
export function hashSegments(
  kernel: ScanKernel,
  backend: HashBackend,
  target: OpenFile,
  segments: Float64Array<ArrayBuffer>,
): SegmentDigests {
  const { memory, dataOffset } = kernel;
  const digests = new Uint8Array(segments.length * STRONG_BYTES);
  for (let i = 0; i < segments.length; i++) {
    const begin = segments[i]! * SEGMENT_BYTES;
    const length = segmentLength(target.size, begin);
    readFully(target.fd, memory, dataOffset, length, begin, target.name);
    backend.strong(memory, dataOffset, dataOffset + length, digests, i * STRONG_BYTES);
  }
  return { segments, digests };
}

/**
 * How long a segment is.
 *
 * @param size The file's size in bytes.
 * @param begin Where the segment begins.
 */
export function segmentLength(size: number, begin: number): number {
  return Math.min(SEGMENT_BYTES, size - begin);
}

import type { ScanKernel } from "../chunking/kernel/scan_kernel.ts";
import { ParasyncError } from "../errors.ts";
import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import type { WriteTurn } from "../files/write_turn.ts";
import { type HashBackend, STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import type { SegmentBatch } from "./batch_cutter.ts";
import { segmentLength } from "./piece_applier.ts";
import { LITERAL, ZEROS } from "./range_queue.ts";
import { writeWindow } from "./window_write.ts";

/** What a lane appends to the target. */
export interface AppendBatch extends SegmentBatch {
  /** Whether the target has nothing but a hole there, so that zeros need not be written. */
  readonly fresh: boolean;
}

/** What became of a batch. */
export interface Appended {
  /** The segment's BLAKE3, if the batch was all of it. */
  readonly digest: Uint8Array<ArrayBuffer> | null;
  /** The batch's literals, which travel back to be filled again. */
  readonly literals: Uint8Array<ArrayBuffer>;
}

/**
 * Builds the next bytes of the target: copies, literals and zeros are put together in memory, hashed there if
 * they are a whole segment, and written, so that each byte is read, hashed and written once.
 *
 * @param kernel The lane's kernel, whose memory serves as the window.
 * @param backend Who computes the digest.
 * @param basis The file to copy from; null where there is none.
 * @param target The file to write to, of its final size.
 * @param turn The turn to write to the target.
 * @param batch What to build.
 * @returns The digest, and the batch's literals.
 * @throws {ParasyncError} `bad_request` for a copy where there is no basis, and whatever keeps the bytes from
 * being read or written.
 */
export function buildSegment(
  kernel: ScanKernel,
  backend: HashBackend,
  basis: OpenFile | null,
  target: OpenFile,
  turn: WriteTurn,
  batch: AppendBatch,
): Appended {
  const { memory, dataOffset } = kernel;
  assemble(kernel, basis, batch);
  let digest: Uint8Array<ArrayBuffer> | null = null;
  const whole = batch.target % SEGMENT_BYTES === 0 &&
    batch.length === segmentLength(target.size, batch.target);
  if (whole) {
    digest = new Uint8Array(STRONG_BYTES);
    backend.strong(memory, dataOffset, dataOffset + batch.length, digest, 0);
  }
  writeWindow(kernel, target, turn, batch.target, batch.length, batch.fresh);
  return { digest, literals: batch.literals };
}

function assemble(kernel: ScanKernel, basis: OpenFile | null, batch: AppendBatch): void {
  const { memory } = kernel;
  const { sources, lengths, literals } = batch;
  let at = kernel.dataOffset;
  let taken = 0;
  for (let i = 0; i < lengths.length; i++) {
    const source = sources[i]!;
    const length = lengths[i]!;
    if (source === LITERAL) {
      memory.set(literals.subarray(taken, taken + length), at);
      taken += length;
    } else if (source === ZEROS) {
      memory.fill(0, at, at + length);
    } else if (basis === null) {
      throw new ParasyncError("bad_request", "Cannot copy: there is no basis");
    } else {
      readFully(basis.fd, memory, at, length, source, basis.name);
    }
    at += length;
  }
}

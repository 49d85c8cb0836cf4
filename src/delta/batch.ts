import { BY_REFERENCE_BYTES } from "./command_encoder.ts";
import { MAX_VARINT_BYTES, putVarint } from "./varint.ts";

/** Commands of version 2 and the data of their LITERALs. */
export interface Batch {
  /** The commands, coded. */
  readonly commands: Uint8Array<ArrayBuffer>;
  /** The data, one LITERAL's behind the other's, cut anywhere. */
  readonly data: readonly Uint8Array<ArrayBuffer>[];
  /** Bytes of data. */
  readonly dataBytes: number;
}

/**
 * A batch as it is without compression.
 *
 * @param batch The batch.
 * @param head The varints that come first.
 * @returns Its pieces: one, but for long literals, which are not copied.
 */
export function batchPieces(
  { commands, data, dataBytes }: Batch,
  head: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer>[] {
  const copied = dataBytes < BY_REFERENCE_BYTES ? data : [];
  const first = joinPieces([head, commands, ...copied]);
  return copied === data ? [first] : [first, ...data];
}

/**
 * The varints that a batch begins with.
 *
 * @param commands Bytes of commands.
 * @param data Bytes of data.
 * @param coded Bytes that both have been compressed to, 0 where they are not; absent in a stream without
 * compression.
 */
export function batchHead(commands: number, data: number, coded?: number): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(3 * MAX_VARINT_BYTES);
  let at = putVarint(head, 0, commands);
  at = putVarint(head, at, data);
  if (coded !== undefined) at = putVarint(head, at, coded);
  return head.subarray(0, at);
}

/**
 * Pieces in one.
 *
 * @param pieces The pieces.
 * @returns Their bytes, in memory of their own.
 */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** What rdiff does with whole files: a signature of the old one, and a delta from the signature and the new one. */
import { LibrsyncDeltaEncoder } from "../delta/librsync_delta_encoder.ts";
import type { LibrsyncTotals } from "../delta/librsync_delta.ts";
import { displayName } from "../files/file_error.ts";
import type { PinnedFile } from "../files/pinned_file.ts";
import { STRONG_LENGTHS } from "../hashing/suite.ts";
import { createBlockTable } from "../matching/block_table.ts";
import {
  encodeSignatureBlocks,
  encodeSignatureHeader,
  SignatureDecoder,
  type SignatureHeader,
} from "../matching/librsync_signature.ts";
import { readReference } from "../workers/file_reference.ts";
import type { LaneGroup } from "../workers/lane_group.ts";

/** How many bytes of a file are in memory at once, beside what lanes hold. */
const WINDOW_BYTES = 1 << 20;

/** A signature as it was read. */
export type Signature = ReturnType<SignatureDecoder["finish"]>;

/** Takes bytes of a file that is made, in order, and is done with them when it returns. */
export type Write = (bytes: Uint8Array) => void;

/**
 * Makes the signature of a file.
 *
 * @param old The file.
 * @param header What the signature is of.
 * @param lanes Who works.
 * @param write Takes the signature.
 * @param signal Stops the work.
 * @returns How many blocks it has.
 * @throws {ParasyncError} `changed` where the file changes meanwhile, or what keeps it from being read.
 */
export async function writeSignature(
  old: PinnedFile,
  header: SignatureHeader,
  lanes: LaneGroup,
  write: Write,
  signal: AbortSignal,
): Promise<number> {
  const { block, strongBytes, rolling: weak, hash } = header;
  write(encodeSignatureHeader(header));
  let blocks = 0;
  await lanes.sign(readReference(old), block, { weak, strong: hash }, (_first, sums) => {
    write(encodeSignatureBlocks(sums.weaks, sums.strong, STRONG_LENGTHS[hash], strongBytes));
    blocks += sums.weaks.length;
  }, signal);
  old.verifyUnchanged();
  return blocks;
}

/**
 * Reads a signature.
 *
 * @param file Its file.
 * @returns Its header and blocks.
 * @throws {ParasyncError} As {@linkcode SignatureDecoder}, or what keeps the file from being read.
 */
export function readSignature(file: PinnedFile): Signature {
  const decoder = new SignatureDecoder(displayName(file.name));
  const window = new Uint8Array(Math.min(WINDOW_BYTES, file.size));
  for (let at = 0; at < file.size; at += window.length) {
    const length = Math.min(window.length, file.size - at);
    file.read(window, 0, length, at);
    decoder.push(window.subarray(0, length));
  }
  return decoder.finish();
}

/**
 * Makes the delta from a signature to a file, with the literals that rdiff finds: the longest last rest of the file
 * that is the signature's last block is a copy too, though the signature does not say how long that block is.
 *
 * @param signature The old file's signature.
 * @param source The new file.
 * @param lanes Who works.
 * @param write Takes the delta.
 * @param signal Stops the work.
 * @returns What the delta holds.
 * @throws {ParasyncError} `changed` where the file changes meanwhile, or what keeps it from being read.
 */
export async function writeDelta(
  { header, weaks, strong }: Signature,
  source: PinnedFile,
  lanes: LaneGroup,
  write: Write,
  signal: AbortSignal,
): Promise<LibrsyncTotals> {
  const { block, rolling: weak, hash: strongName, strongBytes } = header;
  const table = createBlockTable({
    block,
    basisSize: weaks.length * block,
    openEnd: true,
    weak,
    strongName,
    strongBytes,
    weaks,
    strong,
  });
  const encoder = new LibrsyncDeltaEncoder(write);
  const window = new Uint8Array(Math.min(WINDOW_BYTES, source.size));
  let settled = 0;
  const literalsTo = (end: number): void => {
    while (settled < end) {
      const length = Math.min(window.length, end - settled);
      source.read(window, 0, length, settled);
      encoder.literal(window.subarray(0, length));
      settled += length;
    }
  };
  const options = { from: 0, withSegments: false };
  await lanes.search(readReference(source), table, options, (found) => {
    for (let i = 0; i < found.targets.length; i++) {
      literalsTo(found.targets[i]!);
      encoder.copy(found.places[i]!, found.lengths[i]!);
      settled += found.lengths[i]!;
    }
    literalsTo(found.next);
  }, signal);
  source.verifyUnchanged();
  encoder.end();
  return encoder.totals;
}

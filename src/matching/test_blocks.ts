/** What the tests of block matching share: tables of a basis's blocks, and a plain search to compare with. */
import { createRollKernel, type RollName } from "../chunking/kernel/roll_kernel.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { type Checksums, openSuite, type StrongName } from "../hashing/suite.ts";
import { isRolled, signBlocks } from "./block_signature.ts";
import { type BlockTable, createBlockTable } from "./block_table.ts";

/** The checksums that blocks are compared by. */
export interface BlockKinds {
  readonly weak: RollName;
  readonly strong: StrongName;
}

/** Those of rsync in all its forms, and of skysync_f. */
export const BLOCK_KINDS: readonly BlockKinds[] = [
  { weak: "rollsum", strong: "blake2b" },
  { weak: "rabinkarp", strong: "md4" },
  { weak: "crc32", strong: "sha256" },
];

/** Who computes the strong checksums, and CRC-32. */
export function checksumsFor({ strong }: BlockKinds): Promise<Checksums> {
  return openSuite({ weak: "crc32", strong }, "0");
}

/**
 * The table of a basis's blocks.
 *
 * @param basis The basis.
 * @param block Bytes in a block.
 * @param kinds Which checksums.
 * @param strongBytes How many bytes of each strong checksum are kept; all where absent.
 */
export async function tableOf(
  basis: Uint8Array,
  block: number,
  kinds: BlockKinds,
  strongBytes?: number,
): Promise<BlockTable> {
  using folder = new TestFolder();
  using file = openPinned(folder.write("basis", basis));
  const checksums = await checksumsFor(kinds);
  const count = Math.ceil(basis.length / block);
  const kept = strongBytes ?? checksums.strongBytes;
  const weaks = new Uint32Array(count);
  const strong = new Uint8Array(count * kept);
  const options = { kind: kinds.weak, block, weaks: new Uint32Array(0), capacity: block };
  const kernel = createRollKernel(options);
  const rolled = isRolled(kinds.weak);
  for (let index = 0; index < count; index++) {
    const sums = signBlocks(kernel, rolled, checksums, file, block, index, 1);
    weaks[index] = sums.weaks[0]!;
    strong.set(sums.strong.subarray(0, kept), index * kept);
  }
  return createBlockTable({
    block,
    basisSize: basis.length,
    weak: kinds.weak,
    strongName: kinds.strong,
    strongBytes: kept,
    weaks,
    strong,
  });
}

/** Bytes of the new file that lie in the basis: where, where there, how many. */
export type Match = readonly [target: number, place: number, length: number];

/**
 * librsync's search by its definition: from the left, the window is compared with the blocks as content; the
 * lowest block that is equal is taken, else the window moves on by a byte. Its short last block can match
 * only the end of the new file.
 *
 * @param basis The basis.
 * @param file The new file.
 * @param block Bytes in a block.
 */
export function plainSearch(basis: Uint8Array, file: Uint8Array, block: number): Match[] {
  const matches: Match[] = [];
  const hashes = hashesOf(file, block);
  const blocks = new Map<number, number[]>();
  for (let at = 0; at + block <= basis.length; at += block) {
    const [hash] = hashesOf(basis.subarray(at, at + block), block);
    const alike = blocks.get(hash!) ?? [];
    if (!alike.some((place) => equal(basis, place, basis, at, block))) alike.push(at);
    blocks.set(hash!, alike);
  }
  let at = 0;
  while (at + block <= file.length) {
    const alike = blocks.get(hashes[at]!);
    const place = alike?.find((place) => equal(basis, place, file, at, block));
    if (place !== undefined) matches.push([at, place, block]);
    at += place === undefined ? 1 : block;
  }
  const tail = basis.length % block;
  const start = file.length - tail;
  const [last] = matches.at(-1) ?? [-block];
  const free = start >= last + block;
  if (tail > 0 && free && equal(basis, basis.length - tail, file, start, tail)) {
    matches.push([start, basis.length - tail, tail]);
  }
  return joined(matches);
}

/** Matches that continue each other in both files as one. */
export function joined(matches: readonly Match[]): Match[] {
  const all: Match[] = [];
  for (const [target, place, length] of matches) {
    const [lastTarget, lastPlace, lastLength] = all.at(-1) ?? [-1, -1, 0];
    if (lastTarget + lastLength === target && lastPlace + lastLength === place) {
      all[all.length - 1] = [lastTarget, lastPlace, lastLength + length];
    } else all.push([target, place, length]);
  }
  return all;
}

/** A polynomial hash of each window, modulo 2^32. */
function hashesOf(bytes: Uint8Array, window: number): Uint32Array {
  const hashes = new Uint32Array(Math.max(0, bytes.length - window + 1));
  let power = 1;
  for (let i = 0; i < window; i++) power = Math.imul(power, 0x01000193);
  let hash = 0;
  for (let i = 0; i < bytes.length; i++) {
    hash = Math.imul(hash, 0x01000193) + bytes[i]! + 1 | 0;
    if (i >= window) hash = hash - Math.imul(power, bytes[i - window]! + 1) | 0;
    if (i >= window - 1) hashes[i - window + 1] = hash;
  }
  return hashes;
}

function equal(a: Uint8Array, i: number, b: Uint8Array, j: number, length: number): boolean {
  if (i < 0 || j < 0 || i + length > a.length || j + length > b.length) return false;
  for (let k = 0; k < length; k++) if (a[i + k] !== b[j + k]) return false;
  return true;
}

import type { ScanKernel } from "../chunking/kernel/scan_kernel.ts";
import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import { readTogether } from "../files/read_together.ts";
import { type HashBackend, STRONG_BYTES } from "../hashing/backend.ts";

/** Blocks that are proven together. */
export const GROUP_BLOCKS = 256;

/**
 * Bytes of a proof. A sync has fewer than 2^16 groups, so that the chance that a wrong one passes is below 2^-48.
 */
export const PROOF_BYTES = 8;

/** The most bytes in a group; the window has room for two. */
const GROUP_BYTES = 1 << 20;

/** Blocks of one size, in groups: what lies at these places one behind the other is hashed. */
export interface BlockGroups {
  /** Bytes in a block; a group of them is at most 1 MiB. */
  readonly block: number;
  /** Where the blocks of all groups begin in their file. */
  readonly places: Float64Array<ArrayBuffer>;
  /** How many of them each group has. */
  readonly counts: Uint32Array<ArrayBuffer>;
}

/**
 * Makes the proof of each group: the beginning of BLAKE3 over its blocks. Long calls make this cost a fraction of
 * what hashing each block does.
 *
 * @param kernel A lane's kernel, whose memory serves as the window.
 * @param backend Who computes BLAKE3.
 * @param source The file.
 * @param groups The blocks.
 * @returns {@linkcode PROOF_BYTES} a group.
 */
export function proveGroups(
  { memory, dataOffset }: ScanKernel,
  backend: HashBackend,
  source: OpenFile,
  { block, places, counts }: BlockGroups,
): Uint8Array<ArrayBuffer> {
  const proofs = new Uint8Array(counts.length * PROOF_BYTES);
  const digest = new Uint8Array(STRONG_BYTES);
  let next = 0;
  for (let group = 0; group < counts.length; group++) {
    let filled = 0;
    for (const end = next + counts[group]!; next < end;) {
      const begin = places[next]!;
      const last = readTogether(places, block, next, end, GROUP_BYTES);
      const scratch = dataOffset + GROUP_BYTES;
      const length = places[last - 1]! + block - begin;
      readFully(source.fd, memory, scratch, length, begin, source.name);
      for (; next < last; next++, filled += block) {
        const from = scratch + places[next]! - begin;
        memory.copyWithin(dataOffset + filled, from, from + block);
      }
    }
    backend.strong(memory, dataOffset, dataOffset + filled, digest, 0);
    proofs.set(digest.subarray(0, PROOF_BYTES), group * PROOF_BYTES);
  }
  return proofs;
}

/**
 * Deals blocks out in groups, and groups in portions for one job each.
 *
 * @param found A bit for each block, the lowest bit of each byte first: which are meant.
 * @param count How many blocks there are.
 * @param block Bytes in a block.
 * @param placeOf Where a block begins; asked for in order.
 * @returns The groups that have any, in order, with their numbers.
 */
export function* groupsOf(
  found: Uint8Array,
  count: number,
  block: number,
  placeOf: (index: number) => number,
): Generator<BlockGroups & { readonly groups: readonly number[] }> {
  let places: number[] = [];
  let counts: number[] = [];
  let groups: number[] = [];
  const portion = (): BlockGroups & { readonly groups: readonly number[] } => ({
    block,
    places: Float64Array.from(places),
    counts: Uint32Array.from(counts),
    groups,
  });
  for (let first = 0; first < count; first += GROUP_BLOCKS) {
    const before = places.length;
    for (let index = first; index < Math.min(count, first + GROUP_BLOCKS); index++) {
      if (hasBit(found, index)) places.push(placeOf(index));
    }
    if (places.length === before) continue;
    counts.push(places.length - before);
    groups.push(first / GROUP_BLOCKS);
    if (places.length * block < PORTION_BYTES) continue;
    yield portion();
    [places, counts, groups] = [[], [], []];
  }
  if (places.length > 0) yield portion();
}

/** About how many bytes are hashed in one job. */
const PORTION_BYTES = 1 << 20;

/** Whether a bit is set in a bitmap, the lowest bit of each byte first. */
export function hasBit(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >> 3]! >> (index & 7)) & 1) === 1;
}

/** Sets a bit in a bitmap. */
export function setBit(bitmap: Uint8Array, index: number): void {
  bitmap[index >> 3]! |= 1 << (index & 7);
}

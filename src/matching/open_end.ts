/**
 * Where it is not known how long the basis's last block is, since a signature does not say: then the new file may
 * end in it at any of the places where less than a block is left. librsync lets its window shrink there and looks
 * every rest up; this finds the same, since only the last block can be as short as a rest.
 */
import type { RollName } from "../chunking/kernel/roll_kernel.ts";
import { ParasyncError } from "../errors.ts";
import { type HashBackend, STRONG_BYTES } from "../hashing/backend.ts";
import type { BlockLookup } from "./block_lookup.ts";

/** What librsync counts more for each byte in a rollsum; as in roll.as. */
const CHARACTER = 31;

/** librsync's multiplier in a Rabin-Karp hash; as in roll.as. */
const MULTIPLIER = 0x08104225;

/**
 * The longest rest of the new file, shorter than a block, that is the basis's last block.
 *
 * @param lookup The blocks.
 * @param checksums Computes the strong checksum.
 * @param from From where on the file is still unmatched, as a position in the kernel.
 * @param size Where the file ends, likewise.
 * @returns Its length, or 0.
 */
export function matchOpenEnd(
  lookup: BlockLookup,
  checksums: HashBackend,
  from: number,
  size: number,
): number {
  const { kernel: { memory, dataOffset }, table: { weak: kind, weaks, block } } = lookup;
  const last = weaks.length - 1;
  if (last < 0) return 0;
  const begin = dataOffset + Math.max(from, size - block + 1);
  const end = dataOffset + size;
  const strong = new Uint8Array(STRONG_BYTES);
  for (const at of restsOfWeak(kind, memory, begin, end, weaks[last]!)) {
    checksums.strong(memory, at, end, strong, 0);
    if (lookup.hasStrong(last, strong)) return end - at;
  }
  return 0;
}

/**
 * The places in [begin, end) from which on all that is left has a weak checksum.
 *
 * From the end on, so that each place costs a step. It is a loop over bytes, but over those of one block once.
 *
 * @param kind Which weak checksum; none of the schemes needs a CRC here.
 * @param memory Where the bytes are.
 * @param begin The first place.
 * @param end Where the bytes end.
 * @param weak The weak checksum.
 * @returns The places, in their order.
 * @throws {ParasyncError} `internal` for a CRC.
 */
export function restsOfWeak(
  kind: RollName,
  memory: Uint8Array,
  begin: number,
  end: number,
  weak: number,
): number[] {
  if (kind === "crc32") {
    throw new ParasyncError("internal", "Cannot search for a last block of unknown length by CRC");
  }
  const places = kind === "rollsum"
    ? restsOfRollsum(memory, begin, end, weak)
    : restsOfRabinkarp(memory, begin, end, weak);
  return places.reverse();
}

function restsOfRollsum(memory: Uint8Array, begin: number, end: number, weak: number): number[] {
  const places: number[] = [];
  // Both sums are kept modulo 2^32, of which 16 bits count.
  let s1 = 0;
  let s2 = 0;
  for (let at = end - 1; at >= begin; at--) {
    const counted = memory[at]! + CHARACTER;
    s1 = (s1 + counted) | 0;
    s2 = (s2 + Math.imul(end - at, counted)) | 0;
    if (((s2 << 16) | (s1 & 0xffff)) >>> 0 === weak) places.push(at);
  }
  return places;
}

function restsOfRabinkarp(memory: Uint8Array, begin: number, end: number, weak: number): number[] {
  const places: number[] = [];
  // A hash of n bytes begins with m^n, which the next byte in front replaces by x * m^n + m^(n+1).
  let hash = 1;
  let power = 1;
  for (let at = end - 1; at >= begin; at--) {
    hash = (hash + Math.imul(power, memory[at]! + MULTIPLIER - 1)) | 0;
    power = Math.imul(power, MULTIPLIER);
    if (hash >>> 0 === weak) places.push(at);
  }
  return places;
}

// The roll kernel, in AssemblyScript; build.ts compiles it (see scan.as for why it is not named .ts).
//
// Weak checksums that roll over a window, and their look-up: which windows of a piece of the new file have the
// weak checksum of a block of the basis. Everything it reads lies where roll_kernel.ts has put it.

/** librsync counts 31 more for each byte in a rollsum. */
const CHARACTER: u32 = 31;

/** librsync's multiplier in a Rabin-Karp hash, and what leaves with a byte beside it. */
const MULTIPLIER: u32 = 0x08104225;
const LEAVING: u32 = MULTIPLIER - 1;

/** 2^32 over the golden ratio: spreads weak checksums that differ little. */
const SPREAD: u32 = 0x9e3779b1;

/** Where a search leaves the index of the first block with the weak checksum found. */
const FOUND: usize = 0;

/** Where the filter is: at one place, so that it costs nothing to say where. */
const FILTER: usize = 4096;

/**
 * So many slots are looked at for a weak checksum. By chance it is never so many, at most half of the slots being
 * taken; whoever picks blocks that crowd together has them left out, and no work without end.
 */
const PROBES: u32 = 256;

let filterShift: u32 = 31;
let slots: usize = 0;
let slotShift: u32 = 31;
let slotMask: u32 = 0;
let weaks: usize = 0;

/**
 * Says where the table is.
 *
 * @param filterBits The filter has a bit for each value of the spread weak checksum's top `filterBits` bits.
 * @param slotsAt Index of a block + 1, or 0; by the top bits, probed one after the other.
 * @param weaksAt Weak checksums of the blocks.
 */
export function place(filterBits: u32, slotsAt: usize, slotBits: u32, weaksAt: usize): void {
  filterShift = 32 - filterBits;
  slots = slotsAt;
  slotShift = 32 - slotBits;
  slotMask = (1 << slotBits) - 1;
  weaks = weaksAt;
}

/**
 * Enters a weak checksum; the index of the block that was entered with it before, or of this one, which where
 * too many are crowded is left out.
 */
export function enter(weak: u32, index: u32): u32 {
  const spread = weak * SPREAD;
  let slot = spread >> slotShift;
  for (let probe: u32 = 0; probe < PROBES; probe++) {
    const place = slots + (slot << 2);
    const entry = load<u32>(place);
    if (entry == 0) {
      store<u32>(place, index + 1);
      const bit = spread >> filterShift;
      const word = FILTER + ((bit >> 5) << 2);
      store<u32>(word, load<u32>(word) | (<u32> 1 << (bit & 31)));
      return index;
    }
    if (load<u32>(weaks + ((entry - 1) << 2)) == weak) return entry - 1;
    slot = (slot + 1) & slotMask;
  }
  return index;
}

/** Whether the table has a weak checksum that has passed the filter; notes its first block. */
function known(weak: u32): bool {
  let slot = (weak * SPREAD) >> slotShift;
  for (let probe: u32 = 0; probe < PROBES; probe++) {
    const entry = load<u32>(slots + (slot << 2));
    if (entry == 0) return false;
    if (load<u32>(weaks + ((entry - 1) << 2)) == weak) {
      store<u32>(FOUND, entry - 1);
      return true;
    }
    slot = (slot + 1) & slotMask;
  }
  return false;
}

// @ts-ignore: decorator
@inline
function passes(weak: u32, shift: u32): bool {
  const bit = (weak * SPREAD) >> shift;
  return ((load<u32>((bit >> 5) << 2, FILTER) >> (bit & 31)) & 1) != 0;
}

/** The sum of the lanes of a vector, modulo 2^32. */
function total(v: v128): u32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) +
    i32x4.extract_lane(v, 3);
}

/**
 * The rollsum of [from, to): s1 is the sum of the bytes, s2 the sum of the sums up to each byte; each byte counts
 * CHARACTER more, which is added at the end.
 */
export function rollsum(from: usize, to: usize): u32 {
  const length = <u32> (to - from);
  let s1: u32 = 0;
  let s2: u32 = 0;
  let at = from;
  if (length >= 16) {
    const high = i16x8(16, 15, 14, 13, 12, 11, 10, 9);
    const low = i16x8(8, 7, 6, 5, 4, 3, 2, 1);
    let sums = i32x4.splat(0);
    let before = i32x4.splat(0);
    let within = i32x4.splat(0);
    for (; at + 16 <= to; at += 16) {
      const bytes = v128.load(at);
      const first = i16x8.extend_low_i8x16_u(bytes);
      const second = i16x8.extend_high_i8x16_u(bytes);
      before = i32x4.add(before, sums);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.add(first, second)));
      within = i32x4.add(within, i32x4.dot_i16x8_s(first, high));
      within = i32x4.add(within, i32x4.dot_i16x8_s(second, low));
    }
    s1 = total(sums);
    s2 = 16 * total(before) + total(within);
  }
  for (; at < to; at++) {
    s1 += load<u8>(at);
    s2 += s1;
  }
  s1 += length * CHARACTER;
  // Half of the product may be odd only where the length is: one of both factors is even.
  const triangle = length % 2 == 0 ? (length >> 1) * (length + 1) : length * ((length + 1) >> 1);
  s2 += triangle * CHARACTER;
  return (s2 << 16) | (s1 & 0xffff);
}

/** librsync's Rabin-Karp hash of [from, to). */
export function rabinkarp(from: usize, to: usize): u32 {
  const second = MULTIPLIER * MULTIPLIER;
  const third = second * MULTIPLIER;
  const fourth = second * second;
  let hash: u32 = 1;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    hash = hash * fourth + load<u8>(at) * third + load<u8>(at, 1) * second +
      load<u8>(at, 2) * MULTIPLIER + load<u8>(at, 3);
  }
  for (; at < to; at++) hash = hash * MULTIPLIER + load<u8>(at);
  return hash;
}

/**
 * The first position in [from, limit) whose window has a rollsum of the table; `limit` where there is none.
 *
 * @param window Bytes in the window.
 */
export function searchRollsum(from: usize, limit: usize, window: u32): usize {
  const first = rollsum(from, from + window);
  let s1: u32 = first & 0xffff;
  let s2: u32 = first >> 16;
  const shift = filterShift;
  for (let at = from; at < limit; at++) {
    const weak = (s2 << 16) | (s1 & 0xffff);
    if (passes(weak, shift) && known(weak)) return at;
    const leaving = <u32> load<u8>(at);
    s1 += <u32> load<u8>(at + window) - leaving;
    s2 += s1 - window * (leaving + CHARACTER);
  }
  return limit;
}

/** The same with a Rabin-Karp hash. */
export function searchRabinkarp(from: usize, limit: usize, window: u32): usize {
  let power: u32 = 1;
  let square = MULTIPLIER;
  for (let rest = window; rest > 0; rest >>= 1) {
    if ((rest & 1) != 0) power *= square;
    square *= square;
  }
  const shift = filterShift;
  let hash = rabinkarp(from, from + window);
  for (let at = from; at < limit; at++) {
    if (passes(hash, shift) && known(hash)) return at;
    hash = hash * MULTIPLIER + load<u8>(at + window) - power * (<u32> load<u8>(at) + LEAVING);
  }
  return limit;
}

/**
 * The same with a CRC.
 *
 * @param first The CRC of the first window.
 * @param enter Address of the table of bytes that enter, 256 words.
 * @param leave Address of the table of bytes that leave.
 */
export function searchCrc(
  from: usize,
  limit: usize,
  window: u32,
  first: u32,
  enter: usize,
  leave: usize,
): usize {
  const shift = filterShift;
  let state = ~first;
  for (let at = from; at < limit; at++) {
    if (passes(~state, shift) && known(~state)) return at;
    const entering = (state ^ load<u8>(at + window)) & 0xff;
    state = (state >> 8) ^ load<u32>(enter + (entering << 2)) ^
      load<u32>(leave + (<u32> load<u8>(at) << 2));
  }
  return limit;
}

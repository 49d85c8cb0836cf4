// The scan kernel, in AssemblyScript; build.ts compiles it. (It is not named .ts because Deno's formatter,
// which takes it for TypeScript, would drop the decorators of functions.)
//
// Rule K and its fingerprint are defined, readably and slowly, in ../rule_k.ts; this computes the same
// thing for 16 positions at a time. Addresses are given by the caller, scan_kernel.ts, but for the
// first 136 bytes of the memory, which are scratch.
//
// A fold works on 16-bit lanes, but positions are bytes apart: so the positions are kept as two
// streams, the even ones (e) and the odd ones (o) of each 16-byte block. Level 1 starts from two
// overlapping loads. A fold by d positions needs the values d positions back: by 1 another load, by 3
// the other stream and lanes of the block before, by 6 the same stream three lanes back, by 16 and 32
// whole blocks back, which are simply the registers of one and of two blocks ago.

/** Where one group's 64 fingerprints are kept: 4 blocks of 8 even, then 8 odd ones. */
const SCRATCH: usize = 0;
/** Where the second fingerprint's word is put before it is joined with the first's. */
const SECOND_WORD: usize = 128;
/** How many positions `cut` marks before it looks for one: a longer stride wastes marks, a shorter one starts. */
const STRIDE: u32 = 1024;
/** Positions per group, which are the bits of one word of the bitmap. */
const GROUP: usize = 64;

@inline
function fold(near: v128, far: v128, multiplier: v128): v128 {
  return v128.xor(near, i16x8.mul(far, multiplier));
}

/** The stream one, two or three lanes back: the end of the block before, then the start of this one. */
@inline
function back1(before: v128, now: v128): v128 {
  return i16x8.shuffle(before, now, 7, 8, 9, 10, 11, 12, 13, 14);
}

@inline
function back2(before: v128, now: v128): v128 {
  return i16x8.shuffle(before, now, 6, 7, 8, 9, 10, 11, 12, 13);
}

@inline
function back3(before: v128, now: v128): v128 {
  return i16x8.shuffle(before, now, 5, 6, 7, 8, 9, 10, 11, 12);
}

/** Which of block `block`'s 16 fingerprints in the scratch have all bits of `mask`: bit i is position i. */
function candidatesOfBlock(block: usize, mask: v128): u64 {
  const at = SCRATCH + (block << 5);
  const even = i16x8.eq(v128.and(v128.load(at), mask), mask);
  const odd = i16x8.eq(v128.and(v128.load(at, 16), mask), mask);
  const both = i8x16.narrow_i16x8_s(even, odd);
  const inOrder = i8x16.shuffle(both, both, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
  return <u64> i8x16.bitmask(inOrder) << (block << 4);
}

/**
 * Writes a word of candidates for each group of 64 positions in [from, to), from address `words` on.
 * One group before `from` is folded first to fill the carried registers: a fingerprint depends on
 * its last 60 bytes alone, so what they hold at the very start does not matter.
 *
 * @param multipliers Address of five 16-bit multipliers.
 * @param bits How many top bits of the 16 must be ones, 1 to 16.
 */
function scan(from: usize, to: usize, words: usize, multipliers: usize, bits: u32): void {
  const k1 = v128.load16_splat(multipliers);
  const k2 = v128.load16_splat(multipliers, 2);
  const k3 = v128.load16_splat(multipliers, 4);
  const k4 = v128.load16_splat(multipliers, 6);
  const k5 = v128.load16_splat(multipliers, 8);
  const mask = i16x8.splat(<i16> (0xffff << (16 - bits)));
  const zero = i16x8.splat(0);
  // Carried from block to block: levels 1 to 3 of the block before, level 4 of one and two before.
  let e1p = zero, o1p = zero, e2p = zero, o2p = zero, e3p = zero, o3p = zero;
  let e4a = zero, o4a = zero, e4b = zero, o4b = zero;
  let e1: v128, o1: v128, e2: v128, o2: v128, e3: v128, o3: v128, e4: v128, o4: v128;
  let e5: v128, o5: v128, middle: v128;
  let word = words - 8;
  for (let at = from - GROUP; at < to; at += GROUP, word += 8) {
    // The four blocks are written out: a loop costs a tenth of the speed in register moves.
    // Block 0.
    middle = v128.load(at - 1);
    e1 = fold(middle, v128.load(at - 2), k1);
    o1 = fold(v128.load(at), middle, k1);
    e2 = fold(e1, back2(o1p, o1), k2);
    o2 = fold(o1, back1(e1p, e1), k2);
    e3 = fold(e2, back3(e2p, e2), k3);
    o3 = fold(o2, back3(o2p, o2), k3);
    e4 = fold(e3, e3p, k4);
    o4 = fold(o3, o3p, k4);
    e5 = fold(e4, e4a, k5);
    o5 = fold(o4, o4a, k5);
    e1p = e1, o1p = o1, e2p = e2, o2p = o2, e3p = e3, o3p = o3, e4a = e4, o4a = o4;
    v128.store(SCRATCH, e5), v128.store(SCRATCH, o5, 16);
    let highest = i16x8.max_u(e5, o5);
    // Block 1.
    middle = v128.load(at - 1, 16);
    e1 = fold(middle, v128.load(at - 2, 16), k1);
    o1 = fold(v128.load(at, 16), middle, k1);
    e2 = fold(e1, back2(o1p, o1), k2);
    o2 = fold(o1, back1(e1p, e1), k2);
    e3 = fold(e2, back3(e2p, e2), k3);
    o3 = fold(o2, back3(o2p, o2), k3);
    e4 = fold(e3, e3p, k4);
    o4 = fold(o3, o3p, k4);
    e5 = fold(e4, e4b, k5);
    o5 = fold(o4, o4b, k5);
    e1p = e1, o1p = o1, e2p = e2, o2p = o2, e3p = e3, o3p = o3, e4b = e4, o4b = o4;
    v128.store(SCRATCH, e5, 32), v128.store(SCRATCH, o5, 48);
    highest = i16x8.max_u(highest, i16x8.max_u(e5, o5));
    // Block 2.
    middle = v128.load(at - 1, 32);
    e1 = fold(middle, v128.load(at - 2, 32), k1);
    o1 = fold(v128.load(at, 32), middle, k1);
    e2 = fold(e1, back2(o1p, o1), k2);
    o2 = fold(o1, back1(e1p, e1), k2);
    e3 = fold(e2, back3(e2p, e2), k3);
    o3 = fold(o2, back3(o2p, o2), k3);
    e4 = fold(e3, e3p, k4);
    o4 = fold(o3, o3p, k4);
    e5 = fold(e4, e4a, k5);
    o5 = fold(o4, o4a, k5);
    e1p = e1, o1p = o1, e2p = e2, o2p = o2, e3p = e3, o3p = o3, e4a = e4, o4a = o4;
    v128.store(SCRATCH, e5, 64), v128.store(SCRATCH, o5, 80);
    highest = i16x8.max_u(highest, i16x8.max_u(e5, o5));
    // Block 3.
    middle = v128.load(at - 1, 48);
    e1 = fold(middle, v128.load(at - 2, 48), k1);
    o1 = fold(v128.load(at, 48), middle, k1);
    e2 = fold(e1, back2(o1p, o1), k2);
    o2 = fold(o1, back1(e1p, e1), k2);
    e3 = fold(e2, back3(e2p, e2), k3);
    o3 = fold(o2, back3(o2p, o2), k3);
    e4 = fold(e3, e3p, k4);
    o4 = fold(o3, o3p, k4);
    e5 = fold(e4, e4b, k5);
    o5 = fold(o4, o4b, k5);
    e1p = e1, o1p = o1, e2p = e2, o2p = o2, e3p = e3, o3p = o3, e4b = e4, o4b = o4;
    v128.store(SCRATCH, e5, 96), v128.store(SCRATCH, o5, 112);
    highest = i16x8.max_u(highest, i16x8.max_u(e5, o5));

    // One test for 64 positions: some fingerprint has its top bits all ones if the highest has.
    if (at < from) continue;
    let candidates: u64 = 0;
    if (v128.any_true(i16x8.eq(v128.and(highest, mask), mask))) {
      candidates = candidatesOfBlock(0, mask) | candidatesOfBlock(1, mask) |
        candidatesOfBlock(2, mask) | candidatesOfBlock(3, mask);
    }
    store<u64>(word, candidates);
  }
}

/**
 * Marks candidates: bit p of the bitmap is set if position p, in [begin, end), is one, and cleared if
 * not; other positions' bits stay.
 *
 * @param data Address of position 0.
 * @param bitmap Address of position 0's word.
 * @param multipliers Address of five 16-bit multipliers, and five more for the bits beyond 16.
 * @param bits How many top bits of the 32-bit fingerprint must be ones, 1 to 32.
 */
export function mark(
  data: usize,
  bitmap: usize,
  multipliers: usize,
  begin: u32,
  end: u32,
  bits: u32,
): void {
  if (begin >= end) return;
  const first = begin >> 6;
  const last = (end - 1) >> 6;
  const firstWord = bitmap + (first << 3);
  const lastWord = bitmap + (last << 3);
  const firstOld = load<u64>(firstWord);
  const lastOld = load<u64>(lastWord);

  const from = data + (first << 6);
  scan(from, data + end, firstWord, multipliers, min(bits, 16));
  if (bits > 16) {
    // Rare by now, unless someone made the data: so only words that hold a candidate are looked at.
    for (let word = firstWord; word <= lastWord; word += 8) {
      const candidates = load<u64>(word);
      if (candidates == 0) continue;
      const group = from + ((word - firstWord) << 3);
      scan(group, group + GROUP, SECOND_WORD, multipliers + 10, bits - 16);
      store<u64>(word, candidates & load<u64>(SECOND_WORD));
    }
  }

  const keepBelow = ((<u64> 1) << (begin & 63)) - 1;
  const keepAbove = (~(<u64> 0) << ((end - 1) & 63)) << 1;
  store<u64>(lastWord, (load<u64>(lastWord) & ~keepAbove) | (lastOld & keepAbove));
  store<u64>(firstWord, (load<u64>(firstWord) & ~keepBelow) | (firstOld & keepBelow));
}

/** The first marked position in [from, limit), or `limit`. */
function nextMarked(bitmap: usize, from: u32, limit: u32): u32 {
  if (from >= limit) return limit;
  let word = from >> 6;
  const lastWord = (limit - 1) >> 6;
  let candidates = load<u64>(bitmap + (word << 3)) & (~(<u64> 0) << (from & 63));
  while (candidates == 0) {
    if (++word > lastWord) return limit;
    candidates = load<u64>(bitmap + (word << 3));
  }
  return min(limit, (word << 6) + <u32> ctz(candidates));
}

/**
 * Selects rule K's cuts from the chunk start `start` on, until one lies at or after `blockLength`.
 *
 * @param available Bytes there are; the file's end, unless that is more than `maximum` past the block.
 * @param ends Address where the cuts go, 4 bytes each.
 * @returns How many cuts were written.
 */
export function select(
  bitmap: usize,
  ends: usize,
  start: u32,
  blockLength: u32,
  available: u32,
  minimum: u32,
  maximum: u32,
): u32 {
  let count: u32 = 0;
  let begin = start;
  while (begin < blockLength) {
    const left = available - begin;
    begin = left <= minimum
      ? available
      : nextMarked(bitmap, begin + minimum, begin + min(left, maximum));
    store<u32>(ends + (count++ << 2), begin);
  }
  return count;
}

/**
 * Marks and selects in one go, for a caller who knows where the first chunk starts: the positions within the
 * least size of a chunk's start, nearly half of them, are never looked at. The cuts are those of `mark` and
 * `select`; parameters as there.
 */
export function cut(
  data: usize,
  bitmap: usize,
  multipliers: usize,
  ends: usize,
  start: u32,
  blockLength: u32,
  available: u32,
  bits: u32,
  minimum: u32,
  maximum: u32,
): u32 {
  let count: u32 = 0;
  let begin = start;
  while (begin < blockLength) {
    const left = available - begin;
    const limit = left <= minimum ? available : begin + min(left, maximum);
    let from = left <= minimum ? available : begin + minimum;
    begin = limit;
    while (from < limit) {
      // Whole groups, so that no group but the first is marked twice.
      const to = min(limit, (from + STRIDE) & ~63);
      mark(data, bitmap, multipliers, from, to, bits);
      const next = nextMarked(bitmap, from, to);
      if (next < to) {
        begin = next;
        break;
      }
      from = to;
    }
    store<u32>(ends + (count++ << 2), begin);
  }
  return count;
}

/** Whether all bytes at [from, to) are zero. */
export function isZero(from: usize, to: usize): bool {
  while (from + 64 <= to) {
    const low = v128.or(v128.load(from), v128.load(from, 16));
    const high = v128.or(v128.load(from, 32), v128.load(from, 48));
    if (v128.any_true(v128.or(low, high))) return false;
    from += 64;
  }
  while (from < to) {
    if (load<u8>(from++)) return false;
  }
  return true;
}

// The BLAKE3 kernel, in AssemblyScript; build.ts compiles it (see scan.as for why it is not named .ts).
//
// BLAKE3-256 after its paper (O'Connor, Aumasson, Neves, Wilcox-O'Hearn: BLAKE3, one function, fast everywhere).
// Four chunks, or four parents, are compressed at once: word i of all four is vector i. A subtree of 64 chunks is
// hashed level by level; what earlier subtrees have come to waits on a stack.

/** Bytes in a block, in a chunk, and in a chaining value. */
const BLOCK: u32 = 64;
const CHUNK: u32 = 1024;
const VALUE: usize = 32;

/** Chunks in a subtree, and bytes. */
const SUBTREE_CHUNKS: u32 = 64;
const SUBTREE: u32 = SUBTREE_CHUNKS * CHUNK;

const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const PARENT: u32 = 4;
const ROOT: u32 = 8;

const IV0: u32 = 0x6a09e667;
const IV1: u32 = 0xbb67ae85;
const IV2: u32 = 0x3c6ef372;
const IV3: u32 = 0xa54ff53a;
const IV4: u32 = 0x510e527f;
const IV5: u32 = 0x9b05688c;
const IV6: u32 = 0x1f83d9ab;
const IV7: u32 = 0x5be0cd19;

/** Where in the scratch what is: the digest, which blake3_kernel.ts reads, is the first of a subtree's values. */
const VALUES: usize = 0;
const STATES: usize = VALUES + 64 * VALUE;
const PADDED: usize = STATES + 8 * 16;
const STACK: usize = PADDED + 64;

/** Where the scratch is. */
let scratch: usize = 0;

/** Subtrees so far, and values on the stack. */
let subtrees: u64 = 0;
let depth: u32 = 0;

/** Says where the scratch is, 4096 bytes. */
export function place(at: usize): void {
  scratch = at;
}

/** Begins an input. */
export function begin(): void {
  subtrees = 0;
  depth = 0;
}

/** Takes `count` subtrees of the input, behind which more of it must follow. */
export function absorb(from: usize, count: u32): void {
  for (; count > 0; count--, from += SUBTREE) {
    hashChunks(from, SUBTREE, 0);
    hashParents(SUBTREE_CHUNKS, 0);
    subtrees++;
    // As many full trees end here as the count of subtrees has zeros at its end.
    for (let rest = subtrees; (rest & 1) == 0; rest >>= 1) pop(0);
    memory.copy(scratch + STACK + depth * VALUE, scratch + VALUES, VALUE);
    depth++;
  }
}

/** Takes the rest of the input, all of it where none was taken before; the digest is the first value. */
export function finish(from: usize, length: u32): void {
  if (length > SUBTREE) {
    const whole = (length - 1) / SUBTREE;
    absorb(from, whole);
    from += whole * SUBTREE;
    length -= whole * SUBTREE;
  }
  const root = depth == 0 ? ROOT : 0;
  const chunks = hashChunks(from, length, length <= CHUNK ? root : 0);
  hashParents(chunks, root);
  while (depth > 0) pop(depth == 1 ? ROOT : 0);
}

/** Makes the parent of the stack's last value and of the first one, which it becomes. */
function pop(root: u32): void {
  depth--;
  memory.copy(scratch + VALUES + VALUE, scratch + VALUES, VALUE);
  memory.copy(scratch + VALUES, scratch + STACK + depth * VALUE, VALUE);
  hashParents(2, root);
}

/** The values of up to 64 chunks, and how many these are; `root` is a flag of the last one, if it is the only one. */
function hashChunks(from: usize, length: u32, root: u32): u32 {
  let first: u32 = 0;
  do {
    const left = length - first * CHUNK;
    const lanes = min<u32>(4, max<u32>(1, (left + CHUNK - 1) / CHUNK));
    hashLanes(from + first * CHUNK, lanes, min<u32>(left - (lanes - 1) * CHUNK, CHUNK), first, root);
    first += lanes;
  } while (first * CHUNK < length);
  return first;
}

/**
 * The values of one to four chunks.
 *
 * @param ending Bytes in the last one.
 * @param first Which value of the subtree is the first one's.
 */
function hashLanes(from: usize, lanes: u32, ending: u32, first: u32, root: u32): void {
  const values = scratch + VALUES + first * VALUE;
  const index = subtrees * SUBTREE_CHUNKS + first;
  const low = i32x4.add(i32x4.splat(<u32> index), i32x4(0, 1, 2, 3));
  const high = i32x4.splat(<u32> (index >> 32));
  const last = i32x4.eq(i32x4(0, 1, 2, 3), i32x4.splat(lanes - 1));
  // A lane without a chunk does what the last one with a chunk does, for nobody.
  const second = from + min<u32>(1, lanes - 1) * CHUNK;
  const third = from + min<u32>(2, lanes - 1) * CHUNK;
  const fourth = from + (lanes - 1) * CHUNK;
  const endingBlocks = max<u32>(1, (ending + BLOCK - 1) / BLOCK);
  const blocks = lanes > 1 ? CHUNK / BLOCK : endingBlocks;
  start();
  for (let block: u32 = 0; block < blocks; block++) {
    const at = block * BLOCK;
    const kind = (block == 0 ? CHUNK_START : 0) | (block == CHUNK / BLOCK - 1 ? CHUNK_END : 0);
    let kinds = i32x4.splat(kind);
    let sizes = i32x4.splat(BLOCK);
    const ends = block == endingBlocks - 1;
    if (!ends || ending == CHUNK) {
      if (ends) kinds = i32x4.splat(kind | root);
      compress(from + at, second + at, third + at, fourth + at, low, high, sizes, kinds);
    } else {
      const size = ending - at;
      const padded = scratch + PADDED;
      memory.fill(padded, 0, BLOCK);
      memory.copy(padded, fourth + at, size);
      kinds = v128.bitselect(i32x4.splat(kind | CHUNK_END | root), kinds, last);
      sizes = v128.bitselect(i32x4.splat(size), sizes, last);
      compress(
        lanes == 1 ? padded : from + at,
        lanes <= 2 ? padded : second + at,
        lanes <= 3 ? padded : third + at,
        padded,
        low,
        high,
        sizes,
        kinds,
      );
    }
    if (ends) keep(lanes - 1, values + (lanes - 1) * VALUE);
  }
  for (let lane: u32 = 0; lane + 1 < lanes; lane++) keep(lane, values + lane * VALUE);
}

/** Makes parents out of pairs, until one value is left of `count`; the last one gets the flag `root`. */
function hashParents(count: u32, root: u32): void {
  const values = scratch + VALUES;
  const none = i32x4.splat(0);
  const size = i32x4.splat(BLOCK);
  while (count > 1) {
    const kind = i32x4.splat(PARENT | (count == 2 ? root : 0));
    const pairs = count >> 1;
    for (let pair: u32 = 0; pair < pairs; pair += 4) {
      const from = values + pair * BLOCK;
      start();
      // Lanes behind the last pair take whatever lies there.
      compress(from, from + BLOCK, from + 2 * BLOCK, from + 3 * BLOCK, none, none, size, kind);
      const lanes = min<u32>(4, pairs - pair);
      for (let lane: u32 = 0; lane < lanes; lane++) keep(lane, values + (pair + lane) * VALUE);
    }
    if ((count & 1) != 0) memory.copy(values + pairs * VALUE, values + (count - 1) * VALUE, VALUE);
    count -= pairs;
  }
}

/** Puts the initial value in all four states. */
function start(): void {
  const states = scratch + STATES;
  v128.store(states, i32x4.splat(IV0), 0);
  v128.store(states, i32x4.splat(IV1), 16);
  v128.store(states, i32x4.splat(IV2), 32);
  v128.store(states, i32x4.splat(IV3), 48);
  v128.store(states, i32x4.splat(IV4), 64);
  v128.store(states, i32x4.splat(IV5), 80);
  v128.store(states, i32x4.splat(IV6), 96);
  v128.store(states, i32x4.splat(IV7), 112);
}

/** Writes the state of a lane to a place. */
function keep(lane: u32, to: usize): void {
  const from = scratch + STATES + (lane << 2);
  for (let word: usize = 0; word < 8; word++) store<u32>(to + (word << 2), load<u32>(from + (word << 4)));
}

// @ts-ignore: decorator
@inline
function lowPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}

// @ts-ignore: decorator
@inline
function highPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}

// @ts-ignore: decorator
@inline
function firstHalves(ab: v128, cd: v128): v128 {
  return v128.shuffle<i64>(ab, cd, 0, 2);
}

// @ts-ignore: decorator
@inline
function secondHalves(ab: v128, cd: v128): v128 {
  return v128.shuffle<i64>(ab, cd, 1, 3);
}

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return i32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
function sum(a: v128, b: v128, m: v128): v128 {
  return i32x4.add(i32x4.add(a, m), b);
}

// Exclusive or, then a rotation to the right. Shifts are faster than shuffles of bytes, for which V8 loads masks.

// @ts-ignore: decorator
@inline
function by16(a: v128, b: v128): v128 {
  const x = v128.xor(a, b);
  return v128.shuffle<u16>(x, x, 1, 0, 3, 2, 5, 4, 7, 6);
}

// @ts-ignore: decorator
@inline
function by12(a: v128, b: v128): v128 {
  const x = v128.xor(a, b);
  return v128.or(i32x4.shl(x, 20), i32x4.shr_u(x, 12));
}

// @ts-ignore: decorator
@inline
function by8(a: v128, b: v128): v128 {
  const x = v128.xor(a, b);
  return v128.or(i32x4.shl(x, 24), i32x4.shr_u(x, 8));
}

// @ts-ignore: decorator
@inline
function by7(a: v128, b: v128): v128 {
  const x = v128.xor(a, b);
  return v128.or(i32x4.shl(x, 25), i32x4.shr_u(x, 7));
}

/**
 * Compresses a block of each lane into its state. The rounds are written out, columns, then diagonals, each time the
 * four of them side by side: only so do words and states stay in registers.
 */
function compress(
  p0: usize,
  p1: usize,
  p2: usize,
  p3: usize,
  indexLow: v128,
  indexHigh: v128,
  sizes: v128,
  kinds: v128,
): void {
  let a: v128, b: v128, c: v128, d: v128, ab: v128, cd: v128;
  a = v128.load(p0, 0); b = v128.load(p1, 0);
  c = v128.load(p2, 0); d = v128.load(p3, 0);
  ab = lowPairs(a, b); cd = lowPairs(c, d);
  const m0 = firstHalves(ab, cd); const m1 = secondHalves(ab, cd);
  ab = highPairs(a, b); cd = highPairs(c, d);
  const m2 = firstHalves(ab, cd); const m3 = secondHalves(ab, cd);
  a = v128.load(p0, 16); b = v128.load(p1, 16);
  c = v128.load(p2, 16); d = v128.load(p3, 16);
  ab = lowPairs(a, b); cd = lowPairs(c, d);
  const m4 = firstHalves(ab, cd); const m5 = secondHalves(ab, cd);
  ab = highPairs(a, b); cd = highPairs(c, d);
  const m6 = firstHalves(ab, cd); const m7 = secondHalves(ab, cd);
  a = v128.load(p0, 32); b = v128.load(p1, 32);
  c = v128.load(p2, 32); d = v128.load(p3, 32);
  ab = lowPairs(a, b); cd = lowPairs(c, d);
  const m8 = firstHalves(ab, cd); const m9 = secondHalves(ab, cd);
  ab = highPairs(a, b); cd = highPairs(c, d);
  const m10 = firstHalves(ab, cd); const m11 = secondHalves(ab, cd);
  a = v128.load(p0, 48); b = v128.load(p1, 48);
  c = v128.load(p2, 48); d = v128.load(p3, 48);
  ab = lowPairs(a, b); cd = lowPairs(c, d);
  const m12 = firstHalves(ab, cd); const m13 = secondHalves(ab, cd);
  ab = highPairs(a, b); cd = highPairs(c, d);
  const m14 = firstHalves(ab, cd); const m15 = secondHalves(ab, cd);

  const states = scratch + STATES;
  let v0 = v128.load(states, 0); let v1 = v128.load(states, 16);
  let v2 = v128.load(states, 32); let v3 = v128.load(states, 48);
  let v4 = v128.load(states, 64); let v5 = v128.load(states, 80);
  let v6 = v128.load(states, 96); let v7 = v128.load(states, 112);
  let v8 = i32x4.splat(IV0); let v9 = i32x4.splat(IV1);
  let v10 = i32x4.splat(IV2); let v11 = i32x4.splat(IV3);
  let v12 = indexLow; let v13 = indexHigh; let v14 = sizes; let v15 = kinds;

  // Round 1.
  v0 = sum(v0, v4, m0); v1 = sum(v1, v5, m2); v2 = sum(v2, v6, m4); v3 = sum(v3, v7, m6);
  v12 = by16(v12, v0); v13 = by16(v13, v1); v14 = by16(v14, v2); v15 = by16(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by12(v4, v8); v5 = by12(v5, v9); v6 = by12(v6, v10); v7 = by12(v7, v11);
  v0 = sum(v0, v4, m1); v1 = sum(v1, v5, m3); v2 = sum(v2, v6, m5); v3 = sum(v3, v7, m7);
  v12 = by8(v12, v0); v13 = by8(v13, v1); v14 = by8(v14, v2); v15 = by8(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by7(v4, v8); v5 = by7(v5, v9); v6 = by7(v6, v10); v7 = by7(v7, v11);
  v0 = sum(v0, v5, m8); v1 = sum(v1, v6, m10); v2 = sum(v2, v7, m12); v3 = sum(v3, v4, m14);
  v15 = by16(v15, v0); v12 = by16(v12, v1); v13 = by16(v13, v2); v14 = by16(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by12(v5, v10); v6 = by12(v6, v11); v7 = by12(v7, v8); v4 = by12(v4, v9);
  v0 = sum(v0, v5, m9); v1 = sum(v1, v6, m11); v2 = sum(v2, v7, m13); v3 = sum(v3, v4, m15);
  v15 = by8(v15, v0); v12 = by8(v12, v1); v13 = by8(v13, v2); v14 = by8(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by7(v5, v10); v6 = by7(v6, v11); v7 = by7(v7, v8); v4 = by7(v4, v9);

  // Round 2.
  v0 = sum(v0, v4, m2); v1 = sum(v1, v5, m3); v2 = sum(v2, v6, m7); v3 = sum(v3, v7, m4);
  v12 = by16(v12, v0); v13 = by16(v13, v1); v14 = by16(v14, v2); v15 = by16(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by12(v4, v8); v5 = by12(v5, v9); v6 = by12(v6, v10); v7 = by12(v7, v11);
  v0 = sum(v0, v4, m6); v1 = sum(v1, v5, m10); v2 = sum(v2, v6, m0); v3 = sum(v3, v7, m13);
  v12 = by8(v12, v0); v13 = by8(v13, v1); v14 = by8(v14, v2); v15 = by8(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by7(v4, v8); v5 = by7(v5, v9); v6 = by7(v6, v10); v7 = by7(v7, v11);
  v0 = sum(v0, v5, m1); v1 = sum(v1, v6, m12); v2 = sum(v2, v7, m9); v3 = sum(v3, v4, m15);
  v15 = by16(v15, v0); v12 = by16(v12, v1); v13 = by16(v13, v2); v14 = by16(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by12(v5, v10); v6 = by12(v6, v11); v7 = by12(v7, v8); v4 = by12(v4, v9);
  v0 = sum(v0, v5, m11); v1 = sum(v1, v6, m5); v2 = sum(v2, v7, m14); v3 = sum(v3, v4, m8);
  v15 = by8(v15, v0); v12 = by8(v12, v1); v13 = by8(v13, v2); v14 = by8(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by7(v5, v10); v6 = by7(v6, v11); v7 = by7(v7, v8); v4 = by7(v4, v9);

  // Round 3.
  v0 = sum(v0, v4, m3); v1 = sum(v1, v5, m10); v2 = sum(v2, v6, m13); v3 = sum(v3, v7, m7);
  v12 = by16(v12, v0); v13 = by16(v13, v1); v14 = by16(v14, v2); v15 = by16(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by12(v4, v8); v5 = by12(v5, v9); v6 = by12(v6, v10); v7 = by12(v7, v11);
  v0 = sum(v0, v4, m4); v1 = sum(v1, v5, m12); v2 = sum(v2, v6, m2); v3 = sum(v3, v7, m14);
  v12 = by8(v12, v0); v13 = by8(v13, v1); v14 = by8(v14, v2); v15 = by8(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by7(v4, v8); v5 = by7(v5, v9); v6 = by7(v6, v10); v7 = by7(v7, v11);
  v0 = sum(v0, v5, m6); v1 = sum(v1, v6, m9); v2 = sum(v2, v7, m11); v3 = sum(v3, v4, m8);
  v15 = by16(v15, v0); v12 = by16(v12, v1); v13 = by16(v13, v2); v14 = by16(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by12(v5, v10); v6 = by12(v6, v11); v7 = by12(v7, v8); v4 = by12(v4, v9);
  v0 = sum(v0, v5, m5); v1 = sum(v1, v6, m0); v2 = sum(v2, v7, m15); v3 = sum(v3, v4, m1);
  v15 = by8(v15, v0); v12 = by8(v12, v1); v13 = by8(v13, v2); v14 = by8(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by7(v5, v10); v6 = by7(v6, v11); v7 = by7(v7, v8); v4 = by7(v4, v9);

  // Round 4.
  v0 = sum(v0, v4, m10); v1 = sum(v1, v5, m12); v2 = sum(v2, v6, m14); v3 = sum(v3, v7, m13);
  v12 = by16(v12, v0); v13 = by16(v13, v1); v14 = by16(v14, v2); v15 = by16(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by12(v4, v8); v5 = by12(v5, v9); v6 = by12(v6, v10); v7 = by12(v7, v11);
  v0 = sum(v0, v4, m7); v1 = sum(v1, v5, m9); v2 = sum(v2, v6, m3); v3 = sum(v3, v7, m15);
  v12 = by8(v12, v0); v13 = by8(v13, v1); v14 = by8(v14, v2); v15 = by8(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by7(v4, v8); v5 = by7(v5, v9); v6 = by7(v6, v10); v7 = by7(v7, v11);
  v0 = sum(v0, v5, m4); v1 = sum(v1, v6, m11); v2 = sum(v2, v7, m5); v3 = sum(v3, v4, m1);
  v15 = by16(v15, v0); v12 = by16(v12, v1); v13 = by16(v13, v2); v14 = by16(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by12(v5, v10); v6 = by12(v6, v11); v7 = by12(v7, v8); v4 = by12(v4, v9);
  v0 = sum(v0, v5, m0); v1 = sum(v1, v6, m2); v2 = sum(v2, v7, m8); v3 = sum(v3, v4, m6);
  v15 = by8(v15, v0); v12 = by8(v12, v1); v13 = by8(v13, v2); v14 = by8(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by7(v5, v10); v6 = by7(v6, v11); v7 = by7(v7, v8); v4 = by7(v4, v9);

  // Round 5.
  v0 = sum(v0, v4, m12); v1 = sum(v1, v5, m9); v2 = sum(v2, v6, m15); v3 = sum(v3, v7, m14);
  v12 = by16(v12, v0); v13 = by16(v13, v1); v14 = by16(v14, v2); v15 = by16(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by12(v4, v8); v5 = by12(v5, v9); v6 = by12(v6, v10); v7 = by12(v7, v11);
  v0 = sum(v0, v4, m13); v1 = sum(v1, v5, m11); v2 = sum(v2, v6, m10); v3 = sum(v3, v7, m8);
  v12 = by8(v12, v0); v13 = by8(v13, v1); v14 = by8(v14, v2); v15 = by8(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by7(v4, v8); v5 = by7(v5, v9); v6 = by7(v6, v10); v7 = by7(v7, v11);
  v0 = sum(v0, v5, m7); v1 = sum(v1, v6, m5); v2 = sum(v2, v7, m0); v3 = sum(v3, v4, m6);
  v15 = by16(v15, v0); v12 = by16(v12, v1); v13 = by16(v13, v2); v14 = by16(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by12(v5, v10); v6 = by12(v6, v11); v7 = by12(v7, v8); v4 = by12(v4, v9);
  v0 = sum(v0, v5, m2); v1 = sum(v1, v6, m3); v2 = sum(v2, v7, m1); v3 = sum(v3, v4, m4);
  v15 = by8(v15, v0); v12 = by8(v12, v1); v13 = by8(v13, v2); v14 = by8(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by7(v5, v10); v6 = by7(v6, v11); v7 = by7(v7, v8); v4 = by7(v4, v9);

  // Round 6.
  v0 = sum(v0, v4, m9); v1 = sum(v1, v5, m11); v2 = sum(v2, v6, m8); v3 = sum(v3, v7, m15);
  v12 = by16(v12, v0); v13 = by16(v13, v1); v14 = by16(v14, v2); v15 = by16(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by12(v4, v8); v5 = by12(v5, v9); v6 = by12(v6, v10); v7 = by12(v7, v11);
  v0 = sum(v0, v4, m14); v1 = sum(v1, v5, m5); v2 = sum(v2, v6, m12); v3 = sum(v3, v7, m1);
  v12 = by8(v12, v0); v13 = by8(v13, v1); v14 = by8(v14, v2); v15 = by8(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by7(v4, v8); v5 = by7(v5, v9); v6 = by7(v6, v10); v7 = by7(v7, v11);
  v0 = sum(v0, v5, m13); v1 = sum(v1, v6, m0); v2 = sum(v2, v7, m2); v3 = sum(v3, v4, m4);
  v15 = by16(v15, v0); v12 = by16(v12, v1); v13 = by16(v13, v2); v14 = by16(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by12(v5, v10); v6 = by12(v6, v11); v7 = by12(v7, v8); v4 = by12(v4, v9);
  v0 = sum(v0, v5, m3); v1 = sum(v1, v6, m10); v2 = sum(v2, v7, m6); v3 = sum(v3, v4, m7);
  v15 = by8(v15, v0); v12 = by8(v12, v1); v13 = by8(v13, v2); v14 = by8(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by7(v5, v10); v6 = by7(v6, v11); v7 = by7(v7, v8); v4 = by7(v4, v9);

  // Round 7.
  v0 = sum(v0, v4, m11); v1 = sum(v1, v5, m5); v2 = sum(v2, v6, m1); v3 = sum(v3, v7, m8);
  v12 = by16(v12, v0); v13 = by16(v13, v1); v14 = by16(v14, v2); v15 = by16(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by12(v4, v8); v5 = by12(v5, v9); v6 = by12(v6, v10); v7 = by12(v7, v11);
  v0 = sum(v0, v4, m15); v1 = sum(v1, v5, m0); v2 = sum(v2, v6, m9); v3 = sum(v3, v7, m6);
  v12 = by8(v12, v0); v13 = by8(v13, v1); v14 = by8(v14, v2); v15 = by8(v15, v3);
  v8 = add(v8, v12); v9 = add(v9, v13); v10 = add(v10, v14); v11 = add(v11, v15);
  v4 = by7(v4, v8); v5 = by7(v5, v9); v6 = by7(v6, v10); v7 = by7(v7, v11);
  v0 = sum(v0, v5, m14); v1 = sum(v1, v6, m2); v2 = sum(v2, v7, m3); v3 = sum(v3, v4, m7);
  v15 = by16(v15, v0); v12 = by16(v12, v1); v13 = by16(v13, v2); v14 = by16(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by12(v5, v10); v6 = by12(v6, v11); v7 = by12(v7, v8); v4 = by12(v4, v9);
  v0 = sum(v0, v5, m10); v1 = sum(v1, v6, m12); v2 = sum(v2, v7, m4); v3 = sum(v3, v4, m13);
  v15 = by8(v15, v0); v12 = by8(v12, v1); v13 = by8(v13, v2); v14 = by8(v14, v3);
  v10 = add(v10, v15); v11 = add(v11, v12); v8 = add(v8, v13); v9 = add(v9, v14);
  v5 = by7(v5, v10); v6 = by7(v6, v11); v7 = by7(v7, v8); v4 = by7(v4, v9);

  v128.store(states, v128.xor(v0, v8), 0); v128.store(states, v128.xor(v1, v9), 16);
  v128.store(states, v128.xor(v2, v10), 32); v128.store(states, v128.xor(v3, v11), 48);
  v128.store(states, v128.xor(v4, v12), 64); v128.store(states, v128.xor(v5, v13), 80);
  v128.store(states, v128.xor(v6, v14), 96); v128.store(states, v128.xor(v7, v15), 112);
}

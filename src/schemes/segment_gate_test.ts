// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { BlockChunks } from "../chunking/block_scanner.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { SegmentGate } from "./segment_gate.ts";

/** A block whose one digest says which it is. */
function block(index: number): BlockChunks {
  return {
    block: index,
    lengths: new Uint32Array(0),
    weaks: new Uint32Array(0),
    zeros: new Uint32Array(0),
    segment: new Uint8Array(STRONG_BYTES).fill(index),
  } as unknown as BlockChunks;
}

/** A gate that notes which blocks it lets through, and which of their bytes are unchanged. */
class Gated {
  readonly gate: SegmentGate;
  /** Of each block that was let through: whether it is unchanged, and whether it is with a byte of the next one. */
  readonly taken: (readonly [block: number, itself: boolean, withNext: boolean])[] = [];

  /** What is to be cut, and whether the gate said that hashing is enough. */
  readonly cuts: { readonly block: number; resolve(chunks: BlockChunks): void }[] = [];
  readonly hashing: boolean[] = [];

  constructor(segments: number) {
    this.gate = new SegmentGate({
      segments,
      take: ({ block }, isUnchanged) => {
        const [begin, end] = [block * SEGMENT_BYTES, (block + 1) * SEGMENT_BYTES];
        this.taken.push([block, isUnchanged(begin, end), isUnchanged(begin, end + 1)]);
      },
      cut: (block) => {
        const { promise, resolve } = Promise.withResolvers<BlockChunks>();
        this.cuts.push({ block, resolve });
        return promise;
      },
      onHashing: (enough) => this.hashing.push(enough),
    });
  }

  push(from: number, to: number, uncut = false): void {
    for (let index = from; index < to; index++) this.gate.push({ ...block(index), uncut });
  }

  /** Asks about all that was pushed, and answers: same where `same` says so. */
  settle(from: number, to: number, same: (segment: number) => boolean): void {
    assert(this.gate.digests(true) !== null);
    this.answer(from, to, same);
  }

  answer(from: number, to: number, same: (segment: number) => boolean): void {
    const bitmap = new Uint8Array(Math.ceil((to - from) / 8));
    for (let i = 0; i < to - from; i++) if (same(from + i)) bitmap[i >> 3]! |= 1 << (i & 7);
    this.gate.answer(from, to - from, bitmap);
  }

  get blocks(): number[] {
    return this.taken.map(([block]) => block);
  }
}

Deno.test("a gate that is off lets every block through at once, and takes none for unchanged", () => {
  const gated = new Gated(3);
  gated.gate.decide(false);
  gated.push(0, 3);
  assertEquals(gated.taken, [[0, false, false], [1, false, false], [2, false, false]]);
  assertEquals([gated.gate.digests(true), gated.gate.ready(true)], [null, false]);
});

Deno.test("blocks wait until it is decided, and only the first decision counts", () => {
  const gated = new Gated(2);
  gated.push(0, 2);
  assertEquals([gated.blocks, gated.gate.digests(true)], [[], null]);
  gated.gate.decide(false);
  gated.gate.decide(true);
  assertEquals(gated.blocks, [0, 1]);
});

Deno.test("digests are asked about in batches, in order, each once", () => {
  const gated = new Gated(40);
  gated.gate.decide(true);
  gated.push(0, 15);
  assertEquals([gated.gate.ready(false), gated.gate.digests(false)], [false, null]);
  gated.push(15, 20);
  assert(gated.gate.ready(false));
  const asked = gated.gate.digests(false)!;
  assertEquals([asked.first, asked.digests.length], [0, 20 * STRONG_BYTES]);
  for (let i = 0; i < 20; i++) assertEquals(asked.digests[i * STRONG_BYTES], i);
  gated.push(20, 23);
  assertEquals(gated.gate.digests(false), null);
  const rest = gated.gate.digests(true)!;
  assertEquals([rest.first, rest.digests.length, rest.digests[0]], [20, 3 * STRONG_BYTES, 20]);
  assertEquals(gated.gate.digests(true), null);
});

Deno.test("a block goes when it and the next one are known, in which its last chunk may end", () => {
  const gated = new Gated(4);
  gated.gate.decide(true);
  gated.push(0, 4);
  gated.gate.digests(true);
  gated.answer(0, 1, () => true);
  assertEquals(gated.blocks, []);
  gated.answer(1, 3, (segment) => segment !== 2);
  assertEquals(gated.taken, [[0, true, true], [1, true, false]]);
  gated.answer(3, 4, () => true);
  // The last block has no next one: a byte there is in no file.
  assertEquals(gated.taken.slice(2).map(([block, itself]) => [block, itself]), [[2, false], [
    3,
    true,
  ]]);
});

Deno.test("answers are counted, and blocks that come after them go at once", () => {
  const gated = new Gated(3);
  gated.gate.decide(true);
  gated.push(0, 1);
  gated.settle(0, 1, () => true);
  assertEquals([gated.gate.answered, gated.blocks], [1, []]);
  gated.push(1, 2);
  gated.settle(1, 2, () => true);
  gated.push(2, 3);
  gated.settle(2, 3, () => true);
  assertEquals([gated.gate.answered, gated.blocks], [3, [0, 1, 2]]);
});

const WRONG: readonly (readonly [string, number, number, number])[] = [
  ["segments that were not asked about", 0, 3, 1],
  ["a segment further on", 1, 1, 1],
  ["a segment far away", 2 ** 32 - 1, 2, 1],
  ["more segments than there are bits", 0, 2, 0],
];

for (const [about, first, count, bytes] of WRONG) {
  Deno.test(`an answer that speaks of ${about} is refused`, () => {
    const gated = new Gated(9);
    gated.gate.decide(true);
    gated.push(0, 2);
    gated.gate.digests(true);
    const error = assertThrows(
      () => gated.gate.answer(first, count, new Uint8Array(bytes)),
      ParasyncError,
    );
    assertEquals([error.code, gated.blocks], ["bad_request", []]);
  });
}

Deno.test("an answer that comes twice, or unasked, is refused", () => {
  const gated = new Gated(9);
  gated.gate.decide(true);
  gated.push(0, 2);
  assertThrows(() => gated.gate.answer(0, 2, new Uint8Array(1)), ParasyncError);
  gated.settle(0, 2, () => true);
  assertThrows(() => gated.gate.answer(0, 2, new Uint8Array(1)), ParasyncError);
});

Deno.test("who gives up has what was known by then, and waits for no more", async () => {
  const gated = new Gated(4);
  gated.gate.decide(true);
  gated.push(0, 4);
  gated.settle(0, 2, () => true);
  gated.gate.giveUp();
  assertEquals(gated.taken.map(([block, itself]) => [block, itself]), [
    [0, true],
    [1, true],
    [2, false],
    [3, false],
  ]);
  assertEquals(gated.gate.digests(true), null);
  // What comes late changes nothing, and is no failure.
  gated.answer(2, 4, () => true);
  await gated.gate.open();
  assertEquals(gated.blocks, [0, 1, 2, 3]);
});

Deno.test("where nothing is the same for long no more is asked about", () => {
  const gated = new Gated(100);
  gated.gate.decide(true);
  gated.push(0, 47);
  gated.settle(0, 47, (segment) => segment === 0);
  gated.push(47, 48);
  assert(gated.gate.ready(true), "47 of 48 were others");
  gated.settle(47, 48, () => false);
  gated.push(48, 49);
  gated.settle(48, 49, () => false);
  gated.push(49, 100);
  assertEquals([gated.gate.ready(true), gated.blocks.length], [false, 100]);
});

Deno.test("who waits is told when all is through, or why nothing more will be", async () => {
  const gated = new Gated(2);
  gated.gate.decide(true);
  gated.push(0, 2);
  let open = false;
  const opened = gated.gate.open().then(() => open = true);
  gated.settle(0, 1, () => true);
  await Promise.resolve();
  assert(!open);
  gated.answer(1, 2, () => true);
  await opened;

  const stuck = new Gated(1);
  stuck.push(0, 1);
  const reason = new ParasyncError("stream", "Cannot go on: cut off");
  const waiting = assertRejects(() => stuck.gate.open());
  stuck.gate.fail(reason);
  stuck.gate.fail(new Error("later"));
  assertEquals(await waiting, reason);
});

Deno.test("of blocks that were only hashed those that have changed are cut, one by one and in order", async () => {
  const gated = new Gated(4);
  gated.gate.decide(true);
  gated.push(0, 4, true);
  gated.settle(0, 4, (segment) => segment === 1);
  assertEquals([gated.blocks, gated.cuts.map(({ block }) => block)], [[], [0]]);
  gated.cuts[0]!.resolve(block(0));
  await turn();
  assertEquals([gated.blocks, gated.cuts.map(({ block }) => block)], [[0, 1], [0, 2]]);
  gated.cuts[1]!.resolve(block(2));
  await turn();
  gated.cuts[2]!.resolve(block(3));
  await gated.gate.open();
  assertEquals(gated.taken, [[0, false, false], [1, true, false], [2, false, false], [
    3,
    false,
    false,
  ]]);
});

Deno.test("blocks wait no more when nothing is the same, and those that only were hashed are cut", async () => {
  const gated = new Gated(60);
  gated.gate.decide(true);
  gated.push(0, 50, true);
  gated.settle(0, 48, () => false);
  assertEquals([gated.hashing, gated.cuts.length], [[true, false], 1]);
  for (let index = 0; index < 50; index++) {
    gated.cuts[index]!.resolve(block(index));
    await turn();
  }
  gated.push(50, 60);
  await gated.gate.open();
  assertEquals(gated.blocks, Array.from({ length: 60 }, (_, index) => index));
});

Deno.test("who cannot cut fails whoever waits for the gate", async () => {
  const reason = new ParasyncError("changed", "Cannot read: it became shorter");
  const gate = new SegmentGate({
    segments: 1,
    take: () => {},
    cut: () => Promise.reject(reason),
  });
  gate.push({ ...block(0), uncut: true });
  gate.decide(false);
  assertEquals(await assertRejects(() => gate.open()), reason);
});

/** Lets what has been resolved be taken. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

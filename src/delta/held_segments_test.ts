/** Segments of a target that an interrupted sync has left. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { noTotals } from "./format.ts";
import type { SegmentDigests } from "./piece_applier.ts";
import { type PieceLanes, TargetAssembler } from "./target_assembler.ts";

const SEGMENTS = 10;
/** The last segment is shorter. */
const SIZE = SEGMENTS * SEGMENT_BYTES - 1000;
const DIGEST = new Uint8Array(STRONG_BYTES).fill(7);

/** Lanes that read segments when they are told to, and remember which. */
class SlowLanes implements PieceLanes {
  readonly read: number[] = [];
  readonly #waiting: (() => void)[] = [];
  #asked: () => void = () => {};

  depth(): number {
    return 1;
  }

  apply(): Promise<SegmentDigests> {
    throw new Error("Nothing is copied");
  }

  async verify(segments: Float64Array<ArrayBuffer>): Promise<SegmentDigests> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#asked();
    });
    this.read.push(...segments);
    return { segments, digests: new Uint8Array(segments.length * STRONG_BYTES).fill(1) };
  }

  /** Has the next job done, once there is one. */
  async step(): Promise<void> {
    while (this.#waiting.length === 0) await new Promise<void>((resolve) => this.#asked = resolve);
    this.#waiting.shift()!();
  }
}

/** An assembler of a target of which all but some segments were there before. */
function resumed(missing: readonly number[]): [TargetAssembler, SlowLanes] {
  const lanes = new SlowLanes();
  const assembler = new TargetAssembler({
    size: SIZE,
    maxIntervals: 100,
    lanes,
    digest: (_, segments) => segments.every((byte) => byte === 1) ? DIGEST : new Uint8Array(32),
  });
  for (let segment = 0; segment < SEGMENTS; segment++) {
    if (!missing.includes(segment)) assembler.hold(segment);
  }
  return [assembler, lanes];
}

Deno.test("what was there before is in its place when it has been read, so that reading it is progress", async () => {
  const [assembler, lanes] = resumed([3]);
  assertEquals([assembler.covered, assembler.heldBytes], [0, SIZE - SEGMENT_BYTES]);
  assembler.wrote(3 * SEGMENT_BYTES, SEGMENT_BYTES);
  assertEquals(assembler.covered, SEGMENT_BYTES);
  const totals = { ...noTotals(), literals: 1, literalBytes: SEGMENT_BYTES };
  assembler.ended(totals);
  let isOver = false;
  const finished = assembler.finish({ last: true, totals, digest: DIGEST })
    .finally(() => isOver = true);
  const told = [assembler.covered];
  while (!isOver) {
    await Promise.race([lanes.step(), finished]);
    // The job that was let go on ends within a few turns.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    if (assembler.covered !== told.at(-1)) told.push(assembler.covered);
  }
  assertEquals(await finished, true);
  assertEquals(told.at(-1), SIZE);
  assert(told.length >= 4, `${told} is all that was told`);
  assertEquals(told, told.toSorted((a, b) => a - b));
});

Deno.test("all of a target that was partly there is read at the end, also what was hashed before", async () => {
  const [assembler, lanes] = resumed([5, 6, 7, 8]);
  assembler.wrote(5 * SEGMENT_BYTES, 4 * SEGMENT_BYTES);
  const pumped = assembler.pump();
  await lanes.step();
  await pumped;
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assertEquals(lanes.read, [5, 6, 7, 8]);
  lanes.read.length = 0;
  const totals = { ...noTotals(), literals: 1, literalBytes: 4 * SEGMENT_BYTES };
  assembler.ended(totals);
  let isOver = false;
  const finished = assembler.finish({ last: true, totals, digest: DIGEST })
    .finally(() => isOver = true);
  while (!isOver) await Promise.race([lanes.step(), finished]);
  assertEquals(await finished, true);
  // Whoever left the partial file may have written to any of it until now.
  assertEquals(lanes.read.toSorted((a, b) => a - b), Array.from({ length: SEGMENTS }, (_, i) => i));
});

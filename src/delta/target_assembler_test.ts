// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Numbers, numbers, shuffled } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import type { PatchEnd } from "./decoder.ts";
import { type DeltaTotals, noTotals } from "./format.ts";
import type { CopyPieces, SegmentDigests } from "./piece_applier.ts";
import { type PieceLanes, TargetAssembler } from "./target_assembler.ts";

/** Lanes without files: a segment's digest is its number, and jobs take turns by chance. */
class CountingLanes implements PieceLanes {
  readonly #next: Numbers;
  readonly #size: number;
  readonly applied: [number, number, number][] = [];
  readonly verified: number[] = [];
  failure: Error | undefined;
  underWay = 0;
  most = 0;

  constructor(next: Numbers, size: number) {
    this.#next = next;
    this.#size = size;
  }

  depth(): number {
    return 3;
  }

  apply({ sources, targets, lengths }: CopyPieces): Promise<SegmentDigests> {
    return this.#turns(() => {
      const whole: number[] = [];
      for (let i = 0; i < lengths.length; i++) {
        this.applied.push([sources[i]!, targets[i]!, lengths[i]!]);
        const rest = Math.min(SEGMENT_BYTES, this.#size - targets[i]!);
        if (targets[i]! % SEGMENT_BYTES === 0 && lengths[i] === rest) {
          whole.push(targets[i]! / SEGMENT_BYTES);
        }
      }
      return digestsOf(whole);
    });
  }

  verify(segments: Float64Array<ArrayBuffer>): Promise<SegmentDigests> {
    return this.#turns(() => {
      this.verified.push(...segments);
      return digestsOf([...segments]);
    });
  }

  async #turns(job: () => SegmentDigests): Promise<SegmentDigests> {
    this.most = Math.max(this.most, ++this.underWay);
    for (let turns = this.#next(5); turns >= 0; turns--) await Promise.resolve();
    this.underWay--;
    if (this.failure !== undefined) throw this.failure;
    return job();
  }
}

function digestsOf(segments: readonly number[]): SegmentDigests {
  const digests = new Uint8Array(segments.length * STRONG_BYTES);
  const view = new DataView(digests.buffer);
  segments.forEach((segment, i) => view.setUint32(i * STRONG_BYTES, segment + 1));
  return { segments: Float64Array.from(segments), digests };
}

/** The digest of a target all of whose segments have theirs. */
function digestOf(size: number, segments: Uint8Array): Uint8Array {
  const view = new DataView(segments.buffer, segments.byteOffset, segments.byteLength);
  for (let i = 0; i < Math.ceil(size / SEGMENT_BYTES); i++) {
    if (view.getUint32(i * STRONG_BYTES) !== i + 1) return new Uint8Array(STRONG_BYTES).fill(9);
  }
  return new Uint8Array(STRONG_BYTES).fill(7);
}

const RIGHT = new Uint8Array(STRONG_BYTES).fill(7);

function assemblerOf(size: number, lanes: PieceLanes): TargetAssembler {
  return new TargetAssembler({ size, maxIntervals: 10_000, lanes, digest: digestOf });
}

function endOf(totals: Partial<DeltaTotals>, digest: Uint8Array = RIGHT): PatchEnd {
  return { last: true, totals: { ...noTotals(), ...totals }, digest: digest.slice() };
}

Deno.test("copies and literals in any order make the target, every segment hashed once", async () => {
  const next = numbers(191);
  for (let round = 0; round < 40; round++) {
    const size = 1 + next(9 * SEGMENT_BYTES);
    const lanes = new CountingLanes(next, size);
    const assembler = assemblerOf(size, lanes);
    const ranges: [number, number][] = [];
    for (let at = 0; at < size;) {
      const length = Math.min(size - at, 1 + next(next(3) === 0 ? 3 * SEGMENT_BYTES : 300_000));
      ranges.push([at, length]);
      at += length;
    }
    const totals = noTotals();
    for (const [at, length] of shuffled(next, ranges)) {
      if (next(2) === 0) {
        assembler.copy(at + 5, at, length);
        totals.copies += 1;
        totals.copiedBytes += length;
      } else {
        assembler.wrote(at, length);
        totals.literals += 1;
        totals.literalBytes += length;
      }
      if (next(3) === 0) await assembler.pump();
    }
    assembler.ended(totals);
    assertEquals(await assembler.finish(endOf(totals)), true);
    assertEquals(assembler.covered, size);
    assertEquals(lanes.applied.reduce((sum, [, , length]) => sum + length, 0), totals.copiedBytes);
    for (const [source, target] of lanes.applied) assertEquals(source, target + 5);
    assertEquals(new Set(lanes.verified).size, lanes.verified.length, "hashed twice");
    assert(lanes.most <= 3, `${lanes.most} jobs were under way`);
  }
});

Deno.test("an empty target is complete from the beginning", async () => {
  const assembler = assemblerOf(0, new CountingLanes(numbers(1), 0));
  assertEquals(await assembler.finish(endOf({})), true);
});

/** Lanes that can read the basis, too; what they find there is right, or not. */
function withBasis(lanes: CountingLanes, right = true): PieceLanes & { read: number[] } {
  const read: number[] = [];
  return {
    read,
    depth: () => lanes.depth(),
    apply: (pieces) => lanes.apply(pieces),
    verify: (segments) => lanes.verify(segments),
    verifyBasis: (segments) => {
      read.push(...segments);
      const found = digestsOf([...segments]);
      if (!right) found.digests.fill(9);
      return Promise.resolve(found);
    },
  };
}

/** Has the whole basis copied to its own place, in pieces. */
async function copyAll(assembler: TargetAssembler, size: number): Promise<DeltaTotals> {
  const totals = noTotals();
  for (let at = 0; at < size; at += 700_000) {
    const length = Math.min(700_000, size - at);
    assembler.copy(at, at, length);
    totals.copies += 1;
    totals.copiedBytes += length;
    await assembler.pump();
  }
  return totals;
}

Deno.test("a basis that is the new file is read and not copied", async () => {
  const size = 9 * SEGMENT_BYTES + 5;
  const counting = new CountingLanes(numbers(5), size);
  const lanes = withBasis(counting);
  const assembler = assemblerOf(size, lanes);
  const totals = await copyAll(assembler, size);
  assembler.ended(totals);
  assertEquals(await assembler.finish(endOf(totals)), true);
  assertEquals([assembler.unchanged, assembler.covered], [true, size]);
  assertEquals([counting.applied, counting.verified], [[], []]);
  assertEquals(lanes.read.toSorted((a, b) => a - b), Array.from({ length: 10 }, (_, i) => i));
});

Deno.test("a basis that turns out to be another file is copied like any", async () => {
  const size = 3 * SEGMENT_BYTES;
  const counting = new CountingLanes(numbers(6), size);
  const assembler = assemblerOf(size, withBasis(counting, false));
  const totals = await copyAll(assembler, size);
  assembler.ended(totals);
  // The lanes' digests of what was copied are right.
  assertEquals(await assembler.finish(endOf(totals)), true);
  assertEquals(assembler.unchanged, false);
  assertEquals(counting.applied.reduce((sum, [, , length]) => sum + length, 0), size);
});

Deno.test("whatever is not the basis at its own place has all of it built, and totals must fit", async () => {
  const size = 2 * SEGMENT_BYTES;
  const cases: readonly ((assembler: TargetAssembler) => Partial<DeltaTotals>)[] = [
    (assembler) => {
      assembler.copy(0, 0, 100);
      assembler.wrote(100, size - 100);
      return { copies: 1, copiedBytes: 100, literals: 1, literalBytes: size - 100 };
    },
    (assembler) => {
      assembler.copy(0, 0, 100);
      assembler.zero(100, size - 100);
      return { copies: 1, copiedBytes: 100, zeros: 1, zeroBytes: size - 100 };
    },
    (assembler) => {
      assembler.copy(100, 100, size - 100);
      assembler.copy(0, 0, 100);
      return { copies: 2, copiedBytes: size };
    },
    (assembler) => {
      assembler.copy(0, 0, 100);
      assembler.copy(90, 100, size - 100);
      return { copies: 2, copiedBytes: size };
    },
  ];
  for (const write of cases) {
    const counting = new CountingLanes(numbers(7), size);
    const lanes = withBasis(counting);
    const assembler = assemblerOf(size, lanes);
    const totals = { ...noTotals(), ...write(assembler) };
    assembler.ended(totals);
    assertEquals(await assembler.finish(endOf(totals)), true);
    assertEquals([assembler.unchanged, lanes.read], [false, []]);
    assertEquals(counting.applied.reduce((sum, [, , n]) => sum + n, 0), totals.copiedBytes);
  }
  const assembler = assemblerOf(size, withBasis(new CountingLanes(numbers(8), size)));
  const totals = await copyAll(assembler, size);
  assembler.ended(totals);
  await assertRejects(() => assembler.finish(endOf({ ...totals, copies: 99 })), ParasyncError);
});

Deno.test("another digest than announced is told", async () => {
  const assembler = assemblerOf(100, new CountingLanes(numbers(1), 100));
  assembler.copy(0, 0, 100);
  assembler.ended({ ...noTotals(), copies: 1, copiedBytes: 100 });
  const end = endOf({ copies: 1, copiedBytes: 100 }, RIGHT.map((byte, i) => i === 31 ? 0 : byte));
  assertEquals(await assembler.finish(end), false);
});

Deno.test("gaps, overlaps and totals that do not fit are refused at the end at the latest", async () => {
  const totals = { copies: 2, copiedBytes: 100 };
  const cases: [string, (assembler: TargetAssembler) => void][] = [
    ["stream", (assembler) => assembler.copy(0, 0, 99)],
    ["bad_request", (assembler) => {
      assembler.copy(0, 0, 60);
      assembler.copy(0, 59, 40);
    }],
    ["bad_request", (assembler) => {
      assembler.copy(0, 0, 50);
      assembler.copy(200, 50, 50);
      assembler.ended({ ...noTotals(), copies: 1, copiedBytes: 100 });
    }],
  ];
  for (const [code, fill] of cases) {
    const assembler = assemblerOf(100, new CountingLanes(numbers(1), 100));
    fill(assembler);
    const error = await assertRejects(() => assembler.finish(endOf(totals)), ParasyncError);
    assertEquals(error.code, code, error.message);
  }
});

Deno.test("what a lane fails with ends whoever waits, and nothing more is asked of it", async () => {
  const next = numbers(192);
  const size = 64 * SEGMENT_BYTES;
  const lanes = new CountingLanes(next, size);
  const assembler = assemblerOf(size, lanes);
  assembler.copy(0, 0, size);
  lanes.failure = new ParasyncError("no_space", "Cannot write: no space left");
  await assertRejects(() => assembler.pump(), ParasyncError, "no space left");
  await assembler.idle();
  assertEquals(lanes.underWay, 0);
  const asked = lanes.applied.length;
  await assertRejects(() => assembler.pump(), ParasyncError, "no space left");
  await assertRejects(() => assembler.finish(endOf({})), ParasyncError, "no space left");
  assertEquals(lanes.applied.length, asked);
});

Deno.test("giving up ends whoever waits, and idle() comes when the last job is done", async () => {
  const size = 64 * SEGMENT_BYTES;
  const lanes = new CountingLanes(numbers(193), size);
  const assembler = assemblerOf(size, lanes);
  assembler.copy(0, 0, size);
  const pumping = assembler.pump();
  assembler.fail(new ParasyncError("interrupted", "Cannot go on: given up"));
  await assertRejects(() => pumping, ParasyncError, "given up");
  await assembler.idle();
  assertEquals(lanes.underWay, 0);
});

Deno.test("a repair takes segments whole, once each, and without copies", async () => {
  const size = 3 * SEGMENT_BYTES + 100;
  const totals = { zeros: 1, zeroBytes: size };
  const repaired = async (repair: (assembler: TargetAssembler) => void): Promise<boolean> => {
    const assembler = assemblerOf(size, new CountingLanes(numbers(1), size));
    assembler.wrote(0, size);
    assembler.ended({ ...noTotals(), ...totals });
    await assembler.finish(endOf(totals));
    assembler.beginRepair();
    repair(assembler);
    return await assembler.finishRepair();
  };
  assertEquals(await repaired((assembler) => assembler.wrote(0, SEGMENT_BYTES)), true);
  assertEquals(await repaired((assembler) => assembler.wrote(3 * SEGMENT_BYTES, 100)), true);
  assertEquals(await repaired(() => {}), true);
  for (
    const parts of [[[0, SEGMENT_BYTES - 1]], [[5, 10]], [[0, SEGMENT_BYTES], [
      3 * SEGMENT_BYTES,
      99,
    ]]]
  ) {
    const error = await assertRejects(
      () => repaired((assembler) => parts.forEach(([at, length]) => assembler.wrote(at!, length!))),
      ParasyncError,
      "in parts",
    );
    assertEquals(error.code, "bad_request");
  }
  await assertRejects(
    () =>
      repaired((assembler) => {
        assembler.wrote(0, SEGMENT_BYTES);
        assembler.wrote(SEGMENT_BYTES - 10, 10);
      }),
    ParasyncError,
    "written already",
  );
  await repaired((assembler) => {
    assertThrows(() => assembler.copy(0, 0, SEGMENT_BYTES), ParasyncError, "it has a copy");
  });
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import {
  coveredBytes,
  RangeCollector,
  type Ranges,
  rangesWithout,
  wholeRange,
} from "../matching/ranges.ts";
import { MAX_REFINED_BLOCKS, MAX_REFINED_RANGES } from "./refine_limits.ts";
import { type PlannerParts, RefinePlanner, type RoundPlan } from "./refine_plan.ts";

const MIB = 1 << 20;
const PARTS: PlannerParts = { basisSize: 100 * MIB, matched: true, compressed: false };
const RANDOM = randomBytes(numbers(851), MIB);

function rangesOf(...pairs: readonly (readonly [begin: number, end: number])[]): Ranges {
  const collector = new RangeCollector();
  for (const [begin, end] of pairs) collector.add(begin, end);
  return collector.merged();
}

/** A planner for a file of some content, or of so many bytes that are a hole. */
async function withPlanner<T>(
  content: Uint8Array | number,
  rttMs: number,
  parts: Partial<PlannerParts>,
  use: (planner: RefinePlanner) => Promise<T>,
): Promise<T> {
  using folder = new TestFolder();
  const path = folder.write("new", typeof content === "number" ? "" : content);
  if (typeof content === "number") fs.truncateSync(path, content);
  using file = openPinned(path);
  return await use(new RefinePlanner(file, rttMs, { ...PARTS, ...parts }));
}

/** The first round for gaps and what is left of a basis. */
async function firstRound(
  gaps: Ranges,
  left: Ranges,
  rttMs = 0,
  parts: Partial<PlannerParts> = {},
): Promise<RoundPlan | undefined> {
  return await withPlanner(RANDOM, rttMs, parts, (planner) => planner.next(gaps, left));
}

const NOTHING = wholeRange(0);

Deno.test("the first round is of 512 bytes, in all that is left and has room for one", async () => {
  const left = rangesOf([0, 511], [1000, 1512], [2000, 4000], [5000, 105_000]);
  const plan = await firstRound(rangesOf([100, 60_100]), left);
  assert(plan !== undefined);
  assertEquals([plan.block, plan.count], [512, 1 + 3 + 195]);
  assertEquals([...plan.left.begins], [1000, 2000, 5000]);
  assertEquals([...plan.gaps.begins, ...plan.gaps.ends], [100, 60_100]);
});

Deno.test("there is no round where nothing is left to find, or nothing to find it in", async () => {
  const much = wholeRange(MIB);
  assertEquals(await firstRound(NOTHING, much), undefined);
  assertEquals(await firstRound(much, NOTHING), undefined);
  assertEquals(await firstRound(much, rangesOf([0, 511], [1000, 1400])), undefined);
  assertEquals(await firstRound(rangesOf([7, 518]), much), undefined);
});

Deno.test("there is no round whose checksums would be more than it is likely to find", async () => {
  assertEquals(await firstRound(rangesOf([0, 20_000]), wholeRange(10 * MIB)), undefined);
  assert(await firstRound(rangesOf([0, 20_000]), wholeRange(100_000)) !== undefined);
});

Deno.test("a round trip costs what could be sent meanwhile, unless only bytes count", async () => {
  const [gaps, left] = [wholeRange(200_000), wholeRange(200_000)];
  assert(await firstRound(gaps, left, 0) !== undefined);
  assert(await firstRound(gaps, left, 10) !== undefined);
  assertEquals(await firstRound(gaps, left, 100), undefined);
  assert(await firstRound(wholeRange(4 * MIB), left, 100) !== undefined);
});

Deno.test("what will be compressed to next to nothing is not looked for", async () => {
  const [gaps, left] = [wholeRange(MIB), wholeRange(MIB)];
  const plan = (content: Uint8Array, compressed: boolean): Promise<RoundPlan | undefined> =>
    withPlanner(content, 0, { compressed }, (planner) => planner.next(gaps, left));
  const text = new Uint8Array(MIB).fill(97);
  assert(await plan(RANDOM, true) !== undefined, "random bytes are not compressed");
  assert(await plan(text, false) !== undefined, "nothing is compressed");
  assertEquals(await plan(text, true), undefined);
});

Deno.test("each round has finer blocks, down to where they are not worth their checksums", async () => {
  await withPlanner(RANDOM, 0, {}, async (planner) => {
    const [gaps, left] = [wholeRange(MIB), wholeRange(MIB)];
    const blocks: number[] = [];
    for (let i = 0; i < 10; i++) {
      const plan = await planner.next(gaps, left);
      if (plan === undefined) break;
      blocks.push(plan.block);
      planner.found(1000);
    }
    assertEquals(blocks, [512, 128]);
  });
});

Deno.test("checks are as long as keep a wrong find unlikely, and no longer than a CRC", async () => {
  const checked = async (gapBytes: number, leftBytes: number): Promise<number | undefined> =>
    (await firstRound(wholeRange(gapBytes), wholeRange(leftBytes)))?.checkBytes;
  // 2^16 places and 2^7 blocks: 26 bits would do; a byte is sent all the same.
  assertEquals(await checked(1 << 16, 1 << 16), 1);
  // 2^26 and 2^14: 43 bits, of which the weak checksum is 32.
  assertEquals(await checked(1 << 26, 1 << 23), 2);
  assertEquals(await checked(2 ** 36, 2 ** 29), 4);
  assertEquals(await checked(2 ** 50, 2 ** 50), 4);
});

Deno.test("a round never has more blocks and ranges than a server takes", async () => {
  const huge = await firstRound(wholeRange(2 ** 40), wholeRange(2 ** 40));
  assert(huge !== undefined);
  assertEquals([huge.block, huge.count], [4096, MAX_REFINED_BLOCKS]);
  assertEquals(coveredBytes(huge.left), MAX_REFINED_BLOCKS * 4096);
  const large = await firstRound(wholeRange(2 ** 34), wholeRange(2 ** 30));
  assertEquals([large?.block, large?.count], [1024, MAX_REFINED_BLOCKS]);
  const many = new RangeCollector();
  for (let i = 0; i < MAX_REFINED_RANGES + 10; i++) many.add(1000 * i, 1000 * i + 600);
  const plan = await firstRound(wholeRange(2 ** 34), many.merged());
  assertEquals([plan?.left.begins.length, plan?.count], [MAX_REFINED_RANGES, MAX_REFINED_RANGES]);
});

/** Where nothing has matched: the first round, and the next one after so many bytes were found. */
async function sampled(
  gaps: Ranges,
  size: number,
  foundBytes: number,
): Promise<{ readonly first: RoundPlan | undefined; readonly second: RoundPlan | undefined }> {
  return await withPlanner(size, 0, { matched: false, basisSize: size }, async (planner) => {
    const first = await planner.next(gaps, wholeRange(size));
    planner.found(foundBytes);
    return { first, second: await planner.next(gaps, wholeRange(size)) };
  });
}

Deno.test("where nothing has matched of large files, samples come first", async () => {
  const size = 64 * MIB;
  const { first, second } = await sampled(wholeRange(size), size, 0);
  assert(first !== undefined);
  assertEquals([first.block, coveredBytes(first.left), first.count], [512, MIB, MIB / 512]);
  assert(coveredBytes(first.gaps) <= 16 * (576 << 10));
  assertEquals(second, undefined, "nothing was found");

  const rich = await sampled(wholeRange(size), size, MIB / 2);
  assertEquals([rich.second?.block, rich.second?.count], [512, size / 512]);
  // Where chunks have matched, or where there is little, it is all or nothing.
  const little = await sampled(wholeRange(4 * MIB), 4 * MIB, 0);
  assertEquals(little.first?.count, 4 * MIB / 512);
});

Deno.test("samples are taken from the gaps alone: the rest of the file is on its way", async () => {
  const size = 64 * MIB;
  const gaps = rangesOf([MIB, 20 * MIB], [21 * MIB + 7, 50 * MIB]);
  const { first } = await sampled(gaps, size, 0);
  assert(first !== undefined && coveredBytes(first.gaps) > 0);
  assertEquals(coveredBytes(rangesWithout(first.gaps, gaps)), 0);
});

Deno.test("the finest round is the last, and one before it where no further one will pay", async () => {
  const much = wholeRange(MIB);
  await withPlanner(RANDOM, 0, {}, async (planner) => {
    const coarse = await planner.next(much, much);
    assert(coarse !== undefined && !planner.isLast(coarse));
    const fine = await planner.next(much, much);
    assert(fine !== undefined && planner.isLast(fine));
  });
  await withPlanner(RANDOM, 500, {}, async (planner) => {
    // Worth half a second once, and not twice.
    const only = await planner.next(wholeRange(6 * MIB), much);
    assert(only !== undefined && planner.isLast(only));
  });
  await withPlanner(64 * MIB, 0, { matched: false, basisSize: 64 * MIB }, async (planner) => {
    const samples = await planner.next(wholeRange(64 * MIB), wholeRange(64 * MIB));
    assert(samples !== undefined && !planner.isLast(samples));
  });
});

Deno.test("how fast checksums came says what a round trip is worth", async () => {
  for (const [ms, pays] of [[0.1, false], [10_000, true]] as const) {
    await withPlanner(RANDOM, 100, {}, async (planner) => {
      const [gaps, left] = [wholeRange(4 * MIB), wholeRange(200_000)];
      assert(await planner.next(gaps, left) !== undefined);
      planner.came(MIB, ms);
      assertEquals(await planner.next(gaps, left) !== undefined, pays, `${ms} ms`);
    });
  }
  // A few bytes tell nothing.
  await withPlanner(RANDOM, 100, {}, async (planner) => {
    const [gaps, left] = [wholeRange(4 * MIB), wholeRange(200_000)];
    await planner.next(gaps, left);
    planner.came(100, 0.001);
    assert(await planner.next(gaps, left) !== undefined);
  });
});

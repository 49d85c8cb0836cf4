// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { referenceOf, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { TestFolder } from "../files/test_folder.ts";
import { GROUP_BLOCKS } from "../matching/block_proofs.ts";
import { falseRepeats } from "./repeated_blocks.ts";

const BLOCK = 64;

/** The places, of these blocks in a file, that are taken for something else than what was first at `firsts`. */
async function falseIn(
  bytes: Uint8Array,
  blocks: readonly number[],
  firsts: readonly number[],
): Promise<number[]> {
  using folder = new TestFolder();
  using lanes = new TestLanes(2);
  const file = referenceOf(folder.write("new", bytes));
  const repeated = {
    block: BLOCK,
    targets: blocks.map((index) => index * BLOCK),
    firsts: firsts.map((index) => index * BLOCK),
  };
  const { signal } = new AbortController();
  const wrong = await falseRepeats(lanes.group(2), file, repeated, signal);
  return [...wrong].map((place) => place / BLOCK).sort((a, b) => a - b);
}

Deno.test("blocks that are what they were first are none of them false", async () => {
  const one = randomBytes(numbers(871), 40 * BLOCK);
  const twice = new Uint8Array([...one, ...one]);
  const again = Array.from({ length: 40 }, (_, i) => 40 + i);
  assertEquals(await falseIn(twice, again, again.map((index) => index - 40)), []);
  assertEquals(await falseIn(twice, [], []), []);
});

Deno.test("a block that is not takes its group with it, and no other", async () => {
  const count = 3 * GROUP_BLOCKS + 5;
  const one = randomBytes(numbers(872), count * BLOCK);
  const twice = new Uint8Array([...one, ...one]);
  const again = Array.from({ length: count }, (_, i) => count + i);
  const firsts = again.map((index) => index - count);
  // One byte of a block in the second group, and all of the last one.
  twice[(count + 300) * BLOCK + 7]! ^= 1;
  twice.fill(0, -BLOCK);
  const wrong = again.filter((_, i) => i >= 256 && i < 512 || i >= 768);
  assertEquals(await falseIn(twice, again, firsts), wrong);
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { createRollKernel } from "../chunking/kernel/roll_kernel.ts";
import { BlockLookup } from "./block_lookup.ts";
import { type BlockTable, createBlockTable } from "./block_table.ts";

const BLOCK = 64;
const WINDOW = randomBytes(numbers(71), BLOCK);
const WEAK = weakOf(WINDOW);

function weakOf(window: Uint8Array): number {
  const weaks = new Uint32Array(0);
  const kernel = createRollKernel({ kind: "rollsum", block: BLOCK, weaks, capacity: BLOCK });
  kernel.memory.set(window, kernel.dataOffset);
  return kernel.weak(0, BLOCK);
}

/** A strong checksum that stands for some content. */
function strongFor(content: number, strongBytes: number): Uint8Array {
  const strong = new Uint8Array(strongBytes).fill(0x77);
  new DataView(strong.buffer).setUint16(strongBytes - 2, content);
  return strong;
}

/** A table of blocks that all have the window's weak checksum. */
function tableOf(contents: readonly number[], strongBytes = 16, short = 0): BlockTable {
  const strong = new Uint8Array(contents.length * strongBytes);
  contents.forEach((content, i) => strong.set(strongFor(content, strongBytes), i * strongBytes));
  return createBlockTable({
    block: BLOCK,
    basisSize: contents.length * BLOCK - (short === 0 ? 0 : BLOCK - short),
    weak: "rollsum",
    strongName: "md4",
    strongBytes,
    weaks: new Uint32Array(contents.length).fill(WEAK),
    strong,
  });
}

/** A lookup whose kernel has just found the window's weak checksum, if it is there. */
function lookupIn(table: BlockTable): { lookup: BlockLookup; at: number } {
  const lookup = new BlockLookup(table, BLOCK);
  lookup.kernel.memory.set(WINDOW, lookup.kernel.dataOffset);
  return { lookup, at: lookup.kernel.search(0, 1, () => 0) };
}

Deno.test("of blocks with one weak checksum the one with the strong checksum is found", () => {
  const { lookup } = lookupIn(tableOf([10, 11, 12, 13]));
  for (const index of [3, 0, 2, 1]) assertEquals(lookup.find(strongFor(10 + index, 16)), index);
  assertEquals(lookup.find(strongFor(99, 16)), -1);
});

Deno.test("of equal blocks the lowest one is found", () => {
  const { lookup } = lookupIn(tableOf([5, 6, 5, 6, 7, 5, 7]));
  assertEquals([5, 6, 7].map((content) => lookup.find(strongFor(content, 16))), [0, 1, 4]);
});

Deno.test("thousands of equal blocks are one", () => {
  const contents = Array.from({ length: 20_000 }, (_, i) => i === 15_000 ? 8 : 5);
  const { lookup } = lookupIn(tableOf(contents));
  assertEquals([5, 8].map((content) => lookup.find(strongFor(content, 16))), [0, 15_000]);
});

Deno.test("of unlike blocks with one weak checksum the first 16 are kept", () => {
  const contents = Array.from({ length: 20_000 }, (_, i) => i % 5000);
  const { lookup } = lookupIn(tableOf(contents));
  for (let content = 0; content < 5000; content++) {
    const found = lookup.find(strongFor(content, 16));
    assertEquals(found, content < 16 ? content : -1);
  }
});

Deno.test("strong checksums that were cut short are compared as far as they are there", () => {
  const { lookup } = lookupIn(tableOf([1, 2, 3], 4));
  const whole = new Uint8Array(32).fill(0xee);
  whole.set(strongFor(2, 4));
  assertEquals(lookup.find(whole), 1);
  whole[3]! ^= 1;
  assertEquals(lookup.find(whole), 2);
  whole[0]! ^= 1;
  assertEquals(lookup.find(whole), -1);
});

Deno.test("the short last block is not looked up, but has its strong checksum", () => {
  const { lookup } = lookupIn(tableOf([1, 2], 16, 10));
  assertEquals(lookup.find(strongFor(2, 16)), -1);
  assert(lookup.hasStrong(1, strongFor(2, 16)));
  assert(!lookup.hasStrong(1, strongFor(1, 16)));
});

Deno.test("a basis without whole blocks has nothing to find", () => {
  assertEquals([lookupIn(tableOf([])).at, lookupIn(tableOf([1], 16, 63)).at], [-1, -1]);
});

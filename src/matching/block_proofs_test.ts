// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertNotEquals } from "@std/assert";
import { concatenated, numbers, randomBytes, shuffled } from "../../tests/fixtures/seeded.ts";
import { createScanKernel } from "../chunking/kernel/scan_kernel.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { strongHex, testEachBackend, toHex } from "../hashing/test_backends.ts";
import {
  type BlockGroups,
  GROUP_BLOCKS,
  groupsOf,
  hasBit,
  PROOF_BYTES,
  proveGroups,
  setBit,
} from "./block_proofs.ts";

const kernel = createScanKernel(2 << 20);

testEachBackend("a proof is the beginning of BLAKE3 over a group's blocks", (backend) => {
  using folder = new TestFolder();
  const next = numbers(831);
  const bytes = randomBytes(next, 3 << 20);
  using file = openPinned(folder.write("file", bytes));
  const block = 4096;
  const grid = Array.from({ length: bytes.length / block }, (_, i) => i * block);
  const layouts: readonly (readonly number[])[] = [
    [0],
    grid.slice(0, 256),
    grid.slice(-256),
    // With a little, with much and with nothing in between; backwards, and one place twice.
    grid.filter((_, i) => i % 3 === 0),
    [0, 100_000, 104_096, 2_000_000, 2_004_097],
    shuffled(next, grid).slice(0, 256),
    [500_000, 400_000, 403_000, 400_000],
    [bytes.length - block],
  ];
  const places = layouts.flatMap((layout) => layout.slice(0, GROUP_BLOCKS));
  const counts = layouts.map((layout) => Math.min(GROUP_BLOCKS, layout.length));
  const proofs = proveGroups(kernel, backend, file, {
    block,
    places: Float64Array.from(places),
    counts: Uint32Array.from(counts),
  });
  assertEquals(proofs.length, layouts.length * PROOF_BYTES);
  layouts.forEach((layout, i) => {
    const content = layout.slice(0, GROUP_BLOCKS).map((place) =>
      bytes.subarray(place, place + block)
    );
    const own = toHex(proofs.subarray(i * PROOF_BYTES, (i + 1) * PROOF_BYTES));
    assertEquals(
      own,
      strongHex(backend, concatenated(...content)).slice(0, 2 * PROOF_BYTES),
      `${i}`,
    );
  });
});

testEachBackend("a proof tells any other content and any other order apart", (backend) => {
  using folder = new TestFolder();
  const bytes = randomBytes(numbers(832), 64 * 8);
  const proofOf = (content: Uint8Array, order: readonly number[]): string => {
    using file = openPinned(folder.write("file", content));
    const places = Float64Array.from(order, (index) => index * 64);
    const counts = Uint32Array.of(order.length);
    return toHex(proveGroups(kernel, backend, file, { block: 64, places, counts }));
  };
  const whole = proofOf(bytes, [0, 1, 2, 3, 4, 5, 6, 7]);
  assertEquals(proofOf(bytes, [0, 1, 2, 3, 4, 5, 6, 7]), whole);
  assertNotEquals(proofOf(bytes, [1, 0, 2, 3, 4, 5, 6, 7]), whole);
  assertNotEquals(proofOf(bytes, [0, 1, 2, 3, 4, 5, 6]), whole);
  for (let at = 0; at < bytes.length; at += 37) {
    const other = bytes.slice();
    other[at]! ^= 0x40;
    assertNotEquals(proofOf(other, [0, 1, 2, 3, 4, 5, 6, 7]), whole, `byte ${at}`);
  }
});

function bitmapOf(count: number, indexes: readonly number[]): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(count / 8));
  for (const index of indexes) setBit(bitmap, index);
  return bitmap;
}

interface Dealt extends BlockGroups {
  readonly groups: readonly number[];
}

function deal(found: readonly number[], count: number, block: number): Dealt[] {
  return [...groupsOf(bitmapOf(count, found), count, block, (index) => 10 * index)];
}

Deno.test("groups are of 256 blocks whether found or not, and those with none are left out", () => {
  const [one, ...more] = deal([0, 255, 256, 1023, 1024], 1100, 64);
  assertEquals(more, []);
  assertEquals([...one!.places], [0, 2550, 2560, 10_230, 10_240]);
  assertEquals([...one!.counts], [2, 1, 1, 1]);
  assertEquals([one!.groups, one!.block], [[0, 1, 3, 4], 64]);
  assertEquals([deal([], 1000, 64), deal([], 0, 64)], [[], []]);
});

Deno.test("bits behind the last block mean nothing", () => {
  const all = new Uint8Array(2).fill(255);
  const [one] = [...groupsOf(all, 10, 64, (index) => index)];
  assertEquals([...one!.places], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("many groups come in portions of about a mebibyte, none of them in two", () => {
  const count = 8 * GROUP_BLOCKS + 3;
  const all = Array.from({ length: count }, (_, i) => i);
  const dealt = deal(all, count, 1024);
  assertEquals(dealt.map(({ groups }) => groups), [[0, 1, 2, 3], [4, 5, 6, 7], [8]]);
  assertEquals(dealt.flatMap(({ places }) => [...places]), all.map((index) => 10 * index));
  assertEquals(deal(all, count, 4096).length, 9);
});

Deno.test("bits are counted from the lowest of each byte", () => {
  const bitmap = bitmapOf(24, [0, 3, 8, 23]);
  assertEquals([...bitmap], [0b1001, 1, 0x80]);
  assertEquals([0, 1, 3, 8, 22, 23].map((index) => hasBit(bitmap, index)), [
    true,
    false,
    true,
    true,
    false,
    true,
  ]);
});

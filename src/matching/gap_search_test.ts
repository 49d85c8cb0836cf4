// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { crc32 } from "node:zlib";
import { dataOf } from "../../tests/fixtures/data_kinds.ts";
import { edited } from "../../tests/fixtures/edit_kinds.ts";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { createRollKernel } from "../chunking/kernel/roll_kernel.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import type { HashBackend } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { BlockLookup } from "./block_lookup.ts";
import { type BlockTable, createBlockTable } from "./block_table.ts";
import { searchGaps } from "./gap_search.ts";
import { signRanges } from "./range_signature.ts";
import { joined, plainSearch } from "./test_blocks.ts";

const { backend } = await openBackend("0");
const CAPACITY = 1 << 20;

/** The table of the whole blocks at the beginning of a basis, with so many bytes of each CRC. */
function tableOf(basis: Uint8Array, block: number, checkBytes: number): BlockTable {
  using folder = new TestFolder();
  using file = openPinned(folder.write("basis", basis));
  const size = Math.floor(basis.length / block) * block;
  const kernel = createRollKernel({
    kind: "rabinkarp",
    block: 1,
    weaks: new Uint32Array(0),
    capacity: basis.length,
  });
  const pieces = { begins: Float64Array.of(0), lengths: Uint32Array.of(size) };
  return createBlockTable({
    block,
    basisSize: size,
    weak: "rabinkarp",
    strongName: "blake3",
    strongBytes: checkBytes,
    ...signRanges(kernel, backend, file, block, pieces, checkBytes),
  });
}

type Found = readonly [target: number, block: number];

/** Searches ranges of a file; the whole of it where none are named. */
function search(
  table: BlockTable,
  bytes: Uint8Array,
  ranges: readonly (readonly [begin: number, length: number])[] = [[0, bytes.length]],
  by: HashBackend = backend,
): Found[] {
  using folder = new TestFolder();
  using file = openPinned(folder.write("file", bytes));
  const lookup = new BlockLookup(table, CAPACITY);
  const { targets, blocks, checks } = searchGaps(lookup, by, file, {
    begins: Float64Array.from(ranges, ([begin]) => begin),
    lengths: Uint32Array.from(ranges, ([, length]) => length),
  });
  assertEquals([blocks.length, checks.length], [targets.length, targets.length]);
  targets.forEach((target, i) => {
    const content = bytes.subarray(target, target + table.block);
    if (by === backend) assertEquals(checks[i], crc32(content), "the CRC of what was found");
  });
  return Array.from(targets, (target, i) => [target, blocks[i]!]);
}

Deno.test("what a search by content finds is found, for every kind of data", () => {
  const next = numbers(821);
  for (const kind of ["random", "mixed", "csv", "archive"] as const) {
    for (const edit of ["insert", "move", "duplicate", "reverse blocks", "flip bytes"] as const) {
      for (const block of [64, 100, 512]) {
        const old = dataOf(kind, 20_000, next);
        const basis = old.subarray(0, Math.floor(old.length / block) * block);
        const file = edited(edit, old, next);
        const found = search(tableOf(basis, block, 4), file);
        for (const [target, index] of found) {
          const place = index * block;
          const equal = basis.subarray(place, place + block)
            .every((byte, i) => byte === file[target + i]);
          assert(equal, `${edit} of ${kind}: block ${index} is not at ${target}`);
        }
        // Which of equal blocks is taken may differ, and what follows from it; how much is found does not.
        const expected = plainSearch(basis, file, block);
        const bytes = expected.reduce((sum, [, , length]) => sum + length, 0);
        assertEquals(found.length * block, bytes, `${edit} of ${kind} in blocks of ${block}`);
      }
    }
  }
});

Deno.test("of equal blocks the one that follows the last found is taken, else the first", () => {
  const next = numbers(822);
  const [a, b, c] = [0, 1, 2].map(() => randomBytes(next, 64)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const table = tableOf(concatenated(a, b, c, b, a), 64, 2);
  const file = concatenated(c, b, a, randomBytes(next, 7), b, c, b, a);
  const found = search(table, file);
  assertEquals(found.map(([, index]) => index), [2, 3, 4, 1, 2, 3, 4]);
  const copies = joined(found.map(([target, index]) => [target, index * 64, 64]));
  assertEquals(copies, [[0, 128, 192], [199, 64, 256]]);
});

Deno.test("a block is found at every place of a range, and not beyond its ends", () => {
  const next = numbers(823);
  const block = randomBytes(next, 64);
  const table = tableOf(block, 64, 1);
  const file = concatenated(randomBytes(next, 100), block, randomBytes(next, 100));
  for (
    const [begin, length, times] of [
      [100, 64, 1],
      [36, 128, 1],
      [101, 100, 0],
      [0, 163, 0],
      [0, 164, 1],
      [100, 63, 0],
    ] as const
  ) {
    const found = search(table, file, [[begin, length]]);
    assertEquals(found, times === 0 ? [] : [[100, 0]], `${length} bytes from ${begin}`);
  }
});

Deno.test("several ranges are searched each by itself", () => {
  const next = numbers(824);
  const basis = randomBytes(next, 640);
  const file = concatenated(basis, basis);
  const table = tableOf(basis, 64, 1);
  // The first block lies across the two ranges, and the fifth in none.
  const found = search(table, file, [[0, 32], [32, 200], [320, 64], [640, 640]]);
  const expected: Found[] = [[64, 1], [128, 2], [320, 5]];
  for (let i = 0; i < 10; i++) expected.push([640 + 64 * i, i]);
  assertEquals(found, expected);
});

Deno.test("without a check the weak checksum alone decides, and the CRC is there to tell apart", () => {
  const next = numbers(825);
  const basis = randomBytes(next, 256);
  assertEquals(search(tableOf(basis, 64, 0), basis).map(([, index]) => index), [0, 1, 2, 3]);
  assertEquals(search(tableOf(new Uint8Array(0), 64, 1), basis), []);
});

Deno.test("a file made of false weak matches does not take for ever", () => {
  const basis = new Uint8Array(64);
  const table = tableOf(basis, 64, 4);
  // Every window has the table's weak checksum, and none its CRC.
  let hashed = 0;
  const never: HashBackend = {
    ...backend,
    weak: () => {
      hashed++;
      return 1;
    },
  };
  assertEquals(search(table, new Uint8Array(500_000), undefined, never), []);
  assert(hashed > 1000 && hashed < 10_000, `${hashed} windows were compared`);
});

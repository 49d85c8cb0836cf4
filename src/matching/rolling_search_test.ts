// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { sameCrc, sameRollsum } from "../../tests/fixtures/crafted_blocks.ts";
import { dataOf } from "../../tests/fixtures/data_kinds.ts";
import { EDIT_KINDS, edited } from "../../tests/fixtures/edit_kinds.ts";
import { concatenated, numbers, oneOf, randomBytes } from "../../tests/fixtures/seeded.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { SEGMENT_BYTES, segmentCount } from "../hashing/session_digest.ts";
import { BlockLookup } from "./block_lookup.ts";
import { type BlockTable, createBlockTable } from "./block_table.ts";
import { searchSegment, type SegmentMatches } from "./rolling_search.ts";
import {
  BLOCK_KINDS,
  type BlockKinds,
  checksumsFor,
  joined,
  type Match,
  plainSearch,
  tableOf,
} from "./test_blocks.ts";

const { backend: digest } = await openBackend("0");

/** What is found in all segments of a file, one after the other. */
interface Searched {
  readonly matches: Match[];
  readonly segments: readonly SegmentMatches[];
  readonly misses: number;
}

async function search(table: BlockTable, bytes: Uint8Array, from = 0): Promise<Searched> {
  using folder = new TestFolder();
  using file = openPinned(folder.write("new", bytes));
  const checksums = await checksumsFor({ weak: table.weak, strong: table.strongName });
  const lookup = new BlockLookup(table, SEGMENT_BYTES + table.block);
  // What another segment or file left there must not matter.
  lookup.kernel.memory.fill(0xa5, lookup.kernel.dataOffset);
  const segments: SegmentMatches[] = [];
  let next = from;
  for (let segment = 0; segment < segmentCount(bytes.length); segment++) {
    segments.push(searchSegment({ lookup, checksums, digest }, file, segment, next));
    next = segments.at(-1)!.next;
  }
  const matches = segments.flatMap(({ targets, places, lengths }) =>
    [...targets].map((target, i): Match => [target, places[i]!, lengths[i]!])
  );
  const misses = segments.reduce((sum, { misses }) => sum + misses, 0);
  return { matches, segments, misses };
}

/** Whether the matches lie in order, in both files, and what they name is equal. */
function assertTrue(matches: readonly Match[], basis: Uint8Array, file: Uint8Array): void {
  let settled = 0;
  for (const [target, place, length] of matches) {
    assert(target >= settled && length > 0, `${target} after ${settled}`);
    settled = target + length;
    assert(settled <= file.length && place + length <= basis.length, "inside both files");
    const [ours, theirs] = [file.subarray(target, settled), basis.subarray(place, place + length)];
    assert(ours.every((byte, i) => byte === theirs[i]), `${target} is not ${place}`);
  }
}

async function assertAsPlain(
  basis: Uint8Array,
  file: Uint8Array,
  block: number,
  kinds: BlockKinds,
  about: string,
): Promise<Match[]> {
  const { matches } = await search(await tableOf(basis, block, kinds), file);
  assertTrue(matches, basis, file);
  assertEquals(joined(matches), plainSearch(basis, file, block), `${kinds.weak}, ${about}`);
  return joined(matches);
}

for (const kinds of BLOCK_KINDS) {
  Deno.test(`${kinds.weak}: what is found after any edit is what a plain search finds`, async () => {
    const next = numbers(61);
    for (const data of ["random", "zeros", "period 7", "csv", "mixed"] as const) {
      for (const edit of EDIT_KINDS) {
        const block = oneOf(next, [64, 65, 100, 1000, 4096]);
        const basis = dataOf(data, next(30_000), next);
        const file = edited(edit, basis, next);
        const about = `${edit} of ${basis.length} bytes of ${data} in blocks of ${block}`;
        await assertAsPlain(basis, file, block, kinds, about);
      }
    }
  });

  Deno.test(`${kinds.weak}: files that end about a segment's edge are searched as a plain search does`, async () => {
    const next = numbers(62);
    const all = randomBytes(next, 2 * SEGMENT_BYTES);
    for (const block of [64, 8192, 65_536, SEGMENT_BYTES]) {
      for (const size of [-block, -1, 0, 1, block].map((more) => SEGMENT_BYTES + more)) {
        // Moved by 100 bytes against the basis's blocks, so that matches lie across the segments' edge.
        const basis = all.subarray(0, size + next(2 * block) - block);
        const file = concatenated(all.subarray(0, 100), basis).subarray(0, size);
        const about = `${size} bytes in blocks of ${block}`;
        await assertAsPlain(basis, file, block, kinds, about);
      }
    }
  });
}

const [ROLLSUM, , CRC] = BLOCK_KINDS as [BlockKinds, BlockKinds, BlockKinds];

Deno.test("the short last block is found at the end alone, in whichever segment that begins", async () => {
  const next = numbers(63);
  const block = 4096;
  const tail = randomBytes(next, 1500);
  const basis = concatenated(randomBytes(next, 2 * block), tail);
  const sizes = [-1, 0, 1, 700, 1499, 1500, 1501, 4095, 4096, 4097];
  for (const size of sizes.map((more) => SEGMENT_BYTES + more)) {
    const file = randomBytes(next, size);
    file.set(tail, size - tail.length);
    file.set(tail, 5000);
    const expected: Match[] = [[size - tail.length, 2 * block, tail.length]];
    assertEquals(await assertAsPlain(basis, file, block, CRC, `${size} bytes`), expected);
  }
});

Deno.test("a basis of nothing but a short block matches the end of the new file", async () => {
  const next = numbers(64);
  const basis = randomBytes(next, 50);
  const file = concatenated(randomBytes(next, 70), basis);
  assertEquals(await assertAsPlain(basis, file, 64, ROLLSUM, "one short block"), [[70, 0, 50]]);
  assertEquals(await assertAsPlain(basis, basis, 64, ROLLSUM, "nothing else"), [[0, 0, 50]]);
  assertEquals(await assertAsPlain(basis, basis.subarray(1), 64, ROLLSUM, "too short"), []);
});

Deno.test("an empty basis has nothing, and an empty file wants nothing", async () => {
  const file = randomBytes(numbers(65), 5000);
  assertEquals(await assertAsPlain(new Uint8Array(0), file, 64, CRC, "empty basis"), []);
  const { segments } = await search(await tableOf(file, 64, CRC), new Uint8Array(0));
  assertEquals(segments, []);
});

Deno.test("a search that has come behind a segment hashes it and goes on from there", async () => {
  const next = numbers(66);
  const basis = randomBytes(next, 3 * SEGMENT_BYTES + 777);
  const table = await tableOf(basis, 65_536, CRC);
  for (const from of [0, 65_536, SEGMENT_BYTES, 2 * SEGMENT_BYTES + 65_536, basis.length]) {
    const { matches, segments } = await search(table, basis, from);
    assertEquals(joined(matches), from === basis.length ? [] : [[from, from, basis.length - from]]);
    assertEquals(segments.map(({ next }) => next >= from), [true, true, true, true]);
    segments.forEach(({ segment }, i) => {
      const [begin, end] = [i * SEGMENT_BYTES, Math.min((i + 1) * SEGMENT_BYTES, basis.length)];
      const expected = new Uint8Array(STRONG_BYTES);
      digest.strong(basis, begin, end, expected, 0);
      assertEquals(segment, expected, `segment ${i} from ${from}`);
    });
  }
});

Deno.test("blocks of one weak checksum and other contents are told apart", async () => {
  const next = numbers(67);
  const block = 1024;
  const first = randomBytes(next, block);
  // What sameRollsum changes without a trace in the sums.
  for (const at of [100, 300, 500]) first.fill(100, at, at + 3);
  for (const [kinds, collide] of [[ROLLSUM, sameRollsum], [CRC, sameCrc]] as const) {
    const basis = concatenated(first, collide(first, 100), collide(first, 300));
    const table = await tableOf(basis, block, kinds);
    const file = concatenated(randomBytes(next, 9), collide(first, 500), basis.subarray(block));
    const { matches, misses } = await search(table, file);
    assertEquals(joined(matches), plainSearch(basis, file, block), kinds.weak);
    assertTrue(matches, basis, file);
    assertEquals([joined(matches).length, misses > 0], [1, true], "the twin was looked at");
  }
});

Deno.test("strong checksums that were cut short are compared as far as they are there", async () => {
  const next = numbers(68);
  const basis = randomBytes(next, 50_000);
  const file = edited("insert", basis, next);
  for (const strongBytes of [1, 8, 31]) {
    const { matches } = await search(await tableOf(basis, 512, CRC, strongBytes), file);
    assertEquals(joined(matches), plainSearch(basis, file, 512), `${strongBytes} bytes`);
  }
});

Deno.test("a table whose weak checksums are everywhere and whose strong ones are nowhere costs a bounded number of looks", async () => {
  const block = 8192;
  const file = new Uint8Array(2 * SEGMENT_BYTES);
  const honest = await tableOf(new Uint8Array(block), block, CRC);
  const lying = createBlockTable({ ...honest, strong: new Uint8Array(32) });
  const { matches, misses } = await search(lying, file);
  assertEquals(matches, []);
  assert(misses <= 2 * (1 + 16 * SEGMENT_BYTES / block), `${misses} looks in ${file.length} bytes`);
  const found = await search(honest, file);
  assertEquals([joined(found.matches).length, found.misses], [256, 0]);
});

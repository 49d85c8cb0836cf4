// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { dataOf } from "../../tests/fixtures/data_kinds.ts";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { referenceOf, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { PrefixWeaks } from "../chunking/derived_weak.ts";
import { BLOCK_BYTES, type ChunkParameters } from "../chunking/parameters.ts";
import { TestFolder } from "../files/test_folder.ts";
import { openBackend } from "../hashing/select.ts";
import type { FileReference } from "./jobs.ts";
import { type ChunkOptions, LaneGroup } from "./lane_group.ts";

const USUAL: ChunkParameters = { min: 4096, avg: 8192, max: 12288 };

/** The first has its longest chunk end behind the middle of an 8 KiB block, the last needs all the room. */
const PARAMETERS: readonly ChunkParameters[] = [
  { min: 100, avg: 1024, max: 8192 - 100 },
  USUAL,
  { min: 4096, avg: 65536, max: BLOCK_BYTES - 100 },
  { min: 512 * 1024, avg: 512 * 1024, max: BLOCK_BYTES },
];

async function prefixesOf(bytes: Uint8Array, block: number): Promise<PrefixWeaks> {
  const { backend } = await openBackend("0");
  const weaks = Uint32Array.from(
    { length: Math.ceil(bytes.length / block) },
    (_, k) => backend.weak(bytes, k * block, Math.min((k + 1) * block, bytes.length)),
  );
  return new PrefixWeaks(block, bytes.length, weaks);
}

async function chunked(
  group: LaneGroup,
  file: FileReference,
  parameters: ChunkParameters,
  options?: ChunkOptions,
): Promise<{ lengths: number[]; weaks: number[]; weakBytes: number; blocks: number }> {
  const found = { lengths: [] as number[], weaks: [] as number[], weakBytes: 0, blocks: 0 };
  await group.chunk(
    file,
    parameters,
    false,
    ({ lengths, weaks, weakBytes }) => {
      found.lengths.push(...lengths);
      found.weaks.push(...weaks);
      assertEquals(weakBytes === undefined, options?.derived === undefined);
      found.weakBytes += weakBytes ?? 0;
      found.blocks++;
    },
    undefined,
    options,
  );
  return found;
}

Deno.test("a scan that derives weak checksums gives what one gives that computes them", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(2);
  const next = numbers(61);
  const group = lanes.group(2);
  for (const kind of ["random", "zeros", "mixed"] as const) {
    for (const size of [1, 8191, 8192, 3 * BLOCK_BYTES, 3 * BLOCK_BYTES + 4096 + next(9000)]) {
      const bytes = dataOf(kind, size, next);
      const file = referenceOf(folder.write(`${kind} ${size}`, bytes));
      for (const parameters of PARAMETERS) {
        const plain = await chunked(group, file, parameters);
        for (const block of [4096, 8192, BLOCK_BYTES]) {
          const { weakBytes, ...derived } = await chunked(group, file, parameters, {
            derived: await prefixesOf(bytes, block),
          });
          assertEquals(derived, {
            lengths: plain.lengths,
            weaks: plain.weaks,
            blocks: plain.blocks,
          });
          // A block's first chunk begins with a cut that the block before it has looked at as well.
          const cuts = plain.lengths.length + plain.blocks;
          assert(weakBytes <= cuts * block / 2, `${weakBytes} bytes for ${cuts} cuts of ${kind}`);
        }
      }
      await group.release([file]);
    }
  }
});

Deno.test("checksums of another content go unseen: it is for the store to know the file", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  const next = numbers(62);
  const [old, now] = [dataOf("random", 300_000, next), dataOf("random", 300_000, next)];
  const file = referenceOf(folder.write("file", now));
  const plain = await chunked(lanes.group(1), file, USUAL);
  const derived = await prefixesOf(old, 8192);
  const { lengths, weaks } = await chunked(lanes.group(1), file, USUAL, { derived });
  assertEquals(lengths, plain.lengths);
  assert(weaks.some((weak, i) => weak !== plain.weaks[i]));
});

Deno.test("checksums of another polynomial than the stored ones are refused, not derived wrongly", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  const bytes = dataOf("random", 100_000, numbers(64));
  const file = referenceOf(folder.write("file", bytes));
  const derived = await prefixesOf(bytes, 8192);
  const scan = (weak: "crc32" | "crc32c") =>
    chunked(lanes.group(1), file, USUAL, { suite: { weak, strong: "sha256" }, derived });
  assertEquals((await scan("crc32")).weaks, (await chunked(lanes.group(1), file, USUAL)).weaks);
  await assertRejects(() => scan("crc32c"), Error, "only CRC-32 is derived");
});

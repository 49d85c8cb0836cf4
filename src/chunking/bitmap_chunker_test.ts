/** Chunking by bitmap gives rule K's chunks, whatever the lanes. */
// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { dataOf } from "../../tests/fixtures/data_kinds.ts";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { referenceOf, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { TestFolder } from "../files/test_folder.ts";
import type { LaneGroup } from "../workers/lane_group.ts";
import type { FileReference } from "../workers/jobs.ts";
import type { BlockChunks } from "./block_scanner.ts";
import type { ChunkParameters } from "./parameters.ts";

const USUAL: ChunkParameters = { min: 4096, avg: 8192, max: 12288 };
const SIGNAL = new AbortController().signal;

interface Found {
  readonly ends: number[];
  readonly weaks: number[];
  readonly zeros: number[];
  readonly segments: number[];
}

function collector(): { found: Found; onBlock: (chunks: BlockChunks) => void } {
  const found: Found = { ends: [], weaks: [], zeros: [], segments: [] };
  let end = 0;
  const onBlock = ({ lengths, weaks, zeros, segment }: BlockChunks): void => {
    for (const i of zeros) found.zeros.push(found.ends.length + i);
    for (const length of lengths) found.ends.push(end += length);
    found.weaks.push(...weaks);
    found.segments.push(...segment ?? []);
  };
  return { found, onBlock };
}

async function byBitmap(
  group: LaneGroup,
  file: FileReference,
  parameters: ChunkParameters,
): Promise<Found> {
  const { found, onBlock } = collector();
  await group.chunkByBitmap(file, parameters, onBlock, {
    withSegments: true,
    signal: SIGNAL,
    timed: (_stage, work) => work(),
  });
  return found;
}

async function byStitching(
  group: LaneGroup,
  file: FileReference,
  parameters: ChunkParameters,
): Promise<Found> {
  const { found, onBlock } = collector();
  await group.chunk(file, parameters, true, onBlock, SIGNAL);
  return found;
}

Deno.test("marking and selecting give the chunks, checksums and segments of the stitched scan", async () => {
  using lanes = new TestLanes(4);
  using folder = new TestFolder();
  const next = numbers(601);
  const sizes = [0, 1, 63, 4095, 4096, 4097, 12288, 12289, 1 << 20, (1 << 20) + 1, 3_500_000];
  for (const size of sizes) {
    for (const kind of ["random", "zeros", "mixed"] as const) {
      const file = referenceOf(folder.write(`${kind}-${size}`, dataOf(kind, size, next)));
      for (const parameters of [USUAL, { min: 64, avg: 128, max: 256 }]) {
        const expected = await byStitching(lanes.group(1), file, parameters);
        for (const threads of [1, 3, 4]) {
          const found = await byBitmap(lanes.group(threads), file, parameters);
          assertEquals(found, expected, `${size} bytes of ${kind}, ${threads} threads`);
        }
      }
    }
  }
});

Deno.test("a file of several rounds is chunked as one", async () => {
  using lanes = new TestLanes(2);
  using folder = new TestFolder();
  const path = folder.join("large");
  // A round has 256 MiB; the bytes around its end count, the holes before them are quickly read.
  const size = (258 << 20) + 12_345;
  using file = Deno.openSync(path, { create: true, write: true });
  file.truncateSync(size);
  file.seekSync((255 << 20) - 5000, Deno.SeekMode.Start);
  const bytes = dataOf("random", 2_500_000, numbers(602));
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  const reference = referenceOf(path);
  assertEquals(
    await byBitmap(lanes.group(2), reference, USUAL),
    await byStitching(lanes.group(2), reference, USUAL),
  );
});

Deno.test("chunking by bitmap stops when it is told to", async () => {
  using lanes = new TestLanes(2);
  using folder = new TestFolder();
  const file = referenceOf(folder.write("f", dataOf("random", 3_000_000, numbers(603))));
  const reason = new Error("enough");
  await assertRejects(
    () =>
      lanes.group(2).chunkByBitmap(file, USUAL, () => {}, {
        withSegments: false,
        signal: AbortSignal.abort(reason),
        timed: (_stage, work) => work(),
      }),
    Error,
    "enough",
  );
});

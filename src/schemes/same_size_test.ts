/** Files of one size, long enough to ask about segments first: what has not changed is not cut. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { leftovers, syncInFolder } from "../../tests/fixtures/local_sync.ts";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { HookedLane, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { TestFolder } from "../files/test_folder.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import type { Job } from "../workers/jobs.ts";
import { LaneGroup } from "../workers/lane_group.ts";
import type { SyncOutcome } from "./scheme.ts";

const PARAMETERS = { min: 2048, avg: 8192, max: 65_536 };
const SEGMENTS = 97;
const SIZE = (SEGMENTS - 1) * SEGMENT_BYTES + 1234;

/** What came of a sync. */
interface Done {
  readonly outcome: SyncOutcome;
  /** Blocks of the new file that were cut after all, in the order that they were. */
  readonly late: readonly number[];
}

const OLD = ((): Uint8Array<ArrayBuffer> => {
  const bytes = randomBytes(numbers(4), SIZE);
  bytes.fill(0, 20 * SEGMENT_BYTES - 100, 23 * SEGMENT_BYTES + 100);
  return bytes;
})();

async function synced(file: Uint8Array<ArrayBuffer>, about: string): Promise<Done> {
  using folder = new TestFolder();
  using lanes = new TestLanes(2, 0);
  folder.write("old", OLD);
  folder.write("new", file);
  const late: number[] = [];
  const before = (job: Job): void => {
    if (job.kind === "cut") late.push(job.block);
  };
  const group = new LaneGroup(
    lanes.take(2).map((lane) => new HookedLane(lane, { before })),
    "auto",
  );
  const outcome = await syncInFolder(folder, {
    parameters: PARAMETERS,
    lanes: group,
    confirm: "target",
  });
  assert(fs.readFileSync(folder.join("target")).equals(file), `${about}: differs`);
  assertEquals(leftovers(folder), [], about);
  return { outcome, late };
}

/** The old file with some bytes of these places changed. */
function changedAt(...places: readonly number[]): Uint8Array<ArrayBuffer> {
  const file = OLD.slice();
  for (const place of places) file[place]! ^= 255;
  return file;
}

Deno.test("nothing of an unchanged file is cut late", async () => {
  const { outcome, late } = await synced(OLD, "unchanged");
  assertEquals([late.length, outcome.totals.literalBytes], [0, 0]);
  assertEquals(outcome.unchangedBytes, SIZE);
});

Deno.test("of a changed file only blocks that have changed are cut late, and little is sent", async () => {
  const places = [
    [3 * SEGMENT_BYTES + 500_000],
    [5 * SEGMENT_BYTES, 6 * SEGMENT_BYTES - 1, 7 * SEGMENT_BYTES + 1],
    [21 * SEGMENT_BYTES + 5, 22 * SEGMENT_BYTES],
    [0, SIZE - 1],
    Array.from({ length: 30 }, (_, i) => 3 * i * SEGMENT_BYTES + 40_000 * (i % 25)),
  ];
  for (const some of places) {
    const { outcome, late } = await synced(changedAt(...some), `${some}`);
    const changed = new Set(some.map((place) => Math.floor(place / SEGMENT_BYTES)));
    assert(late.every((block) => changed.has(block)), `${some}: ${late} were cut`);
    assertEquals(late, late.toSorted((a, b) => a - b));
    const most = 4 * PARAMETERS.max * some.length;
    assert(outcome.totals.literalBytes <= most, `${some}: ${outcome.totals.literalBytes} bytes`);
    assert(outcome.unchangedBytes > 0, `${some}`);
  }
});

Deno.test("where everything has changed a little, blocks are cut again as before", async () => {
  const everywhere = Array.from({ length: SEGMENTS }, (_, i) => i * SEGMENT_BYTES + 700 * (i % 5));
  const { outcome, late } = await synced(changedAt(...everywhere), "everywhere");
  assert(late.length < SEGMENTS, `${late.length} blocks were cut late`);
  assertEquals(outcome.unchangedBytes, 0);
  assert(outcome.totals.literalBytes < SIZE / 2, `${outcome.totals.literalBytes} bytes`);
});

Deno.test("another file of the same size is sent whole", async () => {
  const { outcome } = await synced(randomBytes(numbers(99), SIZE), "another");
  assertEquals(outcome.totals.literalBytes, SIZE);
});

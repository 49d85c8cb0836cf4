/** Digests that a session has computed already, and a basis that is kept for them. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import fs from "node:fs";
import { basisEnd } from "../../tests/fixtures/local_sync.ts";
import { bodyOf, digestOf, OLD, stream } from "../../tests/fixtures/patches.ts";
import { segmentFrames } from "../../tests/fixtures/segment_frames.ts";
import { HookedLane, referenceOf, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { ParasyncError } from "../errors.ts";
import { identityOf } from "../files/identity.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { newSessionKey } from "../files/artefact.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { StageClock } from "../telemetry/stages.ts";
import { readFrames } from "../transport/framing.ts";
import type { Job } from "../workers/jobs.ts";
import { LaneGroup } from "../workers/lane_group.ts";
import { answerKeys } from "./key_basis.ts";
import { KnownSegments } from "./known_segments.ts";
import { parasync } from "./parasync.ts";
import { Reception } from "./reception.ts";

const PARAMETERS = { min: 64, avg: 128, max: 256 };

/** Waits until whatever changes the file from now on is seen in its time of change. */
async function aged(path: string): Promise<void> {
  const { ctimeMs } = fs.statSync(path);
  while (Date.now() - ctimeMs! < 2_000) await new Promise((resolve) => setTimeout(resolve, 20));
}

Deno.test("digests are found where all that are asked for are known", async () => {
  using folder = new TestFolder();
  const path = folder.write("old", new Uint8Array(5 << 20));
  using basis = openPinned(path);
  await aged(path);
  const known = new KnownSegments(basis);
  const digests = Uint8Array.from({ length: 64 }, (_, i) => i);
  assertEquals(known.find(Float64Array.of(1)), null);
  known.note({ segments: Float64Array.of(3, 1), digests }, Date.now());
  assertEquals(known.find(Float64Array.of(1, 2)), null);
  const found = known.find(Float64Array.of(1, 3));
  assertEquals([...found!.digests], [...digests.subarray(32), ...digests.subarray(0, 32)]);
  known.verifyFound();
  const { atimeMs, mtimeMs } = fs.statSync(path);
  fs.writeFileSync(path, new Uint8Array(5 << 20).fill(1));
  fs.utimesSync(path, atimeMs! / 1000, mtimeMs! / 1000);
  // What is noted since does not make up for it.
  known.note({ segments: Float64Array.of(2), digests: new Uint8Array(32) }, Date.now());
  assertEquals(assertThrows(() => known.verifyFound(), ParasyncError).code, "changed");
});

Deno.test("what was read of a file just written is not kept: the next change might not show", () => {
  using folder = new TestFolder();
  const path = folder.write("old", new Uint8Array(1000));
  using basis = openPinned(path);
  const known = new KnownSegments(basis);
  const { ctimeMs } = fs.statSync(path);
  known.note({ segments: Float64Array.of(0), digests: new Uint8Array(32) }, ctimeMs! + 1_990);
  assertEquals(known.find(Float64Array.of(0)), null);
});

Deno.test("a server knows the segments that it has compared", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  const size = 3 * SEGMENT_BYTES;
  const path = folder.write("old", new Uint8Array(size));
  using basis = openPinned(path);
  await aged(path);
  const known = new KnownSegments(basis);
  const end = basisEnd(referenceOf(path), lanes.group(1), PARAMETERS, { confirm: "target", known });
  for await (
    const _ of answerKeys(parasync, end, readFrames(bodyOf(...segmentFrames(size, false))))
  ) {
    // Until all is answered.
  }
  const found = known.find(Float64Array.of(0, 1, 2));
  assertEquals(found!.digests.length, 96);
  await lanes.group(1).release([referenceOf(path)]);
});

/** Sends all of the basis as a copy of itself, of which so many segments are known. */
async function keeping(
  count: number,
  meanwhile: (path: string) => void = () => {},
): Promise<{ readonly outcome: string; readonly hashed: number; readonly kept: boolean }> {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  const path = folder.write("target", OLD);
  using basis = openPinned(path);
  const { ino } = fs.statSync(path);
  const segments = Float64Array.from({ length: count }, (_, i) => i);
  const target = referenceOf(path);
  const known = new KnownSegments(basis);
  await aged(path);
  const sinceMs = Date.now();
  known.note(await lanes.group(1).run({ kind: "verify", hw: "0", target, segments }), sinceMs);
  let hashed = 0;
  const before = (job: Job): void => {
    if (job.kind === "verify") hashed += job.segments.length;
  };
  const reception = await Reception.open({
    location: folder.locate("target"),
    key: newSessionKey(),
    basis,
    basisReference: target,
    known,
    newSize: OLD.length,
    allocated: undefined,
    parameters: PARAMETERS,
    lanes: new LaneGroup([new HookedLane(lanes.take(1)[0]!, { before })], "0"),
    clock: new StageClock(),
    commit: { expectTarget: identityOf(fs.lstatSync(path, { bigint: true })), fsync: false },
  });
  meanwhile(path);
  const body = stream([(encoder) => encoder.copy(0, 0, OLD.length)], {
    newSize: OLD.length,
    digest: await digestOf(OLD),
  });
  const outcome = await reception.receive(bodyOf(body), "target")
    .then(({ kind }) => kind, (error) => error.code);
  await reception.discard();
  await lanes.group(1).release([target]);
  return { outcome, hashed, kept: fs.statSync(path).ino === ino };
}

Deno.test("a basis that stays is not read once more where its digests are known, and else it is", async () => {
  assertEquals(await keeping(2), { outcome: "committed", hashed: 0, kept: true });
  assertEquals(await keeping(1), { outcome: "committed", hashed: 2, kept: true });
});

const CHANGED = OLD.slice().fill(7, 1000, 2000);

Deno.test("what is known of a basis that was written since is not believed", async () => {
  const { outcome, kept } = await keeping(2, (path) => fs.writeFileSync(path, CHANGED));
  assertEquals([outcome, kept], ["changed", true]);
});

Deno.test("nor where it was given its time again", async () => {
  const { outcome, hashed, kept } = await keeping(2, (path) => {
    const { atimeMs, mtimeMs } = fs.statSync(path);
    fs.writeFileSync(path, CHANGED);
    fs.utimesSync(path, atimeMs! / 1000, mtimeMs! / 1000);
  });
  assert(hashed > 0);
  assert(outcome !== "committed" && kept, outcome);
});

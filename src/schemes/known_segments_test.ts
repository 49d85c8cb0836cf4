/** Digests that a session has computed already, and a basis that is kept for them. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { bodyOf, digestOf, OLD, stream } from "../../tests/fixtures/patches.ts";
import { HookedLane, referenceOf, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { identityOf } from "../files/identity.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { newSessionKey } from "../files/artefact.ts";
import { StageClock } from "../telemetry/stages.ts";
import { LaneGroup } from "../workers/lane_group.ts";
import { KnownSegments } from "./known_segments.ts";
import { Reception } from "./reception.ts";

const PARAMETERS = { min: 64, avg: 128, max: 256 };

Deno.test("digests are found where all that are asked for are known", () => {
  const known = new KnownSegments(5 << 20);
  const digests = Uint8Array.from({ length: 64 }, (_, i) => i);
  known.note({ segments: Float64Array.of(3, 1), digests });
  assertEquals(known.find(Float64Array.of(1, 2)), null);
  const found = known.find(Float64Array.of(1, 3));
  assertEquals(
    [...found!.digests],
    [...digests.subarray(32), ...digests.subarray(0, 32)],
  );
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
  const known = new KnownSegments(OLD.length);
  known.note(await lanes.group(1).run({ kind: "verify", hw: "0", target, segments }));
  let hashed = 0;
  const group = new LaneGroup([
    new HookedLane(lanes.take(1)[0]!, {
      before: (job) => {
        if (job.kind === "verify") hashed += job.segments.length;
      },
    }),
  ], "0");
  const reception = await Reception.open({
    location: folder.locate("target"),
    key: newSessionKey(),
    basis,
    basisReference: target,
    known,
    newSize: OLD.length,
    allocated: undefined,
    parameters: PARAMETERS,
    lanes: group,
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
  await lanes.group(1).release([target]);
  return { outcome, hashed, kept: fs.statSync(path).ino === ino };
}

Deno.test("a basis that stays is not read once more where its digests are known, and else it is", async () => {
  assertEquals(await keeping(2), { outcome: "committed", hashed: 0, kept: true });
  assertEquals(await keeping(1), { outcome: "committed", hashed: 2, kept: true });
});

Deno.test("what is known of a basis that was written since is not believed", async () => {
  const { outcome, kept } = await keeping(2, (path) => {
    fs.writeFileSync(path, OLD.slice().fill(7, 1000, 2000));
  });
  assertEquals(outcome, "changed");
  assert(kept);
});

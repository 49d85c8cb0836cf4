/** What a client is told while its segments are compared, which may take longer than anything else. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { GatedLane } from "../../tests/fixtures/gated_lane.ts";
import { basisEnd, SHORT_CHUNKS } from "../../tests/fixtures/local_sync.ts";
import { segmentFrames } from "../../tests/fixtures/segment_frames.ts";
import { referenceOf } from "../../tests/fixtures/test_lanes.ts";
import type { Answer } from "../../proto/gen/parasync_pb.ts";
import { TestFolder } from "../files/test_folder.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { readFrames } from "../transport/framing.ts";
import { readAnswer } from "../transport/messages.ts";
import { LaneGroup } from "../workers/lane_group.ts";
import { answerKeys } from "./key_basis.ts";
import { parasync } from "./parasync.ts";
import type { AdoptedTarget, BasisEnd } from "./scheme.ts";

const SIZE = 3 * SEGMENT_BYTES;

/** The frames of a client that asks for all segments of its file, when it may, and for no keys. */
async function* asking(targetOnly: boolean, chunked: Promise<void>): AsyncGenerator<Uint8Array> {
  const [open, ...more] = segmentFrames(SIZE, targetOnly);
  yield open!;
  await chunked;
  yield* more;
}

/** Asks, and lets the lane compare only when word has come some times that it is still at it. */
async function askedWhileComparing(
  changes: (folder: TestFolder) => Partial<BasisEnd>,
  targetOnly: boolean,
): Promise<Answer["frame"]["case"][]> {
  using folder = new TestFolder();
  const lane = new GatedLane("verify");
  try {
    const basis = referenceOf(folder.write("old", new Uint8Array(SIZE)));
    const end = basisEnd(basis, new LaneGroup([lane], "0"), SHORT_CHUNKS, {
      confirm: "target",
      ...changes(folder),
    });
    const kinds: Answer["frame"]["case"][] = [];
    let told = 0;
    // Else the lane would have it to do while it is stuck.
    const chunked = Promise.withResolvers<void>();
    const frames = readFrames(asking(targetOnly, chunked.promise));
    const answers = answerKeys(parasync, end, frames);
    for await (const bytes of readFrames(answers)) {
      const { frame } = readAnswer(bytes.slice());
      kinds.push(frame.case);
      if (frame.case !== "progress" || frame.value.done < BigInt(SIZE)) continue;
      chunked.resolve();
      // One of them comes in any case.
      if (++told === 4) lane.open();
    }
    assert(told >= 4);
    return kinds.filter((kind) => kind !== "progress");
  } finally {
    lane.close();
  }
}

Deno.test("a client hears from its server while segments are compared with the basis", async () => {
  const kinds = await askedWhileComparing(() => ({}), false);
  assertEquals(kinds, ["session", "unchanged", "done"]);
});

Deno.test("a client hears from its server while it reads what an interrupted sync has left", async () => {
  let cleared = 0;
  const partial = (folder: TestFolder): Partial<BasisEnd> => ({
    partial: () => ({
      adopt: () =>
        Promise.resolve<AdoptedTarget>({
          reference: referenceOf(folder.write("part", new Uint8Array(SIZE))),
          hold: () => {},
          clear: () => Promise.resolve(void cleared++),
        }),
    }),
  });
  const kinds = await askedWhileComparing(partial, true);
  assertEquals([kinds, cleared], [["session", "unchanged", "done"], 3]);
});

/** The client's end against servers that fail, lie or speak nonsense. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
import type { Answer } from "../../proto/gen/parasync_pb.ts";
import { dataOf } from "../../tests/fixtures/data_kinds.ts";
import { edited } from "../../tests/fixtures/edit_kinds.ts";
import {
  leftovers,
  SHORT_CHUNKS,
  sourceEnd,
  syncInFolder,
} from "../../tests/fixtures/local_sync.ts";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { type Frame, ScriptedPeer } from "../../tests/fixtures/scripted_peer.ts";
import { TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { ParasyncError } from "../errors.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { encodeFrame } from "../transport/framing.ts";
import { answerFrame, readAnswer } from "../transport/messages.ts";
import { decodeZigzags, encodeVarints, encodeZigzags } from "../transport/columns.ts";
import { pushByKeys } from "./key_source.ts";
import { parasync } from "./parasync.ts";
import type { Peer, SyncOutcome } from "./scheme.ts";

const BASIS_BYTES = 50_000;
const SESSION: Frame = {
  case: "session",
  value: {
    requestKey: "0".repeat(32),
    basisSize: BigInt(BASIS_BYTES),
    basisExists: true,
    backend: "portable",
    threads: 1,
    maxPatchBytes: 1n << 30n,
    notice: "",
  },
};
const DONE: Frame = {
  case: "done",
  value: { stages: [], chunks: 0, keys: 0, present: 0, strongBytes: 0n, checksums: "" },
};

async function pushTo(peer: Peer, bytes: Uint8Array, signal?: AbortSignal): Promise<SyncOutcome> {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  using file = openPinned(folder.write("new", bytes));
  return await pushByKeys(parasync, sourceEnd(file, lanes.group(1), SHORT_CHUNKS, signal), peer);
}

const FILE = randomBytes(numbers(131), 30_000);

Deno.test("a server that has nothing is sent everything", async () => {
  const peer = new ScriptedPeer([SESSION, DONE]);
  const { totals, chunksMatched } = await pushTo(peer, FILE);
  assertEquals([totals.literalBytes, totals.copiedBytes, chunksMatched], [30_000, 0, 0]);
  assertEquals([peer.acknowledged, peer.bodies.length], [["0".repeat(32)], 1]);
});

/** Candidates of one run each, with strong checksums of zeros unless told otherwise. */
function candidates(deltas: number[], places: number[], strong = deltas.length * 32): Frame {
  return {
    case: "candidates",
    value: {
      indexDeltas: encodeVarints(deltas),
      counts: new Uint8Array(0),
      places: encodeZigzags(places),
      strong: new Uint8Array(strong),
    },
  };
}

const presence = (first: number, count: number, bytes: number): Frame => ({
  case: "presence",
  value: { first, count, bitmap: new Uint8Array(bytes).fill(255) },
});

const MALFORMED: readonly (readonly [string, string, readonly (Frame | Uint8Array)[]])[] = [
  ["nothing at all", "stream", []],
  ["an answer that ends after the session", "stream", [SESSION]],
  ["an answer without a session", "bad_request", [DONE]],
  ["presence before the session", "bad_request", [presence(0, 1, 1), DONE]],
  ["candidates before the session", "bad_request", [candidates([0], [0]), DONE]],
  ["presence of keys that were not sent", "bad_request", [
    SESSION,
    presence(0, 1_000_000, 125_000),
  ]],
  ["presence that begins behind the keys", "bad_request", [SESSION, presence(4_000_000_000, 1, 1)]],
  ["presence with too few bits", "bad_request", [SESSION, presence(0, 9, 1)]],
  ["candidates of keys that were not sent", "bad_request", [SESSION, candidates([60_000], [0])]],
  ["candidates behind the basis", "bad_request", [SESSION, candidates([0], [BASIS_BYTES])]],
  ["candidates before the basis", "bad_request", [SESSION, candidates([0], [-5])]],
  ["half a strong checksum", "bad_request", [SESSION, candidates([0], [0], 16)]],
  ["two sessions", "bad_request", [SESSION, SESSION, DONE]],
  ["a basis of more than 2^53 bytes", "bad_request", [
    { ...SESSION, value: { ...SESSION.value, basisSize: 1n << 60n } } as Frame,
    DONE,
  ]],
  ["bodies of no bytes", "bad_request", [
    { ...SESSION, value: { ...SESSION.value, maxPatchBytes: 0n } } as Frame,
    DONE,
  ]],
  ["a frame of garbage", "bad_request", [SESSION, encodeFrame(randomBytes(numbers(5), 100))]],
  ["a frame of nothing", "bad_request", [SESSION, encodeFrame(new Uint8Array(0))]],
  ["a frame too long to be one", "bad_request", [SESSION, new Uint8Array(8).fill(255)]],
  ["a frame cut short", "stream", [SESSION, answerFrame(DONE).subarray(0, 5)]],
  ["a problem", "locked", [
    { case: "problem", value: { code: "locked", message: "Cannot sync: in use" } },
  ]],
  ["a problem of no known code", "internal", [
    SESSION,
    { case: "problem", value: { code: "__proto__", message: "Cannot go on" } },
  ]],
];

for (const [about, code, frames] of MALFORMED) {
  Deno.test(`a server that answers with ${about} is told apart, and nothing hangs`, async () => {
    const error = await assertRejects(() => pushTo(new ScriptedPeer(frames), FILE), ParasyncError);
    assertEquals(error.code, code, error.message);
  });
}

Deno.test("what a patch is refused with is the reason, though the answer breaks off as well", async () => {
  const reason = new ParasyncError("no_space", "Cannot write target: no space left");
  const peer = new ScriptedPeer([SESSION, DONE], () => Promise.reject(reason));
  assertEquals(await assertRejects(() => pushTo(peer, FILE)), reason);
});

Deno.test("a server that asks for a repair with digests that do not fit is refused", async () => {
  const segments = new Uint8Array(31);
  const peer = new ScriptedPeer(
    [SESSION, DONE],
    () => Promise.resolve({ committed: false, stages: {}, segments }),
  );
  const error = await assertRejects(() => pushTo(peer, FILE), ParasyncError, "do not fit");
  assertEquals(error.code, "bad_request");
});

Deno.test("a server whose result is wrong even after a repair fails the sync", async () => {
  const segments = new Uint8Array(32);
  const peer = new ScriptedPeer(
    [SESSION, DONE],
    () => Promise.resolve({ committed: false, stages: {}, segments }),
  );
  const error = await assertRejects(() => pushTo(peer, FILE), ParasyncError);
  assertEquals([error.code, peer.bodies.length], ["verification", 2]);
});

Deno.test("a round trip is not believed to be long before the server has done its part", async () => {
  const seen: string[] = [];
  class BusyPeer extends ScriptedPeer {
    override async *match(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const frame of super.match(frames)) {
        const { case: kind } = readAnswer(frame).frame;
        // Whatever this end was about to conclude from having cut its file, it has by now.
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve));
        seen.push(kind!);
        yield frame;
      }
    }
    override async roundTrip(
      _acknowledged?: Promise<number>,
      _short?: number,
      calm?: Promise<void>,
    ): Promise<number> {
      await calm;
      seen.push("calm");
      return 1;
    }
  }
  await pushTo(new BusyPeer([SESSION, DONE]), FILE);
  assertEquals(seen, ["session", "done", "calm"]);
});

Deno.test("a server that never answers is left when the signal says so", async () => {
  const peer = new ScriptedPeer([]);
  const stop = new AbortController();
  const reason = new ParasyncError("interrupted", "Cannot go on: stopped");
  peer.match = (frames) => ({
    // As a connection does, it breaks off when the client's frames do.
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        // deno-lint-ignore no-empty -- the keys are read and do not matter
        for await (const _ of frames) {}
        return await new Promise<never>((_, reject) =>
          stop.signal.addEventListener("abort", () => reject(new Error("the connection broke")))
        );
      },
    }),
  });
  setTimeout(() => stop.abort(reason), 50);
  assertEquals(await assertRejects(() => pushTo(peer, FILE, stop.signal)), reason);
});

/** Alters what an honest server says of candidates. */
function altered(change: (frame: Extract<Answer["frame"], { case: "candidates" }>) => void) {
  return (peer: Peer): Peer => ({
    match: async function* (frames) {
      for await (const bytes of peer.match(frames)) {
        const { frame } = readAnswer(bytes.slice());
        if (frame.case !== "candidates") {
          yield bytes;
          continue;
        }
        change(frame);
        yield answerFrame(frame).subarray(4);
      }
    },
    signature: () => peer.signature(),
    acknowledge: (key) => peer.acknowledge(key),
    roundTrip: (...of) => peer.roundTrip(...of),
    refine: (key, frame) => peer.refine(key, frame),
    patch: (key, pieces, repair) => peer.patch(key, pieces, repair),
  });
}

async function syncAltered(
  between: (peer: Peer) => Peer,
  confirm: "chunk" | "target",
): Promise<{ outcome: SyncOutcome | undefined; error: unknown; right: boolean }> {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  const next = numbers(132);
  const old = dataOf("random", BASIS_BYTES, next);
  const file = edited("insert", old, next);
  folder.write("old", old);
  folder.write("new", file);
  folder.write("target", "as it was");
  let outcome: SyncOutcome | undefined;
  let error: unknown;
  try {
    outcome = await syncInFolder(folder, {
      parameters: SHORT_CHUNKS,
      lanes: lanes.group(1),
      confirm,
      between,
    });
  } catch (reason) {
    error = reason;
    assertEquals(folder.text("target"), "as it was");
  }
  assertEquals(leftovers(folder), []);
  return { outcome, error, right: fs.readFileSync(folder.join("target")).equals(file) };
}

Deno.test("candidates with a strong checksum that is not ours are literals, whatever their weak ones", async () => {
  for (let byte = 0; byte < 32; byte += 5) {
    const { outcome, right } = await syncAltered(
      altered(({ value }) => {
        for (let at = byte; at < value.strong.length; at += 32) value.strong[at]! ^= 0x10;
      }),
      "chunk",
    );
    assert(right, "the result is the new file");
    assertEquals([outcome!.totals.copiedBytes, outcome!.chunksMatched], [0, 0], `byte ${byte}`);
  }
});

Deno.test("weak checksums alone are never enough where chunks are to be confirmed", async () => {
  const { error, right } = await syncAltered(
    altered(({ value }) => {
      value.strong = new Uint8Array(0);
      // Places that are wrong, so that accepting them would show.
      value.places = encodeZigzags([1]);
      value.indexDeltas = encodeVarints([0]);
      value.counts = new Uint8Array(0);
    }),
    "chunk",
  );
  assert(!right && error instanceof ParasyncError);
  assertEquals(error.code, "bad_request", error.message);
});

Deno.test("a lying place with the right strong checksum fails the verification, not the target", async () => {
  const { error } = await syncAltered(
    altered(({ value }) => {
      // The first run lies one byte further on; the others stay where they are.
      const places = [...decodeZigzags(value.places, "places")];
      assert(places.length > 1);
      places[0]! += 1;
      places[1]! -= 1;
      value.places = encodeZigzags(places);
    }),
    "chunk",
  );
  assert(error instanceof ParasyncError);
  assertEquals(error.code, "verification");
});

Deno.test("lying places are repaired where the target confirms", async () => {
  const { outcome, right } = await syncAltered(
    altered(({ value }) => {
      value.indexDeltas = encodeVarints([0, 1, 1]);
      value.counts = new Uint8Array(0);
      value.places = encodeZigzags([1000, 5, 5000]);
    }),
    "target",
  );
  assert(right, "the result is the new file");
  assert(outcome!.totals.literalBytes > BASIS_BYTES);
});

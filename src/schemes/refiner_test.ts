/** Finer rounds between both ends: what comes out is the new file, whatever the files, and whatever either end says. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
import { DATA_KINDS, dataOf } from "../../tests/fixtures/data_kinds.ts";
import { EDIT_KINDS, edited } from "../../tests/fixtures/edit_kinds.ts";
import {
  leftovers,
  type LocalSyncOptions,
  sourceEnd,
  syncInFolder,
} from "../../tests/fixtures/local_sync.ts";
import { type Frame, ScriptedPeer } from "../../tests/fixtures/scripted_peer.ts";
import { concatenated, numbers, randomBytes, shuffled } from "../../tests/fixtures/seeded.ts";
import { referenceOf, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import type { Answer } from "../../proto/gen/parasync_pb.ts";
import type { ChunkParameters } from "../chunking/parameters.ts";
import { availableCodings } from "../delta/coding.ts";
import { ParasyncError } from "../errors.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { NATIVE_AVAILABLE } from "../hashing/test_backends.ts";
import type { FoundBlocks } from "../matching/gap_search.ts";
import { StageClock } from "../telemetry/stages.ts";
import { encodeFrame, FRAME_HEAD_BYTES, readFrames } from "../transport/framing.ts";
import { answerFrame, readAnswer } from "../transport/messages.ts";
import type { Job, JobResult } from "../workers/jobs.ts";
import { LaneGroup } from "../workers/lane_group.ts";
import { pushByKeys } from "./key_source.ts";
import { parasync } from "./parasync.ts";
import { Refinement } from "./refinement.ts";
import type { Peer, SyncOutcome } from "./scheme.ts";

const USUAL: ChunkParameters = { min: 4096, avg: 8192, max: 12288 };
const HARDWARE = NATIVE_AVAILABLE ? ["0", "1"] as const : ["0"] as const;

type SyncOptions = Partial<Omit<LocalSyncOptions, "lanes">>;

/** What came of a sync, and what is at the target then. */
interface Synced {
  readonly outcome: SyncOutcome;
  readonly right: boolean;
}

/** Syncs with finer rounds whatever the line, in a folder whose target must survive a failure. */
async function sync(
  old: Uint8Array,
  file: Uint8Array,
  options: SyncOptions = {},
  lanes?: LocalSyncOptions["lanes"],
): Promise<Synced> {
  using folder = new TestFolder();
  using own = new TestLanes(lanes === undefined ? 1 : 0);
  folder.write("old", old);
  folder.write("new", file);
  folder.write("target", "as it was");
  try {
    const outcome = await syncInFolder(folder, {
      parameters: USUAL,
      lanes: lanes ?? own.group(1),
      confirm: "target",
      refine: "on",
      ...options,
    });
    return { outcome, right: fs.readFileSync(folder.join("target")).equals(file) };
  } catch (error) {
    assertEquals(folder.text("target"), "as it was");
    throw error;
  } finally {
    assertEquals(leftovers(folder), []);
  }
}

/** A file with a byte changed in each so many: hardly a chunk stays as it was, and most small blocks do. */
function sprinkled(old: Uint8Array, each: number): Uint8Array<ArrayBuffer> {
  const file = old.slice();
  for (let at = each >> 1; at < file.length; at += each) file[at]! ^= 0x55;
  return file;
}

const OLD = randomBytes(numbers(861), 400_000);
const SPRINKLED = sprinkled(OLD, 3000);

for (const kind of DATA_KINDS) {
  Deno.test(`every edit of ${kind} comes out as the new file, with no more literals than without`, async () => {
    using lanes = new TestLanes(2);
    const next = numbers(862);
    for (const edit of EDIT_KINDS) {
      const old = dataOf(kind, 20_000 + next(60_000), next);
      // Small changes beside the large one, so that there is something in the gaps.
      const file = sprinkled(edited(edit, old, next), 2000 + next(20_000));
      const plain = await sync(old, file, { refine: "off" }, lanes.group(1));
      for (const coding of ["off", ...availableCodings()] as const) {
        const threads = 1 + next(2);
        const hw = HARDWARE[next(HARDWARE.length)]!;
        const confirm = next(3) === 0 ? "chunk" : "target";
        const about =
          `${edit}, ${old.length} bytes, ${coding}, ${threads} threads, hw=${hw}, ${confirm}`;
        const compress = { coding, level: undefined };
        const options = { compress, confirm } as const;
        const { outcome, right } = await sync(old, file, options, lanes.group(threads, hw)).catch(
          (error) => {
            throw new Error(`${about}: ${error}`, { cause: error });
          },
        );
        assert(right, `${about}: differs`);
        const { literalBytes, copiedBytes, zeroBytes } = outcome.totals;
        assertEquals(literalBytes + copiedBytes + zeroBytes, file.length, about);
        assert(literalBytes <= plain.outcome.totals.literalBytes, about);
        assert(outcome.refined.bytes <= copiedBytes, about);
        assertEquals(outcome.coding, coding === "off" ? "" : coding, about);
      }
    }
  });
}

Deno.test("what small changes leave equal is found in two rounds, on any threads, by any backend", async () => {
  using lanes = new TestLanes(3);
  let first: unknown;
  for (const threads of [1, 2, 3]) {
    for (const hw of HARDWARE) {
      const { outcome, right } = await sync(OLD, SPRINKLED, {}, lanes.group(threads, hw));
      assert(right);
      const { refined, totals } = outcome;
      assertEquals(refined.rounds, 2);
      assert(refined.bytes > 340_000, `${refined.bytes} bytes were found`);
      assert(totals.literalBytes < 45_000, `${totals.literalBytes} bytes were sent`);
      assert(refined.upBytes > 0 && refined.downBytes > 0);
      assert(
        refined.upBytes + refined.downBytes < 20_000,
        `${refined.upBytes + refined.downBytes}`,
      );
      assert(outcome.upBytes > refined.upBytes && outcome.downBytes > refined.downBytes);
      first ??= { refined, totals };
      assertEquals({ refined, totals }, first);
    }
  }
});

Deno.test("every mode finds it", async () => {
  const found = new Set<number>();
  for (const mode of ["streaming", "flow-graph", "pipeline-v1", "pipeline-v3"] as const) {
    const confirm = mode === "streaming" ? "target" : "chunk";
    const { outcome, right } = await sync(OLD, SPRINKLED, { mode, confirm } as SyncOptions);
    assert(right, mode);
    found.add(outcome.refined.bytes);
  }
  assertEquals(found.size, 1);
});

Deno.test("what is equal or empty costs no round, and no scheme but parasync has any", async () => {
  const none = new Uint8Array(0);
  for (const [old, file] of [[OLD, OLD], [OLD, none], [none, OLD]] as const) {
    const { outcome, right } = await sync(old, file);
    assert(right);
    assertEquals([outcome.refined.rounds, outcome.refined.upBytes], [0, 0]);
  }
  for (const scheme of ["dsync", "skysync_c", "pdsync", "rsync"] as const) {
    const synced = await sync(OLD, SPRINKLED, { scheme });
    assert(synced.right);
    assertEquals([synced.outcome.refined.rounds, synced.outcome.coding], [0, ""], scheme);
  }
});

/** Cuts into pieces too short for a chunk. */
function pieces(bytes: Uint8Array, length: number): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += length) all.push(bytes.subarray(at, at + length));
  return all;
}

Deno.test("what has moved is found, in pieces too short for a chunk", async () => {
  const next = numbers(864);
  const file = concatenated(...shuffled(next, pieces(OLD, 2500)));
  const { outcome, right } = await sync(OLD, file);
  assert(right);
  assert(outcome.refined.bytes > 300_000, `${outcome.refined.bytes} of 400,000`);
});

Deno.test("several gaps are found in one range, and repeated blocks wherever they are", async () => {
  const next = numbers(865);
  const short = OLD.subarray(0, 60_000);
  const repeated = concatenated(
    ...shuffled(next, [...pieces(short, 1777), ...pieces(short, 1777), ...pieces(short, 1999)]),
  );
  const one = await sync(short, repeated);
  assert(one.right && one.outcome.refined.bytes > 120_000, `${one.outcome.refined.bytes}`);

  // Blocks that occur many times in the basis as well.
  const block = randomBytes(next, 512);
  const many = concatenated(...Array.from({ length: 300 }, () => block));
  const other = concatenated(
    ...pieces(many, 1500).flatMap((piece) => [piece, randomBytes(next, 100)]),
  );
  const two = await sync(many, other);
  assert(two.right && two.outcome.refined.bytes > 100_000, `${two.outcome.refined.bytes}`);
});

Deno.test("large files that have nothing in common cost one small round; zeros are no part of it", async () => {
  const next = numbers(866);
  const zeros = new Uint8Array(1 << 20);
  const old = concatenated(zeros, randomBytes(next, 10 << 20));
  const { outcome, right } = await sync(old, concatenated(zeros, randomBytes(next, 10 << 20)));
  assert(right);
  const { rounds, upBytes, downBytes } = outcome.refined;
  assertEquals(rounds, 1);
  assert(upBytes + downBytes < 20_000, `${upBytes + downBytes} bytes`);
  assert(outcome.totals.zeroBytes > 1_000_000);
});

Deno.test("large files of which no chunk is the same, and nearly every block", async () => {
  const old = randomBytes(numbers(867), 10 << 20);
  const { outcome, right } = await sync(old, sprinkled(old, 3000));
  assert(right);
  assertEquals([outcome.chunksMatched, outcome.refined.rounds], [0, 3]);
  assert(outcome.totals.literalBytes < 1_200_000, `${outcome.totals.literalBytes} bytes`);
});

/** What a server's frames of a round become: `round` counts requests from 0. */
type Change = (
  frames: Answer["frame"][],
  round: number,
) => readonly (Frame | Answer["frame"] | Uint8Array)[];

/** A peer of which the frames of finer rounds are changed, and that counts bodies and repairs. */
class Changed {
  repairs = 0;
  requests = 0;
  readonly #change: Change;

  constructor(change: Change) {
    this.#change = change;
  }

  readonly between = (peer: Peer): Peer => ({
    match: (frames) => peer.match(frames),
    signature: () => peer.signature(),
    acknowledge: (key) => peer.acknowledge(key),
    roundTrip: (...of) => peer.roundTrip(...of),
    refine: (key, frame) => readFrames(this.#refine(peer, key, frame)),
    patch: (key, body, repair) => {
      if (repair) this.repairs++;
      return peer.patch(key, body, repair);
    },
  });

  async *#refine(
    peer: Peer,
    key: string,
    frame: Uint8Array<ArrayBuffer>,
  ): AsyncGenerator<Uint8Array> {
    const round = this.requests++;
    const frames: Answer["frame"][] = [];
    for await (const bytes of peer.refine(key, frame)) frames.push(readAnswer(bytes.slice()).frame);
    for (const said of this.#change(frames, round)) {
      yield said instanceof Uint8Array ? said : answerFrame(said as Frame);
    }
  }
}

/** Gives some blocks the checksums of others, so that what is found of them is something else. */
const exchanged =
  (distance: number, only = (_index: number): boolean => true): Change => (frames, round) => {
    if (round > 0) return frames;
    for (const frame of frames) {
      if (frame.case !== "blockChecksums") continue;
      const { weak, strong } = frame.value;
      const count = weak.length / 4;
      const check = strong.length / count;
      const [weaks, checks] = [weak.slice(), strong.slice()];
      for (let i = 0; i + distance < count; i++) {
        if (!only(i)) continue;
        const from = i + distance;
        weak.set(weaks.subarray(from * 4, from * 4 + 4), i * 4);
        strong.set(checks.subarray(from * check, (from + 1) * check), i * check);
      }
    }
    return frames;
  };

Deno.test("a false find that both checksums agree on is refused by the proof of its group, and nothing else is", async () => {
  const honest = await sync(OLD, SPRINKLED);
  // The third block comes after a change: nothing is followed there, and the lowest that fits is taken.
  const changed = new Changed(exchanged(3, (index) => index === 0));
  const { outcome, right } = await sync(OLD, SPRINKLED, changed);
  assert(right);
  assertEquals(changed.repairs, 0, "no wrong copy was made");
  const lost = honest.outcome.refined.bytes - outcome.refined.bytes;
  assert(lost > 100_000 && lost <= 256 * 512, `${lost} bytes`);
});

Deno.test("where every find is false nothing is copied, and all is sent", async () => {
  const changed = new Changed((frames, round) => round === 0 ? exchanged(5)(frames, 0) : frames);
  const { outcome, right } = await sync(OLD, SPRINKLED, changed);
  assert(right);
  assertEquals(changed.repairs, 0);
  assert(outcome.refined.bytes < 20_000, `${outcome.refined.bytes} bytes`);
});

/** Takes every proof for right. */
function credulous(frames: Answer["frame"][]): Answer["frame"][] {
  for (const frame of frames) if (frame.case === "proven") frame.value.bitmap.fill(255);
  return frames;
}

Deno.test("a false find whose proof is forged as well is found by the digest, and repaired", async () => {
  const changed = new Changed((frames, round) =>
    credulous([...exchanged(5)(frames, round)] as typeof frames)
  );
  const { outcome, right } = await sync(OLD, SPRINKLED, changed);
  assert(right);
  assertEquals(changed.repairs, 1);
  assert(outcome.totals.copiedBytes > 0);
});

Deno.test("where chunks confirm there is no repair: a forged proof fails the sync, not the target", async () => {
  const changed = new Changed((frames, round) =>
    credulous([...exchanged(5)(frames, round)] as typeof frames)
  );
  const options = { between: changed.between, confirm: "chunk" } as const;
  const error = await assertRejects(() => sync(OLD, SPRINKLED, options), ParasyncError);
  assertEquals([error.code, changed.repairs], ["verification", 0]);
});

/** Lanes that take what they find at some places for other blocks, whose hash and CRC it has, as they say. */
function mistaken(lanes: TestLanes, blockAt: (target: number) => number | undefined): LaneGroup {
  const [lane] = lanes.take(1);
  const taken = new Map<number, number>();
  const run = async <J extends Job>(job: J): Promise<JobResult<J>> => {
    const result = await lane!.run(job);
    if (job.kind !== "gaps") return result;
    const { targets, blocks, checks } = result as FoundBlocks;
    for (let i = 0; i < targets.length; i++) {
      taken.set(blocks[i]!, checks[i]!);
      const other = blockAt(targets[i]!);
      if (other === undefined || !taken.has(other)) continue;
      blocks[i] = other;
      checks[i] = taken.get(other)!;
    }
    return result;
  };
  const { depth, ready } = lane!;
  return new LaneGroup([{ depth, ready, load: 0, run, close: () => {} }], "0");
}

Deno.test("a block that is found again and is something else there is not copied, though its group is proven", async () => {
  using lanes = new TestLanes(1);
  const honest = await sync(OLD, SPRINKLED);
  // Only of the first round's blocks, of the last one's, and of both.
  for (
    const [from, to, block] of [[100_000, 110_000, 3], [0, 400_000, 3], [0, 400_000, 0]] as const
  ) {
    const group = mistaken(lanes, (target) => target > from && target < to ? block : undefined);
    const changed = new Changed((frames) => frames);
    const { outcome, right } = await sync(OLD, SPRINKLED, changed, group);
    assert(right);
    assertEquals(changed.repairs, 0, "no wrong copy was made");
    assert(outcome.refined.bytes < honest.outcome.refined.bytes);
  }
});

Deno.test("a server that takes no proof for right is sent everything", async () => {
  const changed = new Changed((frames) => {
    for (const frame of frames) if (frame.case === "proven") frame.value.bitmap.fill(0);
    return frames;
  });
  const { outcome, right } = await sync(OLD, SPRINKLED, changed);
  assert(right);
  assertEquals([outcome.refined.bytes, outcome.totals.literalBytes], [0, OLD.length]);
});

Deno.test("a server that has lost the round before, as another one has, proves nothing: all is sent", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  folder.write("old", OLD);
  folder.write("new", SPRINKLED);
  const basis = referenceOf(folder.join("old"));
  const { signal } = new AbortController();
  let requests = 0;
  const { refined, totals } = await syncInFolder(folder, {
    parameters: USUAL,
    lanes: lanes.group(1),
    confirm: "target",
    refine: "on",
    between: (peer) => ({
      match: (frames) => peer.match(frames),
      signature: () => peer.signature(),
      acknowledge: (key) => peer.acknowledge(key),
      roundTrip: (...of) => peer.roundTrip(...of),
      patch: (key, body, repair) => peer.patch(key, body, repair),
      refine: (_key, frame) => {
        requests++;
        const other = new Refinement({
          basis,
          lanes: lanes.group(1),
          clock: new StageClock(),
          signal,
        });
        return readFrames(other.answer(frame.subarray(FRAME_HEAD_BYTES)));
      },
    }),
  });
  assert(fs.readFileSync(folder.join("target")).equals(SPRINKLED));
  assertEquals([refined.bytes, totals.literalBytes], [0, OLD.length]);
  assertEquals(requests, 3, "two rounds, and the proof of the second");
});

Deno.test("a server that does not say that it refines is not asked to", async () => {
  const changed = new Changed((frames) => frames);
  const between = (peer: Peer): Peer => ({
    ...changed.between(peer),
    match: async function* (frames) {
      for await (const bytes of peer.match(frames)) {
        const { frame } = readAnswer(bytes.slice());
        if (frame.case !== "session") {
          yield bytes;
          continue;
        }
        frame.value.refines = false;
        yield answerFrame(frame).subarray(FRAME_HEAD_BYTES);
      }
    },
  });
  const { outcome, right } = await sync(OLD, SPRINKLED, { between });
  assert(right);
  assertEquals([changed.requests, outcome.refined.rounds], [0, 0]);
});

const DONE: Frame = {
  case: "done",
  value: { stages: [], chunks: 0, keys: 0, present: 0, strongBytes: 0n, checksums: "" },
};

/** Changes the first message of checksums of the first round. */
function checksums(
  change: (value: { first: number; weak: Uint8Array; strong: Uint8Array }) => void,
): Change {
  return (frames, round) => {
    const frame = frames.find(({ case: kind }) => kind === "blockChecksums");
    if (round === 0 && frame?.case === "blockChecksums") change(frame.value);
    return frames;
  };
}

const atRound =
  (which: number, change: (frames: Answer["frame"][]) => ReturnType<Change>): Change =>
  (frames, round) => round === which ? change(frames) : frames;

const LYING: readonly (readonly [string, string, Change])[] = [
  ["answers nothing", "stream", atRound(0, () => [])],
  ["says no Done", "stream", atRound(0, (frames) => frames.slice(0, -1))],
  ["says no Done to the last proof", "stream", atRound(2, (frames) => frames.slice(0, -1))],
  ["says Done alone", "bad_request", atRound(0, () => [DONE])],
  ["goes on after Done", "bad_request", atRound(0, (frames) => [...frames, DONE])],
  ["proves after Done", "bad_request", atRound(2, (frames) => [...frames, frames[0]!])],
  ["sends checksums first", "bad_request", atRound(0, (frames) => frames.slice(1))],
  ["proves twice", "bad_request", atRound(0, (frames) => [frames[0]!, ...frames])],
  [
    "proves what was not claimed",
    "bad_request",
    atRound(0, (frames) => [
      { case: "proven", value: { bitmap: new Uint8Array(1) } },
      ...frames.slice(1),
    ]),
  ],
  [
    "proves too little",
    "bad_request",
    atRound(1, (frames) => [
      { case: "proven", value: { bitmap: new Uint8Array(0) } },
      ...frames.slice(1),
    ]),
  ],
  [
    "proves too much",
    "bad_request",
    atRound(2, (frames) => [
      { case: "proven", value: { bitmap: new Uint8Array(50) } },
      ...frames.slice(1),
    ]),
  ],
  [
    "sends checksums with the last proof",
    "bad_request",
    atRound(2, (frames) => [
      frames[0]!,
      {
        case: "blockChecksums",
        value: { first: 0, weak: new Uint8Array(4), strong: new Uint8Array(1) },
      },
      ...frames.slice(1),
    ]),
  ],
  ["leaves checksums out", "bad_request", atRound(0, (frames) => [frames[0]!, frames.at(-1)!])],
  [
    "sends checksums twice",
    "bad_request",
    atRound(0, (frames) => [
      ...frames.slice(0, -1),
      ...frames.slice(1),
    ]),
  ],
  ["begins in the middle", "bad_request", checksums((value) => value.first = 1)],
  [
    "begins at the end of all numbers",
    "bad_request",
    checksums((value) => value.first = 2 ** 32 - 1),
  ],
  [
    "sends a checksum too few",
    "bad_request",
    checksums((value) => {
      value.weak = value.weak.subarray(4);
      value.strong = value.strong.subarray(value.strong.length / (value.weak.length / 4 + 1));
    }),
  ],
  [
    "sends a checksum too many",
    "bad_request",
    checksums((value) => {
      value.weak = concatenated(value.weak, new Uint8Array(4));
      value.strong = concatenated(value.strong, new Uint8Array(1));
    }),
  ],
  [
    "sends half a checksum",
    "bad_request",
    checksums((value) => value.weak = value.weak.subarray(2)),
  ],
  ["sends no checks", "bad_request", checksums((value) => value.strong = new Uint8Array(0))],
  [
    "sends checks of another length",
    "bad_request",
    checksums((value) => {
      value.strong = concatenated(value.strong, value.strong);
    }),
  ],
  [
    "says something of keys",
    "bad_request",
    atRound(0, (frames) => [
      frames[0]!,
      { case: "presence", value: { first: 0, count: 0, bitmap: new Uint8Array(0) } },
      ...frames.slice(1),
    ]),
  ],
  ["sends garbage", "bad_request", atRound(0, () => [encodeFrame(randomBytes(numbers(5), 100))])],
  [
    "sends a frame too long to be one",
    "bad_request",
    atRound(0, () => [new Uint8Array(8).fill(255)]),
  ],
  [
    "breaks off within a frame",
    "stream",
    atRound(0, (frames) => [
      answerFrame(frames[0] as Frame),
      answerFrame(frames[1] as Frame).subarray(0, 100),
    ]),
  ],
  [
    "has a problem",
    "changed",
    atRound(1, () => [
      { case: "problem", value: { code: "changed", message: "Cannot go on: it changed" } },
    ]),
  ],
  [
    "has a problem of no known code",
    "internal",
    atRound(0, () => [
      { case: "problem", value: { code: "__proto__", message: "Cannot go on" } },
    ]),
  ],
];

for (const [about, code, change] of LYING) {
  Deno.test(`a server that ${about} in a finer round is told apart, and the target stays`, async () => {
    const error = await assertRejects(
      () => sync(OLD, SPRINKLED, new Changed(change)),
      ParasyncError,
    );
    assertEquals(error.code, code, error.message);
  });
}

Deno.test("a server may tell how far it is in between", async () => {
  const progress: Frame = { case: "progress", value: { stage: "refine", done: 1n, total: 2n } };
  const changed = new Changed((frames) => frames.flatMap((frame) => [progress, frame]));
  assert((await sync(OLD, SPRINKLED, changed)).right);
});

Deno.test("a finer round that cannot be asked for fails the sync with its reason", async () => {
  const reason = new ParasyncError("connection", "Cannot reach server: it is gone");
  const between = (peer: Peer): Peer => ({
    ...new Changed((frames) => frames).between(peer),
    refine: () => {
      throw reason;
    },
  });
  assertEquals(await assertRejects(() => sync(OLD, SPRINKLED, { between })), reason);
});

Deno.test("random changes of what a server says come out right or are refused", async () => {
  const next = numbers(868);
  const old = OLD.subarray(0, 60_000);
  const file = sprinkled(old, 3000);
  for (let turn = 0; turn < 40; turn++) {
    const changed = new Changed((frames) =>
      frames.map((frame) => {
        const bytes = answerFrame(frame as Frame);
        if (next(3) > 0) return bytes;
        for (let flips = 1 + next(4); flips > 0 && bytes.length > FRAME_HEAD_BYTES; flips--) {
          bytes[FRAME_HEAD_BYTES + next(bytes.length - FRAME_HEAD_BYTES)] = next(256);
        }
        return bytes;
      })
    );
    try {
      assert((await sync(old, file, changed)).right, `turn ${turn}`);
    } catch (error) {
      assert(error instanceof ParasyncError, `turn ${turn}: ${error}`);
    }
  }
});

Deno.test("a server that says which segments are unchanged without being asked is told apart", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  using file = openPinned(folder.write("new", OLD));
  const session: Frame = {
    case: "session",
    value: {
      requestKey: "0".repeat(32),
      basisSize: 400_000n,
      basisExists: true,
      maxPatchBytes: 1n << 30n,
    },
  };
  for (const [first, count] of [[0, 1], [1, 0], [4_000_000_000, 300_000_000]] as const) {
    const unchanged: Frame = {
      case: "unchanged",
      value: { first, count, bitmap: new Uint8Array(1).fill(1) },
    };
    const peer = new ScriptedPeer([session, unchanged, DONE]);
    const end = sourceEnd(file, lanes.group(1), USUAL);
    const error = await assertRejects(() => pushByKeys(parasync, end, peer), ParasyncError);
    assertEquals(error.code, "bad_request");
  }
});

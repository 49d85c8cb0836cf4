/** The ends of rsync and skysync_f: the client's against servers that fail, lie or speak nonsense, the server's own. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { basisEnd, sourceEnd } from "../../tests/fixtures/local_sync.ts";
import { type Frame, ScriptedPeer } from "../../tests/fixtures/scripted_peer.ts";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { referenceOf, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { blockParameters } from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { encodeSignatureBlocks, encodeSignatureHeader } from "../matching/librsync_signature.ts";
import { encodeWords } from "../transport/columns.ts";
import { encodeFrame } from "../transport/framing.ts";
import { answerFrame } from "../transport/messages.ts";
import { rsync } from "./rsync.ts";
import type { Peer, SyncOutcome } from "./scheme.ts";
import type { SignaturePlan } from "./signature_plan.ts";
import { pushBySignature } from "./signature_source.ts";
import { skysyncF } from "./skysync_f.ts";

const BLOCK = 1024;
const BLOCKS = 10;
const BASIS_BYTES = BLOCKS * BLOCK;
const FILE = randomBytes(numbers(141), 30_000);

type Session = NonNullable<ScriptedPeer["session"]>;
type Said = Frame | Uint8Array<ArrayBuffer>;

const SESSION: Session = {
  $typeName: "parasync.v1.Session",
  requestKey: "0".repeat(32),
  basisSize: BigInt(BASIS_BYTES),
  basisExists: true,
  backend: "portable",
  threads: 1,
  maxPatchBytes: 1n << 30n,
  notice: "",
  deltaVersion: 2,
  codings: "",
  refines: false,
  partial: false,
};

/** A server that has said these things. */
function saying(said: readonly Said[], changes: Partial<Session> = {}): ScriptedPeer {
  const peer = new ScriptedPeer(said);
  peer.session = { ...SESSION, ...changes };
  return peer;
}

async function pushTo(
  plan: SignaturePlan,
  peer: Peer,
  signal?: AbortSignal,
): Promise<SyncOutcome> {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  using file = openPinned(folder.write("new", FILE));
  const end = sourceEnd(file, lanes.group(1), blockParameters(BLOCK), signal);
  return await pushBySignature(plan, end, peer);
}

function header(block = BLOCK, strongBytes = 32): Uint8Array<ArrayBuffer> {
  return encodeSignatureHeader({ rolling: "rollsum", hash: "blake2b", block, strongBytes });
}

/** Blocks that the new file has none of. */
function signatureBlocks(count: number): Uint8Array<ArrayBuffer> {
  return encodeSignatureBlocks(new Uint32Array(count), new Uint8Array(32 * count), 32, 32);
}

function blocks(first: number, count: number, strong = 32 * count): Frame {
  const weak = encodeWords(new Uint32Array(count));
  return { case: "blockChecksums", value: { first, weak, strong: new Uint8Array(strong) } };
}

const DONE: Frame = {
  case: "done",
  value: { stages: [], chunks: 0, keys: 0, present: 0, strongBytes: 0n, checksums: "" },
};
const OTHER_MAGIC = concatenated(randomBytes(numbers(142), 4), header().subarray(4));
const OTHER_HASH = encodeSignatureHeader({
  rolling: "rollsum",
  hash: "md4",
  block: BLOCK,
  strongBytes: 16,
});
const OTHER_ROLLING = encodeSignatureHeader({
  rolling: "rabinkarp",
  hash: "blake2b",
  block: BLOCK,
  strongBytes: 32,
});

const PLANS: readonly (readonly [SignaturePlan, readonly Said[]])[] = [
  [rsync, [header(), signatureBlocks(BLOCKS)]],
  [skysyncF, [blocks(0, BLOCKS), DONE]],
];

const MALFORMED: readonly (readonly [SignaturePlan, string, string, readonly Said[]])[] = [
  [rsync, "nothing at all", "stream", []],
  [rsync, "half a header", "stream", [header().subarray(0, 7)]],
  [rsync, "another magic number", "bad_request", [OTHER_MAGIC, signatureBlocks(BLOCKS)]],
  [rsync, "another strong checksum", "bad_request", [OTHER_HASH]],
  [rsync, "another rolling checksum", "bad_request", [OTHER_ROLLING, signatureBlocks(BLOCKS)]],
  [rsync, "blocks of another size", "bad_request", [header(2 * BLOCK), signatureBlocks(BLOCKS)]],
  [rsync, "blocks of no bytes", "bad_request", [header(0), signatureBlocks(BLOCKS)]],
  [rsync, "strong checksums of no bytes", "bad_request", [header(BLOCK, 0)]],
  [rsync, "strong checksums too long", "bad_request", [header(BLOCK, 1 << 31)]],
  [rsync, "one block too many", "bad_request", [header(), signatureBlocks(BLOCKS + 1)]],
  [rsync, "one block too few", "stream", [header(), signatureBlocks(BLOCKS - 1)]],
  [rsync, "half a block", "stream", [header(), signatureBlocks(BLOCKS).subarray(1)]],
  [skysyncF, "nothing at all", "stream", []],
  [skysyncF, "blocks and no end", "stream", [blocks(0, BLOCKS)]],
  [skysyncF, "one block too many", "bad_request", [blocks(0, BLOCKS + 1), DONE]],
  [skysyncF, "one block too few", "bad_request", [blocks(0, BLOCKS - 1), DONE]],
  [skysyncF, "blocks twice", "bad_request", [blocks(0, 5), blocks(0, 5), DONE]],
  [skysyncF, "blocks left out", "bad_request", [blocks(0, 4), blocks(5, 5), DONE]],
  [skysyncF, "blocks behind all", "bad_request", [blocks(2 ** 32 - 1, 1), DONE]],
  [skysyncF, "a strong checksum too few", "bad_request", [blocks(0, BLOCKS, 32 * 9), DONE]],
  [skysyncF, "half a weak checksum", "bad_request", [
    {
      case: "blockChecksums",
      value: { first: 0, weak: new Uint8Array(5), strong: new Uint8Array(32) },
    },
  ]],
  [skysyncF, "a frame that is not for it", "bad_request", [
    { case: "presence", value: { first: 0, count: 8, bitmap: new Uint8Array(1) } },
  ]],
  [skysyncF, "a frame of garbage", "bad_request", [encodeFrame(randomBytes(numbers(5), 100))]],
  [skysyncF, "a frame too long to be one", "bad_request", [new Uint8Array(8).fill(255)]],
  [skysyncF, "a frame cut short", "stream", [answerFrame(blocks(0, BLOCKS)).subarray(0, 50)]],
  [skysyncF, "a problem", "locked", [
    { case: "problem", value: { code: "locked", message: "Cannot sync: in use" } },
  ]],
  [skysyncF, "a problem of no known code", "internal", [
    blocks(0, 1),
    { case: "problem", value: { code: "__proto__", message: "Cannot go on" } },
  ]],
];

for (const [plan, about, code, said] of MALFORMED) {
  Deno.test(`${plan.name}: a server that answers with ${about} is told apart, and nothing hangs`, async () => {
    const peer = saying(said);
    const error = await assertRejects(() => pushTo(plan, peer), ParasyncError);
    assertEquals([error.code, peer.acknowledged, peer.bodies], [code, [], []], error.message);
  });
}

for (const [plan, said] of PLANS) {
  Deno.test(`${plan.name}: a server whose blocks are others is sent everything`, async () => {
    const peer = saying(said);
    const { totals, chunksMatched, oldBytes } = await pushTo(plan, peer);
    assertEquals([totals.literalBytes, totals.copiedBytes, chunksMatched], [30_000, 0, 0]);
    assertEquals([oldBytes, peer.acknowledged, peer.bodies.length], [
      BASIS_BYTES,
      ["0".repeat(32)],
      1,
    ]);
  });

  Deno.test(`${plan.name}: a basis of absurd size is refused, and no room is made for it`, async () => {
    for (const [size, code] of [[1n << 50n, "too_large"], [1n << 60n, "bad_request"]] as const) {
      const error = await assertRejects(
        () => pushTo(plan, saying(said, { basisSize: size })),
        ParasyncError,
      );
      assertEquals(error.code, code, error.message);
    }
  });

  Deno.test(`${plan.name}: bodies of no bytes make no sense`, async () => {
    const peer = saying(said, { maxPatchBytes: 0n });
    const error = await assertRejects(() => pushTo(plan, peer), ParasyncError, "makes no sense");
    assertEquals(error.code, "bad_request");
  });

  Deno.test(`${plan.name}: what a patch is refused with is the reason`, async () => {
    const reason = new ParasyncError("no_space", "Cannot write target: no space left");
    const peer = new ScriptedPeer(said, () => Promise.reject(reason));
    peer.session = SESSION;
    assertEquals(await assertRejects(() => pushTo(plan, peer)), reason);
  });

  Deno.test(`${plan.name}: a sync that is stopped before it begins asks nobody`, async () => {
    const reason = new ParasyncError("interrupted", "Cannot go on: stopped");
    const peer = new ScriptedPeer([]);
    assertEquals(await assertRejects(() => pushTo(plan, peer, AbortSignal.abort(reason))), reason);
  });

  Deno.test(`${plan.name}: a server that never answers is left when the signal says so`, async () => {
    const reason = new ParasyncError("interrupted", "Cannot go on: stopped");
    const stop = new AbortController();
    const peer = saying([]);
    // As a connection does, it breaks off when the signal says so.
    peer.signature = () =>
      Promise.resolve({
        session: SESSION,
        body: {
          [Symbol.asyncIterator]: () => ({
            next: () => {
              queueMicrotask(() => stop.abort(reason));
              return new Promise<never>((_, reject) =>
                stop.signal.addEventListener("abort", () => reject(new Error("it broke")))
              );
            },
          }),
        },
      });
    assertEquals(await assertRejects(() => pushTo(plan, peer, stop.signal)), reason);
  });

  Deno.test(`${plan.name}: a server without a basis, or with an empty one, has no blocks`, async () => {
    using folder = new TestFolder();
    using lanes = new TestLanes(1);
    for (const basis of [null, referenceOf(folder.write("old", ""))]) {
      const end = basisEnd(basis, lanes.group(1), blockParameters(BLOCK));
      const answer: Uint8Array<ArrayBuffer>[] = [];
      for await (const piece of plan.answer(end)) answer.push(piece);
      const peer = saying(answer, { basisSize: 0n, basisExists: basis !== null });
      const { totals, chunksOld } = await pushTo(plan, peer);
      assertEquals([totals.literalBytes, chunksOld], [30_000, 0]);
    }
  });

  Deno.test(`${plan.name}: a server refuses to sign more blocks than a session takes`, async () => {
    using folder = new TestFolder();
    using lanes = new TestLanes(1);
    const basis = referenceOf(folder.write("old", randomBytes(numbers(143), BASIS_BYTES)));
    const end = basisEnd(basis, lanes.group(1), blockParameters(BLOCK), { maxKeys: BLOCKS - 1 });
    const error = await assertRejects(() => plan.answer(end).next(), ParasyncError);
    assertEquals(error.code, "too_large");
    assert(error.message.includes("use larger ones"), error.message);
  });
}

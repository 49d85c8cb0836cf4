/** The server's end against clients that fail, lie or speak nonsense before they send a patch. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { dataOf } from "../../tests/fixtures/data_kinds.ts";
import { basisEnd, SHORT_CHUNKS } from "../../tests/fixtures/local_sync.ts";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { referenceOf, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { CandidateOracle } from "../../tests/fixtures/rule_k_oracle.ts";
import { FINGERPRINT_ID } from "../chunking/rule_k.ts";
import { ParasyncError } from "../errors.ts";
import { TestFolder } from "../files/test_folder.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { hasBit } from "../matching/block_proofs.ts";
import { encodeVarints, encodeWords } from "../transport/columns.ts";
import { encodeFrame, readFrames } from "../transport/framing.ts";
import { readAnswer, requestFrame } from "../transport/messages.ts";
import type { Answer } from "../../proto/gen/parasync_pb.ts";
import { answerKeys } from "./key_basis.ts";
import { parasync } from "./parasync.ts";
import type { BasisEnd, OpenedSession } from "./scheme.ts";
import { PROTOCOL_VERSION } from "./protocol_version.ts";

type Frame = Parameters<typeof requestFrame>[0];

const BYTES = dataOf("mixed", 40_000, numbers(141));
const { backend } = await openBackend("0");

function open(changes: Record<string, unknown> = {}): Frame {
  const value = {
    protocol: PROTOCOL_VERSION,
    newSize: 1000n,
    newMtimeNs: 5n,
    fingerprint: FINGERPRINT_ID,
    ...changes,
  };
  return { case: "open", value };
}

function keys(
  first: number,
  weaks: readonly number[],
  lengths: readonly number[],
  last: boolean,
): Frame {
  return {
    case: "weakBatch",
    value: {
      first,
      weak: encodeWords(Uint32Array.from(weaks)),
      lengths: encodeVarints(lengths),
      last,
    },
  };
}

/** What the server says to these frames, and what it ends with. */
async function answersTo(
  frames: readonly (Frame | Uint8Array)[],
  changes: Partial<BasisEnd> = {},
  bytes: Uint8Array | null = BYTES,
): Promise<{ answers: Answer["frame"][]; error: unknown }> {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  const basis = bytes === null ? null : referenceOf(folder.write("old", bytes));
  const end = basisEnd(basis, lanes.group(1), SHORT_CHUNKS, changes);
  const sent = (async function* (): AsyncGenerator<Uint8Array> {
    for (const frame of frames) {
      yield frame instanceof Uint8Array ? frame : requestFrame(frame);
      await Promise.resolve();
    }
  })();
  const answers: Answer["frame"][] = [];
  try {
    for await (const frame of readFrames(answerKeys(parasync, end, readFrames(sent)))) {
      answers.push(readAnswer(frame.slice()).frame);
    }
    return { answers, error: undefined };
  } catch (error) {
    return { answers, error };
  }
}

const kindsOf = (answers: Answer["frame"][]): (string | undefined)[] =>
  answers.map((frame) => frame.case).filter((kind) => kind !== "progress");

Deno.test("keys of the basis's own chunks are all found, others are not", async () => {
  const { ends, weaks } = new CandidateOracle(BYTES).chunks(SHORT_CHUNKS);
  const distinct = new Map<string, [number, number]>();
  ends.forEach((end, i) => {
    const length = end - (ends[i - 1] ?? 0);
    distinct.set(`${weaks[i]} ${length}`, [weaks[i]!, length]);
  });
  const known = [...distinct.values()];
  const asked = known.flatMap(([weak, length]) => [[weak, length], [weak ^ 1, 255]] as const);
  const half = asked.length >> 1;
  const batch = (from: number, to: number): Frame =>
    keys(
      from,
      asked.slice(from, to).map(([weak]) => weak >>> 0),
      asked.slice(from, to).map(([, length]) => length),
      to === asked.length,
    );
  for (const confirm of ["chunk", "target"] as const) {
    const { answers, error } = await answersTo(
      [open(), batch(0, half), batch(half, asked.length)],
      { confirm },
    );
    assertEquals(error, undefined);
    let present = 0;
    for (const frame of answers) {
      if (frame.case !== "presence") continue;
      const { first, count, bitmap } = frame.value;
      for (let i = 0; i < count; i++) {
        const found = (bitmap[i >> 3]! >> (i & 7)) & 1;
        assertEquals(found, (first + i) % 2 === 0 ? 1 : 0, `key ${first + i}`);
        present += found;
      }
    }
    assertEquals(present, known.length);
    const done = answers.at(-1);
    assert(done?.case === "done");
    assertEquals([done.value.keys, done.value.present], [asked.length, present]);
    assertEquals(done.value.chunks, ends.length);
    assertEquals(done.value.strongBytes > 0n, confirm === "chunk");
    assertEquals(kindsOf(answers)[0], "session");
  }
});

Deno.test("without a basis nothing is there, and that is said", async () => {
  const { answers, error } = await answersTo([open(), keys(0, [1, 2], [64, 64], true)], {}, null);
  assertEquals([error, kindsOf(answers)], [undefined, ["session", "presence", "done"]]);
  const [session] = answers;
  assert(session?.case === "session" && !session.value.basisExists);
});

Deno.test("an empty new file needs no keys, an empty basis has none", async () => {
  for (const bytes of [BYTES, new Uint8Array(0)]) {
    const { answers, error } = await answersTo(
      [open({ newSize: 0n }), keys(0, [], [], true)],
      {},
      bytes,
    );
    assertEquals([error, kindsOf(answers)], [undefined, ["session", "done"]]);
  }
});

Deno.test("what the client announces reaches the session before anything is answered", async () => {
  let opened: OpenedSession | undefined;
  const onOpen = (announced: OpenedSession): void => {
    opened = announced;
    throw new ParasyncError("too_large", "Cannot take it: too large");
  };
  const { answers, error } = await answersTo([open({ newSize: 77n })], { onOpen });
  assert(error instanceof ParasyncError);
  assertEquals([error.code, answers.length, opened?.newSize], ["too_large", 0, 77]);
});

const REFUSED: readonly (readonly [string, string, readonly (Frame | Uint8Array)[]])[] = [
  ["sends nothing", "bad_request", []],
  ["begins with keys", "bad_request", [keys(0, [1], [64], true)]],
  ["speaks another protocol", "unsupported_version", [open({ protocol: 2 })]],
  ["chunks by another fingerprint", "unsupported_version", [open({ fingerprint: "gear64" })]],
  ["announces more than 2^53 bytes", "bad_request", [open({ newSize: 1n << 53n })]],
  ["opens twice", "bad_request", [open(), open()]],
  ["leaves keys out", "bad_request", [open(), keys(1, [1], [64], true)]],
  ["sends keys again", "bad_request", [
    open(),
    keys(0, [1], [64], false),
    keys(0, [2], [64], true),
  ]],
  ["has a chunk of no bytes", "bad_request", [open(), keys(0, [1], [0], true)]],
  ["has a chunk that is too long", "bad_request", [open(), keys(0, [1], [257], true)]],
  ["has fewer lengths than keys", "bad_request", [open(), keys(0, [1, 2], [64], true)]],
  ["has more lengths than keys", "bad_request", [open(), keys(0, [1], [64, 64], true)]],
  ["stops before its last keys", "stream", [open(), keys(0, [1], [64], false)]],
  ["stops within a frame", "stream", [
    open(),
    requestFrame(keys(0, [1], [64], true)).subarray(0, 9),
  ]],
  ["sends garbage", "bad_request", [open(), encodeFrame(randomBytes(numbers(1), 50))]],
  ["sends an empty frame", "bad_request", [open(), encodeFrame(new Uint8Array(0))]],
  ["sends a frame too long to be one", "bad_request", [open(), new Uint8Array(4).fill(255)]],
  ["asks for too many keys", "too_large", [
    open(),
    keys(0, Array.from({ length: 101 }, (_, i) => i), Array(101).fill(64), true),
  ]],
];

for (const [about, code, frames] of REFUSED) {
  Deno.test(`a client that ${about} is refused`, async () => {
    const { error } = await answersTo(frames, { maxKeys: 100 });
    assert(error instanceof ParasyncError, `${error}`);
    assertEquals(error.code, code, error.message);
  });
}

Deno.test("a client that asks for a key twice is refused, so that no chunk is hashed twice", async () => {
  const { ends, weaks } = new CandidateOracle(BYTES).chunks(SHORT_CHUNKS);
  const { error } = await answersTo([
    open(),
    keys(0, [weaks[0]!], [ends[0]!], false),
    keys(1, [weaks[0]!], [ends[0]!], true),
  ]);
  assert(error instanceof ParasyncError);
  assertEquals(error.code, "bad_request");
});

Deno.test("random frames are refused or answered, and never anything else", async () => {
  const next = numbers(142);
  for (let round = 0; round < 60; round++) {
    const frames = Array.from({ length: 1 + next(4) }, () => {
      const frame = requestFrame(
        next(3) === 0 ? open() : keys(0, [next(2 ** 32)], [64 + next(100)], next(2) === 0),
      );
      for (let flips = next(3); flips > 0; flips--) frame[4 + next(frame.length - 4)] = next(256);
      return frame;
    });
    const { error } = await answersTo([open(), ...frames], {}, BYTES.subarray(0, 5000));
    if (error !== undefined) assert(error instanceof ParasyncError, `${error}`);
  }
});

Deno.test("a basis that changes while it is chunked fails the answer", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  const basis = referenceOf(folder.write("old", BYTES));
  folder.write("old", "shorter");
  const end = basisEnd(basis, lanes.group(1), SHORT_CHUNKS);
  const frames = (async function* (): AsyncGenerator<Uint8Array> {
    for (const frame of [open(), keys(0, [1], [64], true)]) {
      await Promise.resolve();
      yield requestFrame(frame).subarray(4);
    }
  })();
  const error = await assertRejects(async () => {
    for await (const frame of answerKeys(parasync, end, frames)) assert(frame.length > 4);
  }, ParasyncError);
  assertEquals(error.code, "changed");
});

/** Segments of a file, as a client asks about them: those of `bytes`, or what `change` makes of them. */
function segments(
  first: number,
  bytes: Uint8Array,
  change: (digests: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> = (digests) => digests,
): Frame {
  const count = Math.ceil(bytes.length / SEGMENT_BYTES);
  const digests = new Uint8Array(count * STRONG_BYTES);
  for (let i = 0; i < count; i++) {
    const end = Math.min(bytes.length, (i + 1) * SEGMENT_BYTES);
    backend.strong(bytes, i * SEGMENT_BYTES, end, digests, i * STRONG_BYTES);
  }
  return { case: "segments", value: { first, digests: change(digests) } };
}

/** What the server says of segments, one by one; the client waits for it with its last keys. */
async function unchangedOf(
  asked: readonly Frame[],
  bytes: Uint8Array | null,
  newSize: number,
): Promise<boolean[]> {
  using folder = new TestFolder();
  using lanes = new TestLanes(2);
  const basis = bytes === null ? null : referenceOf(folder.write("old", bytes));
  const end = basisEnd(basis, lanes.group(2), SHORT_CHUNKS, { confirm: "target" });
  const same: boolean[] = [];
  let spoken = 0;
  let answered: () => void = () => {};
  const sent = (async function* (): AsyncGenerator<Uint8Array> {
    yield requestFrame(open({ newSize: BigInt(newSize) }));
    for (const frame of asked) yield requestFrame(frame);
    while (spoken < asked.length) await new Promise<void>((resolve) => answered = resolve);
    yield requestFrame(keys(0, [], [], true));
  })();
  for await (const bytes of readFrames(answerKeys(parasync, end, readFrames(sent)))) {
    const { frame } = readAnswer(bytes.slice());
    if (frame.case !== "unchanged") continue;
    const { first, count, bitmap } = frame.value;
    assertEquals(first, same.length, "out of order");
    for (let i = 0; i < count; i++) same.push(hasBit(bitmap, i));
    spoken++;
    answered();
  }
  return same;
}

const SEGMENTED = dataOf("mixed", 5 * SEGMENT_BYTES + 77, numbers(143));

Deno.test("segments that the basis has at the same place are unchanged, others are not", async () => {
  const file = SEGMENTED.slice();
  file[SEGMENT_BYTES]! ^= 1;
  file[4 * SEGMENT_BYTES - 1]! ^= 1;
  const same = await unchangedOf([segments(0, file)], SEGMENTED, file.length);
  assertEquals(same, [true, false, true, false, true, true]);
  const parts = [
    segments(0, file.subarray(0, 2 * SEGMENT_BYTES)),
    segments(2, file.subarray(2 * SEGMENT_BYTES)),
  ];
  assertEquals(await unchangedOf(parts, SEGMENTED, file.length), same, "in two frames");
  assertEquals(await unchangedOf([segments(0, file)], null, file.length), Array(6).fill(false));
});

Deno.test("a segment of another length is another one, at the end of either file", async () => {
  for (const size of [2 * SEGMENT_BYTES, 3 * SEGMENT_BYTES - 1, 3 * SEGMENT_BYTES + 1]) {
    const [shorter, longer] = [SEGMENTED.subarray(0, size), SEGMENTED];
    const full = Math.floor(size / SEGMENT_BYTES);
    const whole = Math.ceil(longer.length / SEGMENT_BYTES);
    const grown = await unchangedOf([segments(0, longer)], shorter, longer.length);
    assertEquals(grown, Array.from({ length: whole }, (_, i) => i < full));
    const cut = await unchangedOf([segments(0, shorter)], longer, size);
    assertEquals(cut, Array.from({ length: Math.ceil(size / SEGMENT_BYTES) }, (_, i) => i < full));
  }
});

const FOUR = SEGMENTED.subarray(0, 4 * SEGMENT_BYTES);
const FALSE_SEGMENTS: readonly (readonly [string, BasisEnd["confirm"], readonly Frame[]])[] = [
  ["are out of order", "target", [segments(1, FOUR.subarray(0, SEGMENT_BYTES))]],
  ["come twice", "target", [segments(0, FOUR), segments(0, FOUR)]],
  ["are more than the file has", "target", [segments(0, SEGMENTED)]],
  ["go past its end", "target", [segments(0, FOUR), segments(4, FOUR.subarray(0, 1))]],
  ["are cut short", "target", [segments(0, FOUR, (digests) => digests.slice(1))]],
  // Each would be a question more to be kept and answered, and there is no end to them.
  ["are none", "target", [segments(0, new Uint8Array(0))]],
  ["come where chunks confirm", "chunk", [segments(0, FOUR)]],
];

for (const [about, confirm, asked] of FALSE_SEGMENTS) {
  Deno.test(`segments that ${about} are refused`, async () => {
    const opened = open({ newSize: BigInt(FOUR.length) });
    const { error } = await answersTo([opened, ...asked, keys(0, [], [], true)], { confirm });
    assert(error instanceof ParasyncError, `${error}`);
    assertEquals(error.code, "bad_request", error.message);
  });
}

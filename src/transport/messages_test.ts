// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnswerSchema, RequestSchema } from "../../proto/gen/parasync_pb.ts";
import { seededBytes, seededNumbers } from "../delta/test_scripts.ts";
import { ParasyncError } from "../errors.ts";
import { FRAME_HEAD_BYTES } from "./framing.ts";
import { answerFrame, readAnswer, readRequest, requestFrame, safeSize } from "./messages.ts";

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);

const REQUESTS: Parameters<typeof requestFrame>[0][] = [
  { case: "open", value: {} },
  {
    case: "open",
    value: { protocol: 1, newSize: 2n ** 40n, newMtimeNs: -1n, fingerprint: "gear 4:8:12 é" },
  },
  { case: "open", value: { newMtimeNs: 0n } },
  {
    case: "weakBatch",
    value: { first: 2 ** 32 - 1, weak: bytes(1, 2, 3, 4), lengths: bytes(128, 32) },
  },
  { case: "weakBatch", value: { last: true } },
];

const ANSWERS: Parameters<typeof answerFrame>[0][] = [
  {
    case: "session",
    value: {
      requestKey: "k",
      basisSize: 9007199254740991n,
      basisExists: true,
      backend: "native",
      threads: 4,
      maxPatchBytes: 64n,
      notice: "no libisal",
    },
  },
  { case: "presence", value: { first: 8, count: 9, bitmap: bytes(255, 1) } },
  {
    case: "candidates",
    value: {
      indexDeltas: bytes(1),
      counts: bytes(2),
      places: bytes(0),
      strong: new Uint8Array(64),
    },
  },
  { case: "progress", value: { stage: "chunking", done: 5n, total: 10n } },
  {
    case: "done",
    value: {
      stages: [{ name: "chunking", ms: 0.25 }, { name: "", ms: 1e300 }],
      chunks: 7,
      keys: 6,
      present: 5,
      strongBytes: 2n ** 53n - 1n,
    },
  },
  { case: "problem", value: { code: "not_found", message: "Cannot open basis: \u0000 \u{1f600}" } },
];

Deno.test("our codec writes and reads what protobuf-es does, for every message", () => {
  for (const frame of REQUESTS) {
    const ours = requestFrame(frame).subarray(FRAME_HEAD_BYTES);
    const message = create(RequestSchema, { frame });
    assertEquals(ours, toBinary(RequestSchema, message));
    assertEquals(create(RequestSchema, readRequest(ours)), fromBinary(RequestSchema, ours));
  }
  for (const frame of ANSWERS) {
    const ours = answerFrame(frame).subarray(FRAME_HEAD_BYTES);
    const message = create(AnswerSchema, { frame });
    assertEquals(ours, toBinary(AnswerSchema, message));
    assertEquals(create(AnswerSchema, readAnswer(ours)), fromBinary(AnswerSchema, ours));
  }
});

Deno.test("columns are views of the frame they came in", () => {
  const frame = requestFrame({ case: "weakBatch", value: { weak: bytes(1, 2, 3, 4) } });
  const read = readRequest(frame.subarray(FRAME_HEAD_BYTES));
  assert(read.frame.case === "weakBatch" && read.frame.value.weak.buffer === frame.buffer);
});

Deno.test("fields of a later version are skipped, wherever they are", () => {
  const later = bytes(0x18, 1, 0x0a, 6, 0x08, 1, 0x7a, 2, 1, 2);
  const { frame } = readRequest(later);
  assert(frame.case === "open" && frame.value.protocol === 1);
});

Deno.test("a frame of no kind, or of a kind that is not known, is refused", () => {
  for (const content of [bytes(), bytes(0x7a, 0)]) {
    for (const read of [readRequest, readAnswer]) {
      const error = assertThrows(() => read(content), ParasyncError, "of no known kind");
      assertEquals(error.code, "bad_request");
    }
  }
});

Deno.test("deeply nested groups are refused rather than exhausting the stack", () => {
  assertThrows(() => readAnswer(new Uint8Array(1_000_000).fill(0x7b)), ParasyncError, "malformed");
});

Deno.test("damaged and random frames give only errors of our own", () => {
  const next = seededNumbers(51);
  const valid = [...REQUESTS.map(requestFrame), ...ANSWERS.map(answerFrame)]
    .map((frame) => frame.subarray(FRAME_HEAD_BYTES));
  for (let round = 0; round < 30_000; round++) {
    const content = round % 4 === 0
      ? seededBytes(next, next(60))
      : valid[next(valid.length)]!.slice();
    for (let i = next(4); i > 0 && content.length > 0; i--) {
      content[next(content.length)] = next(256);
    }
    const cut = content.subarray(0, next(3) === 0 ? next(content.length + 1) : content.length);
    for (const read of [readRequest, readAnswer]) {
      try {
        read(cut);
      } catch (error) {
        if (!(error instanceof ParasyncError) || error.code !== "bad_request") throw error;
      }
    }
  }
});

Deno.test("a size above 2^53 - 1 is refused", () => {
  assertEquals(safeSize(2n ** 53n - 1n, "size"), Number.MAX_SAFE_INTEGER);
  for (const value of [2n ** 53n, 2n ** 64n - 1n, -1n]) {
    assertThrows(() => safeSize(value, "new size"), ParasyncError, "Cannot accept new size");
  }
});

/** Frames, the messages in them, and the columns in those. */
import * as proto from "../../../proto/gen/parasync_wire.ts";
import { decodeCandidates, encodeCandidates } from "../../../src/schemes/candidate_columns.ts";
import {
  decodeVarints,
  decodeWords,
  decodeZigzags,
  encodeVarints,
  encodeWords,
  encodeZigzags,
} from "../../../src/transport/columns.ts";
import { FrameReader } from "../../../src/transport/framing.ts";
import { readAnswer, readRequest } from "../../../src/transport/messages.ts";
import { type Numbers, oneOf, randomBytes } from "../../fixtures/seeded.ts";
import { join, varint, zigzag } from "../../hostile/wire/bytes.ts";
import * as wire from "../../hostile/wire/messages.ts";
import { pieces, someNumber, wildNumber } from "../mutation.ts";
import { type FuzzTarget, must, same } from "../target.ts";

/** Far below what is allowed, so that a case costs no 4 MiB. */
const LONGEST_FRAME = 4096;

function column(next: Numbers, put: (next: Numbers) => Uint8Array): Uint8Array<ArrayBuffer> {
  return join(...Array.from({ length: next(12) }, () => put(next)));
}

const varints = (next: Numbers): Uint8Array<ArrayBuffer> =>
  column(next, () => varint(someNumber(next, 20_000), next(16) === 0 ? 1 + next(10) : 1));
const zigzags = (next: Numbers): Uint8Array<ArrayBuffer> =>
  column(next, () => zigzag(someNumber(next, 20_000) - BigInt(next(3) * 10_000)));

const REQUESTS: readonly ((next: Numbers) => Uint8Array<ArrayBuffer>)[] = [
  (next) =>
    wire.open({
      protocol: someNumber(next, 2),
      newSize: someNumber(next, 1e6),
      fingerprint: "f".repeat(next(40)),
    }),
  (next) =>
    wire.weakBatch({
      first: someNumber(next, 100),
      weak: randomBytes(next, next(40)),
      lengths: varints(next),
      last: someNumber(next, 1),
    }),
  (next) => wire.segments(someNumber(next, 100), randomBytes(next, 32 * next(4) + next(2))),
  (next) =>
    wire.refine({
      block: someNumber(next, 5000),
      checkBytes: someNumber(next, 5),
      begins: varints(next),
      lengths: varints(next),
      found: randomBytes(next, next(9)),
      proofs: randomBytes(next, 8 * next(4)),
    }),
];

const ANSWERS: readonly ((next: Numbers) => Uint8Array<ArrayBuffer>)[] = [
  (next) =>
    wire.session({
      key: "0123456789abcdef".repeat(2),
      basisSize: someNumber(next, 1e6),
      maxPatchBytes: someNumber(next, 2e9),
      threads: someNumber(next, 8),
      notice: "n".repeat(next(20)),
    }),
  (next) => wire.presence(someNumber(next, 9), someNumber(next, 9), randomBytes(next, next(4))),
  (next) => wire.presence(someNumber(next, 9), someNumber(next, 9), randomBytes(next, next(4)), 8),
  (next) =>
    wire.candidates(varints(next), varints(next), zigzags(next), randomBytes(next, 32 * next(4))),
  (next) => wire.progress("chunk", wildNumber(next), wildNumber(next)),
  (next) => wire.done(someNumber(next, 9), someNumber(next, 9), someNumber(next, 9)),
  () => wire.problem("busy", "Cannot go on: it is enough"),
  (next) =>
    wire.blockChecksums(
      someNumber(next, 9),
      randomBytes(next, 4 * next(9)),
      randomBytes(next, 4 * next(9)),
    ),
];

/** What was read, written and read again is the same; so is what is written of that. */
function readTwice<T extends { readonly frame: { readonly case?: string | undefined } }>(
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => T,
  write: (message: T) => Uint8Array,
): string {
  const message = read(bytes);
  const written = write(message);
  must(same(write(read(written)), written), "a message changes when it is written and read");
  return message.frame.case!;
}

/** Frames and what they hold. */
export const FRAME_TARGETS: readonly FuzzTarget[] = [
  {
    name: "frames",
    weight: 4,
    make: (next) =>
      join(
        ...Array.from({ length: next(5) }, () => {
          const message = randomBytes(next, next(100));
          return wire.frame(message, next(6) === 0 ? someNumber(next, 120) : message.length);
        }),
      ),
    run(bytes, next) {
      const whole = new FrameReader(LONGEST_FRAME);
      const frames = [...whole.push(bytes)];
      const cut = new FrameReader(LONGEST_FRAME);
      const again = pieces(next, bytes).flatMap((piece) => [...cut.push(piece)]);
      must(frames.length === again.length, "frames depend on how the stream is cut");
      must(frames.every((frame, i) => same(frame, again[i]!)), "a frame changes with the cuts");
      must(
        same(
          join(...frames.map((frame) => wire.frame(frame))),
          bytes.subarray(0, lengthOf(frames)),
        ),
        "frames are not what was sent",
      );
      whole.finish();
      cut.finish();
      return `${Math.min(frames.length, 3)} frames`;
    },
  },
  {
    name: "request",
    weight: 8,
    make: (next) => oneOf(next, REQUESTS)(next),
    run: (bytes) => readTwice(bytes, readRequest, proto.encodeRequest),
  },
  {
    name: "answer",
    weight: 8,
    make: (next) => oneOf(next, ANSWERS)(next),
    run: (bytes) => readTwice(bytes, readAnswer, proto.encodeAnswer),
  },
  {
    name: "varints",
    weight: 8,
    make: varints,
    run(bytes) {
      const values = decodeVarints(bytes, "c");
      must(values.length <= bytes.length, "more values than bytes");
      must(values.every((value) => Number.isSafeInteger(value) && value >= 0), "no safe integer");
      must(same(encodeVarints(values), bytes), "a column has two forms");
      return `${Math.min(values.length, 3)} varints`;
    },
  },
  {
    name: "zigzags",
    weight: 4,
    make: zigzags,
    run(bytes) {
      const values = decodeZigzags(bytes, "c");
      must(values.every(Number.isSafeInteger), "no safe integer");
      // The code 2^53 - 1 stands for -2^52, one less than a sender may write.
      if (!values.includes(-(2 ** 52))) {
        must(same(encodeZigzags(values), bytes), "a column has two forms");
      }
      return `${Math.min(values.length, 3)} zigzags`;
    },
  },
  {
    name: "words",
    weight: 1,
    make: (next) => randomBytes(next, 4 * next(9)),
    run(bytes) {
      must(same(encodeWords(decodeWords(bytes, "c")), bytes), "a column has two forms");
      return "words";
    },
  },
  {
    name: "candidates",
    weight: 6,
    make: (next) =>
      next(2) === 0
        ? wire.candidates(varints(next), varints(next), zigzags(next))
        : wire.candidates(varint(next(3)), varint(1 + next(6)), zigzag(next(5000))),
    run(bytes) {
      const { frame } = readAnswer(bytes);
      if (frame.case !== "candidates") return "another message";
      const [keyCount, basisSize] = [50, 1_000_000];
      const lengthOf = (key: number): number => 64 + key;
      const list = decodeCandidates(frame.value, keyCount, lengthOf, basisSize);
      list.keys.forEach((key, i) => {
        must(Number.isInteger(key) && key >= 0 && key < keyCount, "a key that was not sent");
        must(i === 0 || key >= list.keys[i - 1]!, "keys are out of order");
        const place = list.places[i]!;
        must(place >= 0 && place + lengthOf(key) <= basisSize, "a place outside the basis");
      });
      must(list.keys.length <= 4 * keyCount, "more candidates than there may be");
      const again = decodeCandidates(
        { ...encodeCandidates(list, lengthOf) },
        keyCount,
        lengthOf,
        basisSize,
      );
      must(again.places.every((place, i) => place === list.places[i]), "candidates change");
      return `${Math.min(list.keys.length, 3)} candidates`;
    },
  },
];

function lengthOf(frames: readonly Uint8Array[]): number {
  return frames.reduce((sum, frame) => sum + 4 + frame.length, 0);
}

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { crc32 } from "node:zlib";
import { type FailureCode, ParasyncError } from "../errors.ts";
import { DeltaDecoder, type DeltaSink } from "./decoder.ts";
import { DeltaEncoder } from "./encoder.ts";
import {
  editScript,
  encodeScript,
  joined,
  memoryApplier,
  randomPieces,
  seededBytes,
  seededNumbers,
  SOME_DIGEST,
} from "./test_scripts.ts";

const IGNORE: DeltaSink = { copy() {}, literal() {}, zero() {}, end() {} };
const SIZES = { oldSize: 1000, newSize: 2000 };
const MAX = Number.MAX_SAFE_INTEGER;

function decode(bytes: Uint8Array, expected = SIZES, maxCommands = 1000): void {
  const decoder = new DeltaDecoder({ ...expected, maxCommands }, IGNORE);
  decoder.push(bytes);
  decoder.finish();
}

function assertRefused(code: FailureCode, reason: string, decode: () => void): void {
  const error = assertThrows(decode, ParasyncError, reason);
  assertEquals(error.code, code);
}

/** A stream of one copy of 1000 bytes and 1000 zeros: header at 0, COPY at 32, ZERO at 56, END at 72. */
function validStream(): { bytes: Uint8Array<ArrayBuffer>; view: DataView } {
  const pieces: Uint8Array[] = [];
  const encoder = new DeltaEncoder(SIZES, (piece) => pieces.push(piece));
  encoder.copy(0, 0, 1000);
  encoder.zero(1000, 1000);
  encoder.end(SOME_DIGEST);
  const bytes = joined(pieces);
  return { bytes, view: new DataView(bytes.buffer) };
}

function sealHeader(view: DataView): void {
  view.setUint32(28, crc32(new Uint8Array(view.buffer, 0, 28)), true);
}

Deno.test("any way of cutting the stream gives the same target", () => {
  const next = seededNumbers(11);
  for (let round = 0; round < 120; round++) {
    const script = editScript(next, 1 + next(20), 300);
    const bytes = joined(encodeScript(script));
    const cuts = round === 0 ? bytes.length : 1 + next(200);
    const pieces = round % 3 === 0 ? [...bytes].map((b) => Uint8Array.of(b)) : randomPieces(
      next,
      bytes,
      cuts,
    );
    const { decoder, applied } = memoryApplier(script.basis, script.result.length);
    for (const piece of pieces) decoder.push(piece);
    decoder.finish();
    assertEquals(applied.target, script.result);
    const end = applied.ends[0]!;
    assertEquals(end.last && end.digest, SOME_DIGEST);
    assertEquals(end.totals, decoder.totals);
  }
});

Deno.test("literals reach the sink as views of what was pushed", () => {
  const pieces: Uint8Array[] = [];
  const encoder = new DeltaEncoder({ oldSize: 0, newSize: 5000 }, (piece) => pieces.push(piece));
  encoder.literal(0, new Uint8Array(5000).fill(7));
  encoder.end(SOME_DIGEST);
  const bytes = joined(pieces);
  const seen: [number, number][] = [];
  const decoder = new DeltaDecoder({ oldSize: 0, newSize: 5000, maxCommands: 1 }, {
    ...IGNORE,
    literal(target, part) {
      assert(part.buffer === bytes.buffer);
      seen.push([target, part.length]);
    },
  });
  decoder.push(bytes.subarray(0, 1048));
  decoder.push(bytes.subarray(1048));
  decoder.finish();
  assertEquals(seen, [[0, 1000], [1000, 4000]]);
});

Deno.test("an empty new file is a header and an end", () => {
  const pieces: Uint8Array[] = [];
  new DeltaEncoder({ oldSize: 5, newSize: 0 }, (piece) => pieces.push(piece)).end(SOME_DIGEST);
  const bytes = joined(pieces);
  assertEquals(bytes.length, 32 + 88);
  decode(bytes, { oldSize: 5, newSize: 0 });
});

Deno.test("a stream that stops early is refused at its end, wherever it stops", () => {
  const { bytes } = validStream();
  for (let length = 0; length < bytes.length; length++) {
    assertRefused("stream", "over before its end", () => decode(bytes.subarray(0, length)));
  }
  decode(bytes);
});

Deno.test("data after the end command is refused", () => {
  const { bytes } = validStream();
  assertRefused("bad_request", "follows", () => decode(joined([bytes, Uint8Array.of(0)])));
  const decoder = new DeltaDecoder({ ...SIZES, maxCommands: 9 }, IGNORE);
  decoder.push(bytes);
  decoder.push(new Uint8Array(0));
  assert(decoder.ended);
  assertRefused("bad_request", "follows", () => decoder.push(bytes));
  assertRefused("bad_request", "earlier part", () => decoder.push(bytes));
});

Deno.test("the header's check is CRC-32, and every bit of the header is checked", () => {
  const { bytes, view } = validStream();
  assertEquals(view.getUint32(28, true), crc32(bytes.subarray(0, 28)));
  for (let bit = 0; bit < 32 * 8; bit++) {
    const damaged = bytes.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    assertThrows(() => decode(damaged), ParasyncError);
  }
});

const MALFORMED: [string, FailureCode, string, (view: DataView) => void][] = [
  ["another magic", "bad_request", "PSD1", (v) => v.setUint8(3, 50)],
  ["another version", "unsupported_version", "version is 3", (v) => v.setUint16(4, 3, true)],
  ["a flag", "bad_request", "unknown flags", (v) => (v.setUint16(6, 1, true), sealHeader(v))],
  ["a reserved word", "bad_request", "flags", (v) => (v.setUint32(24, 1, true), sealHeader(v))],
  ["another old size", "bad_request", "sizes", (v) => (v.setUint32(8, 1, true), sealHeader(v))],
  ["another new size", "bad_request", "sizes", (v) => (v.setUint32(16, 1, true), sealHeader(v))],
  [
    "an enormous size",
    "bad_request",
    "2^53",
    (v) => (v.setUint32(12, 2 ** 21, true), sealHeader(v)),
  ],
  ["an unknown command", "bad_request", "unknown command 5", (v) => v.setUint8(32, 5)],
  ["a copy of nothing", "bad_request", "no length", (v) => v.setUint32(32, 1, true)],
  ["a copy past the basis", "bad_request", "outside the basis", (v) => v.setUint32(40, 1, true)],
  ["a copy past the target", "bad_request", "outside the new", (v) => v.setUint32(48, 1001, true)],
  ["a copy from 2^53", "bad_request", "2^53", (v) => v.setUint32(44, 2 ** 21, true)],
  ["a copy to 2^64 - 1", "bad_request", "2^53", (v) => v.setBigUint64(48, 2n ** 64n - 1n, true)],
  ["a length of 2^53", "bad_request", "2^53", (v) => v.setUint32(36, 2 ** 29, true)],
  [
    "a length of 2^53 - 1",
    "bad_request",
    "outside",
    (v) => v.setBigUint64(32, 2n ** 61n - 255n, true),
  ],
  ["zeros past the target", "bad_request", "outside the new", (v) => v.setUint32(64, 1001, true)],
  ["a long literal", "bad_request", "outside the new", (v) => v.setUint32(32, 2001 * 256, true)],
  ["an end with another size", "bad_request", "another size", (v) => v.setUint8(73, 1)],
  ["an end with fewer copies", "bad_request", "states 0 copies", (v) => v.setUint8(80, 0)],
  ["an end with more bytes", "bad_request", "add up", (v) => v.setUint8(104, 0xff)],
];

for (const [what, code, reason, damage] of MALFORMED) {
  Deno.test(`a delta with ${what} is refused as ${code}`, () => {
    const { bytes, view } = validStream();
    damage(view);
    assertRefused(code, reason, () => decode(bytes));
    assertRefused(code, reason, () => {
      const decoder = new DeltaDecoder({ ...SIZES, maxCommands: 9 }, IGNORE);
      for (const byte of bytes) decoder.push(Uint8Array.of(byte));
    });
  });
}

Deno.test("a literal above 1 MiB is refused before its data comes", () => {
  const expected = { oldSize: 0, newSize: 2 ** 22 };
  const pieces: Uint8Array[] = [];
  new DeltaEncoder(expected, (piece) => pieces.push(piece)).flush();
  const head = new Uint8Array(16);
  new DataView(head.buffer).setUint32(0, (2 ** 20 + 1) * 256, true);
  // (2^20 + 1) * 256 needs 29 bits.
  assertRefused("bad_request", "too long", () => decode(joined([...pieces, head]), expected));
});

Deno.test("the largest offsets a delta can state are decoded exactly", () => {
  const pieces: Uint8Array[] = [];
  const expected = { oldSize: MAX, newSize: MAX };
  const encoder = new DeltaEncoder(expected, (piece) => pieces.push(piece));
  encoder.zero(0, 1);
  encoder.copy(2 ** 33 + 5, 1, MAX - 2 ** 33 - 5);
  encoder.zero(MAX - 2 ** 33 - 4, 2 ** 33 + 4);
  encoder.end(SOME_DIGEST);
  const seen: number[][] = [];
  const decoder = new DeltaDecoder({ ...expected, maxCommands: 3 }, {
    ...IGNORE,
    copy: (...numbers) => seen.push(numbers),
    zero: (...numbers) => seen.push(numbers),
  });
  decoder.push(joined(pieces));
  decoder.finish();
  assertEquals(seen, [
    [0, 1],
    [2 ** 33 + 5, 1, MAX - 2 ** 33 - 5],
    [MAX - 2 ** 33 - 4, 2 ** 33 + 4],
  ]);
});

Deno.test("more commands than accepted are refused as too_large", () => {
  const { bytes } = validStream();
  decode(bytes, SIZES, 2);
  assertRefused("too_large", "more than 1 commands", () => decode(bytes, SIZES, 1));
});

Deno.test("what the sink throws passes through, and ends the decoding", () => {
  const { bytes } = validStream();
  const decoder = new DeltaDecoder({ ...SIZES, maxCommands: 9 }, {
    ...IGNORE,
    zero() {
      throw new TypeError("disk on fire");
    },
  });
  assertThrows(() => decoder.push(bytes), TypeError, "on fire");
  assertRefused("bad_request", "earlier part", () => decoder.push(bytes));
});

Deno.test("damaged and random streams give only errors of our own, and never leave the files", () => {
  const next = seededNumbers(12);
  const script = editScript(next, 30, 200);
  const { basis, result } = script;
  const valid = joined(encodeScript(script));
  let refused = 0;
  const check = (inside: boolean) => assert(inside, "a command leaves its file");
  const rounds = 30_000;
  for (let round = 0; round < rounds; round++) {
    const bytes = round % 10 === 0
      ? joined([valid.subarray(0, next(200)), seededBytes(next, next(400))])
      : valid.slice(0, next(8) === 0 ? next(valid.length) : valid.length);
    for (let i = next(4); i >= 0 && round % 10 !== 0; i--) {
      const at = next(3) === 0 ? next(bytes.length) : 32 + next(Math.min(600, bytes.length));
      if (at < bytes.length) bytes[at] = next(2) === 0 ? next(256) : bytes[at]! ^ (1 << next(8));
    }
    const decoder = new DeltaDecoder(
      { oldSize: basis.length, newSize: result.length, maxCommands: 100 },
      {
        copy(source, target, length) {
          check(source >= 0 && length > 0 && source + length <= basis.length);
          check(target >= 0 && target + length <= result.length);
        },
        literal: (target, part) => check(target >= 0 && target + part.length <= result.length),
        zero: (target, length) => check(length > 0 && target + length <= result.length),
        end: () => {},
      },
    );
    try {
      for (const piece of randomPieces(next, bytes, 400)) decoder.push(piece);
      decoder.finish();
    } catch (error) {
      if (!(error instanceof ParasyncError)) throw error;
      refused += 1;
    }
  }
  assert(refused > rounds / 4, `${refused} refused`);
});

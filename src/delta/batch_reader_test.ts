// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type FailureCode, ParasyncError } from "../errors.ts";
import { batchHead } from "./batch.ts";
import { DeltaDecoder, type DeltaEnd, type DeltaSink } from "./decoder.ts";
import { HEADER_BYTES, putHeader } from "./format.ts";
import {
  editScript,
  joined,
  memoryApplier,
  randomPieces,
  seededBytes,
  seededNumbers,
  SOME_DIGEST,
  writeEdits,
  writtenBody,
} from "./test_scripts.ts";
import { putVarint, zigzag } from "./varint.ts";

const IGNORE: DeltaSink = { copy() {}, literal() {}, zero() {}, end() {} };
const SIZES = { oldSize: 1000, newSize: 2000 };
const PLAIN = { version: 2, coding: "off", level: 0 } as const;

function header({ oldSize, newSize } = SIZES, flags = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES);
  putHeader(new DataView(bytes.buffer), 0, 2, flags, { oldSize, newSize });
  return bytes;
}

function varints(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(values.length * 8);
  let at = 0;
  for (const value of values) at = putVarint(out, at, value);
  return out.slice(0, at);
}

const [LITERAL, COPY, ZERO, END] = [0, 1, 2, 3];

/** A command at once behind the one before. */
function command(operation: number, length: number, ...offsets: number[]): Uint8Array<ArrayBuffer> {
  return varints(length * 4 + operation, ...offsets.map(zigzag));
}

function end(...totals: readonly number[]): Uint8Array<ArrayBuffer> {
  return joined([varints(4 + END, ...totals), SOME_DIGEST]);
}

/** Commands as a batch, whose head may lie. */
function batch(
  commands: readonly Uint8Array[],
  data: Uint8Array = new Uint8Array(0),
  { c = joined(commands).length, l = data.length } = {},
): Uint8Array<ArrayBuffer> {
  return joined([batchHead(c, l), ...commands, data]);
}

function decode(bytes: Uint8Array, expected = SIZES, maxCommands = 1000): void {
  const decoder = new DeltaDecoder({ ...expected, maxCommands }, IGNORE);
  decoder.push(bytes);
  decoder.finish();
}

function assertRefused(code: FailureCode, reason: string, decode: () => void): void {
  const error = assertThrows(decode, ParasyncError, reason);
  assertEquals(error.code, code);
}

const COPIED = command(COPY, 1000, 0, 0);
const DATA = seededBytes(seededNumbers(41), 1000);
const LITERALS = [command(LITERAL, 400, 0), command(LITERAL, 600, 0)];
const TOTALS = [1, 2, 0, 1000, 1000, 0] as const;
const VALID = joined([
  header(),
  batch([COPIED, ...LITERALS], DATA),
  batch([end(...TOTALS)]),
]);

Deno.test("commands begin where the one before ended, in their order, whatever batches they come in", () => {
  const [o, n] = [1_000_000_000_000, 2_000_000_000_000];
  const seen: string[] = [];
  const decoder = new DeltaDecoder({ oldSize: o, newSize: n, maxCommands: 5 }, {
    copy: (...numbers) => seen.push(`copy ${numbers}`),
    zero: (...numbers) => seen.push(`zero ${numbers}`),
    literal: (target, { length }) => seen.push(`literal ${target},${length}`),
    end: (end: DeltaEnd) => seen.push(`end ${end.last} ${end.totals.copiedBytes}`),
  });
  decoder.push(joined([
    header({ oldSize: o, newSize: n }),
    batch([
      command(COPY, 10, 5e11, 7e11),
      command(LITERAL, 3, 0),
      command(COPY, 10, 0, -20),
      command(ZERO, 1e6, -5e11 - 23),
    ], new Uint8Array(3)),
    batch([command(COPY, 5, 4, 1)]),
    batch([varints(END, 3, 1, 1, 25, 3, 1e6)]),
  ]));
  decoder.finish();
  assertEquals(seen, [
    "copy 700000000000,500000000000,10",
    "literal 500000000010,3",
    "copy 699999999990,500000000013,10",
    "zero 0,1000000",
    "copy 700000000001,1000004,5",
    "end false 25",
  ]);
});

Deno.test("a stream that stops early is refused at its end, wherever it stops", () => {
  decode(VALID);
  for (let length = 0; length < VALID.length; length++) {
    assertRefused("stream", "over before its end", () => decode(VALID.subarray(0, length)));
  }
});

Deno.test("bytes after the end are refused, in the same piece and in the next", () => {
  assertRefused("bad_request", "follows", () => decode(joined([VALID, Uint8Array.of(0)])));
  const decoder = new DeltaDecoder({ ...SIZES, maxCommands: 9 }, IGNORE);
  decoder.push(VALID);
  assert(decoder.ended);
  assertRefused("bad_request", "follows", () => decoder.push(Uint8Array.of(1)));
  assertRefused("bad_request", "earlier part", () => decoder.push(VALID));
});

const WHOLE = [COPIED, ...LITERALS];
const MALFORMED: [string, FailureCode, string, Uint8Array][] = [
  ["no commands", "bad_request", "no commands", varints(0, 5)],
  ["too many commands", "bad_request", "too long", varints(65_537, 0)],
  ["too much data", "bad_request", "too long", varints(1, 2 ** 20 + 1)],
  ["a length of many bytes", "bad_request", "too long", Uint8Array.of(0x80, 0x80, 0x80, 0x80)],
  ["a length not in its shortest form", "bad_request", "shortest", Uint8Array.of(0x81, 0)],
  ["more data than its literals", "bad_request", "belongs to no", batch(WHOLE, DATA, { l: 1001 })],
  ["less data than its literals", "bad_request", "less data", batch(WHOLE, DATA, { l: 999 })],
  ["data without a literal", "bad_request", "belongs to no", batch([COPIED], DATA)],
  ["a command cut short", "bad_request", "cut short", batch([COPIED], undefined, { c: 2 })],
  ["a number cut short", "bad_request", "cut short", batch([Uint8Array.of(0x85)])],
  ["half an end", "bad_request", "cut short", batch([end(...TOTALS).subarray(0, 30)])],
  ["an end of another kind", "bad_request", "known kind", batch([varints(8 + END, ...TOTALS)])],
  [
    "a command after its end",
    "bad_request",
    "follows its end",
    batch([...WHOLE, end(...TOTALS), COPIED], DATA),
  ],
  ["data after its end", "bad_request", "follows its end", batch([varints(END, ...TOTALS)], DATA)],
  [
    "a number not in its shortest form",
    "bad_request",
    "shortest",
    batch([Uint8Array.of(0x85, 0x80, 0)]),
  ],
  [
    "a number of nine bytes",
    "bad_request",
    "2^53",
    batch([joined([new Uint8Array(8).fill(0x80), Uint8Array.of(1)])]),
  ],
  [
    "a number of 2^53",
    "bad_request",
    "2^53",
    batch([Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 16)]),
  ],
  ["a copy of nothing", "bad_request", "no length", batch([command(COPY, 0, 0, 0)])],
  ["a literal of nothing", "bad_request", "no length", batch([command(LITERAL, 0, 0)])],
  ["a copy past the basis", "bad_request", "outside the basis", batch([command(COPY, 9, 0, 992)])],
  ["a copy before the basis", "bad_request", "outside the basis", batch([command(COPY, 9, 0, -1)])],
  ["a copy past the target", "bad_request", "outside the new", batch([command(COPY, 9, 1992, 0)])],
  ["a copy before the target", "bad_request", "outside the new", batch([command(COPY, 9, -1, 0)])],
  ["zeros past the target", "bad_request", "outside the new", batch([command(ZERO, 2001, 0)])],
  [
    "the largest length",
    "bad_request",
    "outside",
    batch([varints(2 ** 53 - 1 - 1, 2 ** 53 - 1)]),
  ],
  ["the lowest target", "bad_request", "outside", batch([varints(4 + ZERO, 2 ** 53 - 1)])],
  [
    "a long literal",
    "bad_request",
    "outside the new",
    batch([command(LITERAL, 2001, 0)], new Uint8Array(2001)),
  ],
  [
    "an end with fewer copies",
    "bad_request",
    "states 0 copies",
    batch([...WHOLE, end(0, 2, 0, 1000, 1000, 0)], DATA),
  ],
  [
    "a part with more copies",
    "bad_request",
    "states 2 copies",
    batch([...WHOLE, varints(END, 2, 2, 0, 1000, 1000, 0)], DATA),
  ],
  [
    "an end with more bytes",
    "bad_request",
    "add up",
    batch([...WHOLE, end(1, 2, 1, 1000, 1000, 1)], DATA),
  ],
];

for (const [what, code, reason, batches] of MALFORMED) {
  Deno.test(`a delta of version 2 with ${what} is refused as ${code}`, () => {
    const bytes = joined([header(), batches]);
    assertRefused(code, reason, () => decode(bytes));
    assertRefused(code, reason, () => {
      const decoder = new DeltaDecoder({ ...SIZES, maxCommands: 9 }, IGNORE);
      for (const byte of bytes) decoder.push(Uint8Array.of(byte));
    });
  });
}

Deno.test("a literal above 1 MiB is refused before its data comes", () => {
  const expected = { oldSize: 0, newSize: 2 ** 22 };
  const literal = batch([command(LITERAL, 2 ** 20 + 1, 0)], undefined, { l: 2 ** 20 });
  assertRefused("bad_request", "too long", () => {
    decode(joined([header(expected), literal]), expected);
  });
});

Deno.test("flags of a coding are for whoever unpacks, and any other is unknown", () => {
  for (const flags of [1, 2, 3, 4, 0x8000]) {
    const bytes = joined([header(SIZES, flags), VALID.subarray(HEADER_BYTES)]);
    assertRefused("bad_request", "unknown flags", () => decode(bytes));
  }
});

Deno.test("more commands than accepted are refused as too_large", () => {
  decode(VALID, SIZES, 3);
  assertRefused("too_large", "more than 2 commands", () => decode(VALID, SIZES, 2));
});

Deno.test("damaged and random batches give only errors of our own, and never leave the files", async () => {
  const next = seededNumbers(42);
  const script = editScript(next, 30, 200);
  const { basis, result } = script;
  const sizes = { oldSize: basis.length, newSize: result.length };
  const valid = await writtenBody(sizes, PLAIN, (encoder) => {
    script.edits.forEach((edit, i) => {
      writeEdits(encoder, [edit]);
      if (i % 7 === 0) encoder.flush();
    });
    encoder.end(SOME_DIGEST);
  });
  const whole = memoryApplier(basis, result.length);
  whole.decoder.push(valid);
  assertEquals(whole.applied.target, result);
  const check = (inside: boolean) => assert(inside, "a command leaves its file");
  let refused = 0;
  const rounds = 30_000;
  for (let round = 0; round < rounds; round++) {
    const bytes = round % 10 === 0
      ? joined([valid.subarray(0, 32 + next(200)), seededBytes(next, next(400))])
      : valid.slice(0, next(8) === 0 ? next(valid.length) : valid.length);
    for (let i = next(4); i >= 0 && round % 10 !== 0; i--) {
      const at = 32 + next(bytes.length);
      if (at < bytes.length) bytes[at] = next(2) === 0 ? next(256) : bytes[at]! ^ (1 << next(8));
    }
    const decoder = new DeltaDecoder({ ...sizes, maxCommands: 100 }, {
      copy(source, target, length) {
        check(source >= 0 && length > 0 && source + length <= basis.length);
        check(target >= 0 && target + length <= result.length);
      },
      literal: (target, part) => check(target >= 0 && target + part.length <= result.length),
      zero: (target, length) =>
        check(target >= 0 && length > 0 && target + length <= result.length),
      end: () => {},
    });
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

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { seededBytes, seededNumbers } from "../delta/test_scripts.ts";
import { ParasyncError } from "../errors.ts";
import {
  decodeVarints,
  decodeWords,
  decodeZigzags,
  encodeVarints,
  encodeWords,
  encodeZigzags,
  MAX_ZIGZAG,
} from "./columns.ts";

const MAX = Number.MAX_SAFE_INTEGER;

/** Values around every power of two, where the number of bytes changes. */
function* edges(bits: number): Generator<number> {
  for (let bit = 0; bit < bits; bit++) {
    for (const value of [2 ** bit - 1, 2 ** bit, 2 ** bit + 1]) yield value;
  }
  yield 2 ** bits - 1;
}

Deno.test("varints are protobuf's, for every length they can have", () => {
  const values = [...edges(53)];
  const writer = new BinaryWriter();
  for (const value of values) writer.uint64(value);
  const column = encodeVarints(values);
  assertEquals(column, writer.finish());
  assertEquals([...decodeVarints(column, "edges")], values);
});

Deno.test("zigzags are protobuf's, for every length they can have", () => {
  const values = [...edges(52)].flatMap((value) => [value, value === 0 ? 0 : -value]);
  const writer = new BinaryWriter();
  for (const value of values) writer.sint64(value);
  const column = encodeZigzags(values);
  assertEquals(column, writer.finish());
  assertEquals([...decodeZigzags(column, "edges")], values);
});

Deno.test("chunk lengths take two bytes", () => {
  const lengths = Uint32Array.from({ length: 1000 }, (_, i) => 4096 + i * 8);
  const column = encodeVarints(lengths);
  assertEquals(column.length, 2000);
  assertEquals(decodeVarints(column, "lengths", 1000), Float64Array.from(lengths));
});

Deno.test("a column decodes to what was coded or is refused, whatever its bytes", () => {
  const next = seededNumbers(41);
  let accepted = 0;
  for (let round = 0; round < 20_000; round++) {
    const column = seededBytes(next, next(12));
    let values: Float64Array;
    try {
      values = decodeVarints(column, "random");
    } catch (error) {
      if (!(error instanceof ParasyncError)) throw error;
      assertEquals(error.code, "bad_request");
      continue;
    }
    accepted += 1;
    assertEquals(encodeVarints(values), column);
    const reader = new BinaryReader(column);
    for (const value of values) assertEquals(reader.uint64(), BigInt(value));
  }
  assert(accepted > 1000, `${accepted} accepted`);
});

const REFUSED: [string, number[], string][] = [
  ["cut short", [0x80], "cut short"],
  ["cut short after others", [1, 2, 0xff, 0xff], "cut short"],
  ["zero in two bytes", [0x80, 0], "shortest form"],
  ["one in three bytes", [0x81, 0x80, 0], "shortest form"],
  ["2^53", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], "above 2^53 - 1"],
  ["nine bytes", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x8f, 0], "above 2^53 - 1"],
  ["zeros that go on", [...new Array(5000).fill(0x80), 1], "above 2^53 - 1"],
];

for (const [what, bytes, reason] of REFUSED) {
  Deno.test(`a varint column is refused for a value that is ${what}`, () => {
    assertThrows(() => decodeVarints(Uint8Array.from(bytes), "x"), ParasyncError, reason);
    assertThrows(() => decodeZigzags(Uint8Array.from(bytes), "x"), ParasyncError, reason);
  });
}

Deno.test("a column of another number of values than asked for is refused", () => {
  assertEquals(decodeVarints(Uint8Array.of(1, 2), "lengths", 2).length, 2);
  const error = assertThrows(
    () => decodeVarints(Uint8Array.of(1, 2), "lengths", 3),
    ParasyncError,
    "Cannot read column lengths: it has 2 values and 3 were expected",
  );
  assertEquals(error.code, "bad_request");
});

Deno.test("numbers that cannot be coded are refused rather than changed", () => {
  for (const value of [-1, 0.5, NaN, Infinity, MAX + 1]) {
    assertThrows(() => encodeVarints([value]), ParasyncError);
  }
  for (const value of [0.5, NaN, -Infinity, MAX_ZIGZAG + 1, -MAX_ZIGZAG - 1]) {
    assertThrows(() => encodeZigzags([value]), ParasyncError);
  }
  assertEquals([...decodeZigzags(encodeZigzags([MAX_ZIGZAG, -MAX_ZIGZAG]), "x")], [
    MAX_ZIGZAG,
    -MAX_ZIGZAG,
  ]);
});

Deno.test("words are little-endian and may lie anywhere in a frame", () => {
  const words = Uint32Array.of(0, 1, 0x01020304, 0xffffffff);
  const column = encodeWords(words);
  assertEquals([...column.subarray(8, 12)], [4, 3, 2, 1]);
  const frame = new Uint8Array(20);
  frame.set(column, 3);
  assertEquals(decodeWords(frame.subarray(3, 19), "weak"), words);
  assertThrows(() => decodeWords(frame.subarray(3, 18), "weak"), ParasyncError, "cut short");
});

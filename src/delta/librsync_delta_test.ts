// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type FailureCode, ParasyncError } from "../errors.ts";
import { widthIndexOf } from "./librsync_delta.ts";
import { LibrsyncDeltaDecoder } from "./librsync_delta_decoder.ts";
import { LibrsyncDeltaEncoder } from "./librsync_delta_encoder.ts";
import { joined, randomPieces, seededBytes, seededNumbers } from "./test_scripts.ts";

const MAGIC = [0x72, 0x73, 0x02, 0x36];
const MAX = Number.MAX_SAFE_INTEGER;

/** What a decoder passed on: copies, and literals put together where nothing came between. */
type Told = { readonly copy: [source: number, length: number] } | { literal: number[] };

/** Pieces lent to `emit` are used again, hence the copies. */
function encode(write: (encoder: LibrsyncDeltaEncoder) => void): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  const encoder = new LibrsyncDeltaEncoder((piece) => pieces.push(piece.slice()));
  write(encoder);
  encoder.end();
  return joined(pieces);
}

function decode(pieces: readonly Uint8Array[], basisSize = MAX): Told[] {
  const told: Told[] = [];
  const decoder = new LibrsyncDeltaDecoder("d", basisSize, {
    copy: (source, length) => told.push({ copy: [source, length] }),
    literal(bytes) {
      const last = told.at(-1);
      if (last !== undefined && "literal" in last) last.literal.push(...bytes);
      else told.push({ literal: [...bytes] });
    },
  });
  for (const piece of pieces) decoder.push(piece);
  decoder.finish();
  return told;
}

function delta(...commands: readonly number[]): Uint8Array {
  return Uint8Array.of(...MAGIC, ...commands);
}

function assertRefused(code: FailureCode, reason: string, bytes: Uint8Array, basis?: number): void {
  const error = assertThrows(() => decode([bytes], basis), ParasyncError, reason);
  assertEquals([error.code, error.message], [code, `Cannot read d: ${reason}`]);
}

Deno.test("an empty delta is the magic number and the end", () => {
  assertEquals(encode(() => {}), delta(0));
  assertEquals(decode([delta(0)]), []);
});

Deno.test("each number takes the narrowest width that it fits in", () => {
  const bounds = [0, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, MAX];
  assertEquals(bounds.map(widthIndexOf), [0, 0, 1, 1, 2, 2, 3, 3]);
  for (const [i, source] of bounds.entries()) {
    for (const [j, length] of bounds.entries()) {
      if (length === 0 || source > MAX - length) continue;
      const bytes = encode((encoder) => encoder.copy(source, length));
      assertEquals(bytes[4], 0x45 + 4 * (i >> 1) + (j >> 1), `${length} from ${source}`);
      assertEquals(decode([bytes]), [{ copy: [source, length] }]);
    }
  }
});

Deno.test("a copy is big-endian: its place, then its length", () => {
  const bytes = encode((encoder) => encoder.copy(0x1_2345_6789, 0xabc));
  assertEquals(bytes, delta(0x52, 0, 0, 0, 1, 0x23, 0x45, 0x67, 0x89, 0x0a, 0xbc, 0));
});

Deno.test("literals up to 64 bytes have their length in the command, longer ones behind it", () => {
  const heads: readonly (readonly [length: number, head: readonly number[]])[] = [
    [1, [0x01]],
    [64, [0x40]],
    [65, [0x41, 65]],
    [255, [0x41, 255]],
    [256, [0x42, 1, 0]],
    [65535, [0x42, 255, 255]],
    [65536, [0x43, 0, 1, 0, 0]],
    [2 ** 20, [0x43, 0, 0x10, 0, 0]],
  ];
  for (const [length, head] of heads) {
    const data = new Uint8Array(length).fill(7);
    const bytes = encode((encoder) => encoder.literal(data));
    assertEquals([...bytes.subarray(4, 4 + head.length)], head, `${length} bytes`);
    assertEquals(bytes.length, 4 + head.length + length + 1);
    assert(bytes.subarray(4 + head.length, -1).every((byte) => byte === 7));
  }
});

Deno.test("copies that continue each other are one, others are not", () => {
  const bytes = encode((encoder) => {
    encoder.copy(100, 10);
    encoder.copy(110, 5);
    encoder.copy(100, 10);
    encoder.literal(Uint8Array.of(1));
    encoder.copy(110, 5);
  });
  assertEquals(decode([bytes]), [
    { copy: [100, 15] },
    { copy: [100, 10] },
    { literal: [1] },
    { copy: [110, 5] },
  ]);
});

Deno.test("both ends count alike, and a literal when it begins", () => {
  let written: unknown;
  const bytes = encode((encoder) => {
    encoder.copy(0, 1000);
    encoder.literal(new Uint8Array(300));
    encoder.copy(5, 7);
    encoder.literal(new Uint8Array(1));
    written = encoder.totals;
  });
  const decoder = new LibrsyncDeltaDecoder("d", 1000, { copy() {}, literal() {} });
  decoder.push(bytes.subarray(0, 4 + 4 + 3));
  assertEquals([decoder.totals.literals, decoder.newSize], [1, 1300]);
  decoder.push(bytes.subarray(4 + 4 + 3));
  decoder.finish();
  assertEquals(decoder.totals, { copies: 2, literals: 2, copiedBytes: 1007, literalBytes: 301 });
  assertEquals(written, decoder.totals);
});

Deno.test("any way of cutting the delta gives the same commands", () => {
  const next = seededNumbers(51);
  for (let round = 0; round < 60; round++) {
    const bytes = encode((encoder) => {
      for (let i = next(30); i >= 0; i--) {
        if (next(2) === 0) encoder.literal(seededBytes(next, 1 + next(400)));
        else encoder.copy(next(2 ** 32) * next(2 ** 20), 1 + next(2 ** 32));
      }
    });
    const whole = decode([bytes]);
    assertEquals(decode([...bytes].map((byte) => Uint8Array.of(byte))), whole);
    assertEquals(decode(randomPieces(next, bytes, 1 + next(100))), whole);
  }
});

Deno.test("numbers wider than they need be are read", () => {
  const eight = [0, 0, 0, 0, 0, 0, 0];
  assertEquals(decode([delta(0x44, ...eight, 2, 8, 9, 0x54, ...eight, 3, ...eight, 4, 0)]), [
    { literal: [8, 9] },
    { copy: [3, 4] },
  ]);
  assertEquals(decode([delta(0x42, 0, 1, 8, 0)]), [{ literal: [8] }]);
});

Deno.test("a literal beyond 4 GiB passes through and nothing of it is held", () => {
  const length = 2 ** 32 + 5;
  let passed = 0;
  const decoder = new LibrsyncDeltaDecoder("d", 0, {
    copy() {},
    literal: (bytes) => passed += bytes.length,
  });
  decoder.push(delta(0x44, 0, 0, 0, 1, 0, 0, 0, 5));
  const piece = new Uint8Array(2 ** 28);
  for (let i = 0; i < 16; i++) decoder.push(piece);
  decoder.push(Uint8Array.of(1, 2, 3, 4, 5, 0));
  decoder.finish();
  assertEquals([passed, decoder.newSize], [length, length]);
});

Deno.test("what is no delta, or one of another old file, is refused with the reason", () => {
  assertRefused("bad_request", "it is no delta of librsync", Uint8Array.of(0x72, 0x73, 1, 0x36));
  for (const reserved of [0x55, 0x80, 0xff]) {
    const shown = `it has a reserved command, 0x${reserved.toString(16)}`;
    assertRefused("bad_request", shown, delta(reserved, 0));
  }
  assertRefused("bad_request", "a command has no length", delta(0x41, 0, 0));
  assertRefused("bad_request", "a command has no length", delta(0x45, 0, 0, 0));
  assertRefused("bad_request", "data follows its end", delta(1, 9, 0, 0));
  const outside = (length: number, from: number) =>
    `it copies ${length} bytes from ${from} of an old file of 100 bytes`;
  assertRefused("bad_request", outside(1, 100), delta(0x45, 100, 1, 0), 100);
  assertRefused("bad_request", outside(101, 0), delta(0x45, 0, 101, 0), 100);
  assertRefused("bad_request", outside(51, 50), delta(0x45, 50, 51, 0), 100);
  decode([delta(0x45, 50, 50, 0)], 100);
});

Deno.test("numbers above 2^53 - 1, and new files of so many bytes, are refused", () => {
  const above = [0, 0x20, 0, 0, 0, 0, 0, 0];
  const most = [0, 0x1f, 255, 255, 255, 255, 255, 255];
  const reason = "a number is above 2^53 - 1";
  assertRefused("bad_request", reason, delta(0x44, ...above));
  assertRefused("bad_request", reason, delta(0x44, ...Array(8).fill(255)));
  assertRefused("bad_request", reason, delta(0x51, ...above, 1));
  assertRefused("bad_request", reason, delta(0x48, 0, ...above));
  const copies = delta(0x48, 0, ...most, 0x45, 0, 1, 0);
  assertRefused("bad_request", "the new file would have more than 2^53 - 1 bytes", copies);
});

Deno.test("a delta that is cut short anywhere is refused as that", () => {
  const bytes = delta(2, 8, 9, 0x4a, 0, 3, 0, 4, 0);
  decode([bytes]);
  for (let length = 0; length < bytes.length; length++) {
    assertRefused("stream", "the delta is cut short", bytes.subarray(0, length));
  }
});

Deno.test("after a refusal every call fails", () => {
  const decoder = new LibrsyncDeltaDecoder("d", 0, { copy() {}, literal() {} });
  assertThrows(() => decoder.push(delta(0x55)), ParasyncError, "reserved");
  assertThrows(() => decoder.push(Uint8Array.of(0)), ParasyncError, "an earlier part");
  assertThrows(() => decoder.finish(), ParasyncError, "cut short");
});

Deno.test("random bytes make the decoder throw its own error and no other", () => {
  const next = seededNumbers(52);
  for (let round = 0; round < 3000; round++) {
    const bytes = delta(...seededBytes(next, next(60)));
    try {
      decode(randomPieces(next, bytes, 20), next(2) === 0 ? 100 : MAX);
    } catch (error) {
      if (!(error instanceof ParasyncError)) throw error;
    }
  }
});

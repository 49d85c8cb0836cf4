// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { crc32 } from "node:zlib";
import { ParasyncError } from "../errors.ts";
import { DeltaEncoder } from "./encoder.ts";
import { addTotals, noTotals } from "./format.ts";
import {
  editScript,
  encodeScript,
  joined,
  memoryApplier,
  seededBytes,
  seededNumbers,
  shuffled,
  SOME_DIGEST,
  writeEdits,
} from "./test_scripts.ts";

Deno.test("applying a decoded delta gives the new file, whatever the order of its commands", () => {
  const next = seededNumbers(1);
  for (let round = 0; round < 300; round++) {
    const script = editScript(next, next(40), 1 + next(round % 10 === 0 ? 200_000 : 2_000));
    const { edits } = script;
    const pieces = encodeScript({ ...script, edits: round % 2 ? edits : shuffled(next, edits) });
    const { decoder, applied } = memoryApplier(script.basis, script.result.length);
    for (const piece of pieces) decoder.push(piece);
    decoder.finish();
    assertEquals(applied.target, script.result);
    const end = applied.ends[0]!;
    assert(end.last);
    assertEquals(end.digest, SOME_DIGEST);
    assertEquals(end.totals, decoder.totals);
  }
});

Deno.test("one patch may come as several streams at once", () => {
  const next = seededNumbers(2);
  for (let round = 0; round < 50; round++) {
    const { basis, edits, result } = editScript(next, 30, 3_000);
    const sizes = { oldSize: basis.length, newSize: result.length };
    const totals = noTotals();
    const streams: Uint8Array[] = [];
    const streamCount = 1 + next(4);
    for (let stream = 0; stream < streamCount; stream++) {
      const pieces: Uint8Array[] = [];
      const encoder = new DeltaEncoder(sizes, (piece) => pieces.push(piece));
      writeEdits(encoder, edits.filter((_, i) => i % streamCount === stream));
      addTotals(totals, encoder.totals);
      if (stream === streamCount - 1) encoder.end(SOME_DIGEST, totals);
      else encoder.part();
      streams.push(joined(pieces));
    }
    const into = memoryApplier(basis, result.length).applied;
    const sum = noTotals();
    for (const stream of shuffled(next, streams)) {
      const { decoder } = memoryApplier(basis, result.length, into);
      decoder.push(stream);
      decoder.finish();
      addTotals(sum, decoder.totals);
    }
    assertEquals(into.target, result);
    assertEquals(into.ends.filter((end) => end.last).map((end) => end.totals), [sum]);
  }
});

Deno.test("copies and zeros that continue each other become one command", () => {
  const pieces: Uint8Array[] = [];
  const encoder = new DeltaEncoder({ oldSize: 100, newSize: 60 }, (piece) => pieces.push(piece));
  encoder.copy(50, 0, 10);
  encoder.copy(60, 10, 10);
  encoder.copy(60, 20, 10); // the target goes on, the basis does not
  encoder.zero(30, 10);
  encoder.zero(40, 10);
  encoder.literal(50, new Uint8Array(10));
  encoder.end(SOME_DIGEST);
  assertEquals(encoder.totals, {
    copies: 2,
    literals: 1,
    zeros: 1,
    copiedBytes: 30,
    literalBytes: 10,
    zeroBytes: 20,
  });
  assertEquals(joined(pieces).length, 32 + 2 * 24 + 16 + 16 + 10 + 88);
});

Deno.test("many small commands leave in few pieces", () => {
  const pieces: Uint8Array[] = [];
  const count = 20_000;
  const encoder = new DeltaEncoder(
    { oldSize: 2 * count, newSize: 9 * count },
    (piece) => pieces.push(piece),
  );
  for (let i = 0; i < count; i++) {
    encoder.copy(i * 2, i * 9, 1);
    encoder.literal(i * 9 + 1, new Uint8Array(8));
  }
  encoder.end(SOME_DIGEST);
  const bytes = joined(pieces).length;
  assertEquals(bytes, 32 + count * (24 + 16 + 8) + 88);
  assert(pieces.length <= Math.ceil(bytes / (127 * 1024)), `${pieces.length} pieces`);
});

Deno.test("long literals leave without being copied, in commands of 1 MiB at most", () => {
  const data = seededBytes(seededNumbers(3), 2_500_000);
  const pieces: Uint8Array[] = [];
  const encoder = new DeltaEncoder({ oldSize: 0, newSize: data.length }, (p) => pieces.push(p));
  encoder.literal(0, data);
  encoder.end(SOME_DIGEST);
  const large = pieces.filter((piece) => piece.length > 1000);
  assertEquals(large.map((piece) => piece.length), [2 ** 20, 2 ** 20, 2_500_000 - 2 ** 21]);
  for (const piece of large) assertStrictEquals(piece.buffer, data.buffer);
  const { decoder, applied } = memoryApplier(new Uint8Array(0), data.length);
  decoder.push(joined(pieces));
  decoder.finish();
  assertEquals(applied.target, data);
});

Deno.test("commands stay whole wherever a piece ends", () => {
  const data = new Uint8Array(70_000).fill(5);
  for (let filler = 131_072 - 32 - 16 - 40; filler <= 131_072 - 32 - 16; filler++) {
    const first = Math.floor(filler / 3);
    const rest = [first, first, filler - 2 * first - 32];
    for (const edit of ["copy", "zero", "long literal", "small literal"]) {
      const pieces: Uint8Array[] = [];
      const newSize = rest[0]! + rest[1]! + rest[2]! + data.length;
      const encoder = new DeltaEncoder({ oldSize: 70_000, newSize }, (p) => pieces.push(p));
      let target = 0;
      for (const length of rest) {
        encoder.literal(target, data.subarray(0, length));
        target += length;
      }
      if (edit === "copy") encoder.copy(0, target, data.length);
      else if (edit === "zero") encoder.zero(target, data.length);
      else if (edit === "long literal") encoder.literal(target, data);
      else {for (let i = 0; i < 7; i++) {
          encoder.literal(target + i * 10_000, data.subarray(0, 10_000));
        }}
      encoder.end(SOME_DIGEST);
      const { decoder, applied } = memoryApplier(data, newSize);
      decoder.push(joined(pieces));
      decoder.finish();
      const expected = new Uint8Array(newSize).fill(5);
      if (edit === "zero") expected.fill(0, target);
      assert(crc32(applied.target) === crc32(expected), `${edit} after ${filler} bytes`);
    }
  }
});

Deno.test("what has been emitted is not written again", () => {
  const emitted: { piece: Uint8Array; copy: Uint8Array }[] = [];
  const encoder = new DeltaEncoder({ oldSize: 1, newSize: 2 ** 40 }, (piece) => {
    emitted.push({ piece, copy: piece.slice() });
  });
  for (let i = 0; i < 30_000; i++) {
    encoder.copy(0, i * 3, 1);
    if (i % 1000 === 0) encoder.flush();
  }
  encoder.part();
  for (const { piece, copy } of emitted) assertEquals(piece, copy);
});

Deno.test("a delta whose commands do not make the new file cannot be ended", () => {
  const encoder = new DeltaEncoder({ oldSize: 0, newSize: 10 }, () => {});
  encoder.zero(0, 9);
  assertThrows(() => encoder.end(SOME_DIGEST), ParasyncError, "make 9 bytes");
  assertThrows(() => encoder.end(new Uint8Array(31)), ParasyncError, "digest has 31 bytes");
});

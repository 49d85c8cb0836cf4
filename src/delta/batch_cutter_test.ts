// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { BatchCutter, type SegmentBatch } from "./batch_cutter.ts";
import { LITERAL, ZEROS } from "./range_queue.ts";
import { editScript } from "./test_scripts.ts";

/** What a batch makes. */
function built({ sources, lengths, literals }: SegmentBatch, basis: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  let taken = 0;
  for (let i = 0; i < lengths.length; i++) {
    const [source, length] = [sources[i]!, lengths[i]!];
    if (source === LITERAL) pieces.push(literals.subarray(taken, taken += length));
    else if (source === ZEROS) pieces.push(new Uint8Array(length));
    else pieces.push(basis.subarray(source, source + length));
  }
  assertEquals(taken, literals.length);
  return concatenated(...pieces);
}

Deno.test("batches follow each other to the end, and end at segment edges alone", () => {
  const next = numbers(231);
  for (let round = 0; round < 20; round++) {
    const { basis, edits, result } = editScript(next, 1 + next(40), 1 + next(200_000));
    const cutter = new BatchCutter(result.length);
    const batches: SegmentBatch[] = [];
    const drain = (): void => {
      while (cutter.fill()) batches.push(cutter.take());
      assert(cutter.empty);
    };
    for (const edit of edits) {
      if (edit.kind === "copy") cutter.push(edit.source, edit.target, edit.length);
      else if (edit.kind === "zero") cutter.push(ZEROS, edit.target, edit.length);
      else {
        // A literal comes in parts, in memory that is used again once it has been taken up.
        const half = next(edit.data.length);
        if (half > 0) cutter.pushLiteral(edit.target, edit.data.slice(0, half));
        if (next(2) === 0) drain();
        const rest = edit.data.slice(half);
        cutter.pushLiteral(edit.target + half, rest);
        if (next(2) === 0) {
          drain();
          rest.fill(0xaa);
        }
      }
      if (next(3) === 0) drain();
    }
    drain();
    let at = 0;
    for (const batch of batches) {
      assertEquals([batch.target, batch.target % SEGMENT_BYTES], [at, 0]);
      at += batch.length;
      assert(at === result.length || batch.length === SEGMENT_BYTES, "a batch ends early");
      assertEquals(built(batch, basis), result.subarray(batch.target, at));
    }
    assertEquals(at, result.length);
  }
});

Deno.test("what continues a range is one with it, wherever the stream was cut", () => {
  const cutter = new BatchCutter(100);
  for (const [source, target] of [[500, 0], [510, 10], [ZEROS, 20], [ZEROS, 30], [7, 40]]) {
    cutter.push(source!, target!, 10);
    cutter.fill();
  }
  cutter.pushLiteral(50, new Uint8Array(20).fill(1));
  cutter.fill();
  cutter.pushLiteral(70, new Uint8Array(30).fill(2));
  assert(cutter.fill());
  const { sources, lengths, literals } = cutter.take();
  assertEquals(sources, Float64Array.of(500, ZEROS, 7, LITERAL));
  assertEquals(lengths, Uint32Array.of(20, 20, 10, 50));
  assertEquals(literals.length, 50);
});

Deno.test("a segment of very many ranges comes in several batches", () => {
  const cutter = new BatchCutter(SEGMENT_BYTES);
  const bytes = randomBytes(numbers(232), SEGMENT_BYTES);
  for (let at = 0; at < SEGMENT_BYTES; at += 128) {
    cutter.pushLiteral(at, bytes.subarray(at, at + 64));
    cutter.push(2 * at, at + 64, 64);
  }
  let at = 0;
  for (; cutter.fill(); at += 1024 * 64) {
    const batch = cutter.take();
    assertEquals([batch.target, batch.length, batch.lengths.length], [at, 1024 * 64, 1024]);
    assertEquals(batch.literals.subarray(0, 64), bytes.subarray(at, at + 64));
    cutter.recycle(batch.literals);
  }
  assertEquals(at, SEGMENT_BYTES);
});

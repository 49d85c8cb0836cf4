// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import fs from "node:fs";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { createScanKernel } from "../chunking/kernel/scan_kernel.ts";
import { ParasyncError } from "../errors.ts";
import { openForApply } from "../files/apply_file.ts";
import type { OpenFile } from "../files/open_file.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { newTurn, WriteTurn } from "../files/write_turn.ts";
import { openBackend } from "../hashing/select.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { strongHex, toHex } from "../hashing/test_backends.ts";
import { LITERAL, ZEROS } from "./range_queue.ts";
import { type AppendBatch, type Appended, buildSegment } from "./segment_builder.ts";

const { backend } = await openBackend("0");
const kernel = createScanKernel(2 * SEGMENT_BYTES);
const turn = new WriteTurn(newTurn());
const next = numbers(241);
const OLD = randomBytes(next, 2 * SEGMENT_BYTES);

function batchOf(
  target: number,
  ranges: readonly (readonly [number, number])[],
  literals = new Uint8Array(0),
  fresh = true,
): AppendBatch {
  return {
    target,
    length: ranges.reduce((sum, [, length]) => sum + length, 0),
    sources: Float64Array.from(ranges, ([source]) => source),
    lengths: Uint32Array.from(ranges, ([, length]) => length),
    literals,
    fresh,
  };
}

function build(basis: OpenFile | null, target: OpenFile, batch: AppendBatch): Appended {
  return buildSegment(kernel, backend, basis, target, turn, batch);
}

Deno.test("copies, literals and zeros become a segment in one go, hashed if it is whole", () => {
  using folder = new TestFolder();
  using basis = openPinned(folder.write("old", OLD));
  const path = folder.write("target", new Uint8Array(SEGMENT_BYTES + 1000));
  using target = openForApply(path);
  const literals = randomBytes(next, 5000);
  // What an earlier job left in the window must not show through zeros.
  kernel.memory.fill(0x55, kernel.dataOffset);
  const whole = build(
    basis,
    target,
    batchOf(0, [[LITERAL, 2000], [77, 300_000], [ZEROS, 200_000], [LITERAL, 3000], [
      5,
      SEGMENT_BYTES - 505_000,
    ]], literals),
  );
  const expected = concatenated(
    literals.subarray(0, 2000),
    OLD.subarray(77, 300_077),
    new Uint8Array(200_000),
    literals.subarray(2000),
    OLD.subarray(5, SEGMENT_BYTES - 505_000 + 5),
    new Uint8Array(1000),
  );
  assert(fs.readFileSync(path).equals(expected));
  assertEquals(toHex(whole.digest!), strongHex(backend, expected, 0, SEGMENT_BYTES));
  assertEquals(whole.literals, literals);
  const part = build(basis, target, batchOf(SEGMENT_BYTES, [[9, 999]]));
  assertEquals(part.digest, null);
  const last = build(basis, target, batchOf(SEGMENT_BYTES, [[9, 1000]]));
  assertEquals(toHex(last.digest!), strongHex(backend, OLD, 9, 1009));
});

Deno.test({
  name: "zeros stay holes, whatever makes them (skipped where files are not counted in blocks)",
  ignore: Deno.build.os !== "linux",
  fn: zerosStayHoles,
});

function zerosStayHoles(): void {
  using folder = new TestFolder();
  using basis = openPinned(folder.write("old", new Uint8Array(SEGMENT_BYTES)));
  const path = folder.write("target", "");
  fs.truncateSync(path, 4 * SEGMENT_BYTES);
  using target = openForApply(path);
  const zeros = new Uint8Array(SEGMENT_BYTES);
  build(basis, target, batchOf(0, [[ZEROS, SEGMENT_BYTES]]));
  build(basis, target, batchOf(SEGMENT_BYTES, [[0, SEGMENT_BYTES]]));
  build(basis, target, batchOf(2 * SEGMENT_BYTES, [[LITERAL, SEGMENT_BYTES]], zeros));
  assertEquals(fs.statSync(path).blocks, 0);
  // One byte in the middle of a segment takes one write.
  const one = zeros.slice();
  one[SEGMENT_BYTES / 2] = 1;
  build(basis, target, batchOf(3 * SEGMENT_BYTES, [[LITERAL, SEGMENT_BYTES]], one));
  assert(fs.statSync(path).blocks * 512 <= 2 * 65536);
  assertEquals(fs.readFileSync(path)[3.5 * SEGMENT_BYTES], 1);
}

Deno.test("where the target is not fresh, zeros are written like everything else", () => {
  using folder = new TestFolder();
  const path = folder.write("target", new Uint8Array(SEGMENT_BYTES).fill(0x77));
  using target = openForApply(path);
  const zeros = new Uint8Array(SEGMENT_BYTES);
  build(null, target, batchOf(0, [[LITERAL, SEGMENT_BYTES]], zeros, false));
  assert(fs.readFileSync(path).equals(zeros));
});

Deno.test("a basis that is missing or became shorter is noticed before anything is written", () => {
  using folder = new TestFolder();
  const path = folder.write("old", OLD);
  using basis = openPinned(path);
  using target = openForApply(folder.write("target", new Uint8Array(2000)));
  fs.truncateSync(path, 600);
  const literals = new Uint8Array(1000).fill(1);
  const batch = batchOf(0, [[LITERAL, 1000], [0, 1000]], literals);
  for (const [from, code] of [[basis, "changed"], [null, "bad_request"]] as const) {
    const error = assertThrows(() => build(from, target, batch), ParasyncError);
    assertEquals(error.code, code);
  }
  assert(fs.readFileSync(folder.join("target")).every((byte) => byte === 0));
});

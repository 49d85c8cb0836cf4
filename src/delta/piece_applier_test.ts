// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import fs from "node:fs";
import { concatenated, numbers, randomBytes, shuffled } from "../../tests/fixtures/seeded.ts";
import { createScanKernel } from "../chunking/kernel/scan_kernel.ts";
import { ParasyncError } from "../errors.ts";
import { openForApply } from "../files/apply_file.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { newTurn, WriteTurn } from "../files/write_turn.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { openBackend } from "../hashing/select.ts";
import { strongHex, toHex } from "../hashing/test_backends.ts";
import { applyPieces, type CopyPieces, hashSegments } from "./piece_applier.ts";
import { PieceCutter } from "./piece_cutter.ts";

const { backend } = await openBackend("0");
const kernel = createScanKernel(2 * SEGMENT_BYTES);
const turn = new WriteTurn(newTurn());

function piecesOf(list: readonly (readonly [number, number, number])[]): CopyPieces {
  return {
    sources: Float64Array.from(list, ([source]) => source),
    targets: Float64Array.from(list, ([, target]) => target),
    lengths: Uint32Array.from(list, ([, , length]) => length),
  };
}

Deno.test("pieces in any order make the target, and whole segments are hashed on the way", () => {
  using folder = new TestFolder();
  const next = numbers(181);
  const old = randomBytes(next, 3 * SEGMENT_BYTES);
  old.fill(0, 2 * SEGMENT_BYTES);
  // Pieces that begin or end with zeros are not all zeros.
  old.fill(0, 500_000, 500_010);
  old.fill(0, 9250, 9300);
  using basis = openPinned(folder.write("old", old));
  // The middle of the basis, a whole segment of zeros, and two parts of the last segment.
  const copies = [
    [500_000, 0, SEGMENT_BYTES],
    [2 * SEGMENT_BYTES, SEGMENT_BYTES, SEGMENT_BYTES],
    [3, 2 * SEGMENT_BYTES, 700],
    [9000, 2 * SEGMENT_BYTES + 700, 300],
  ] as const;
  const expected = concatenated(
    ...copies.map(([source, , length]) => old.subarray(source, source + length)),
  );
  for (let round = 0; round < 4; round++) {
    const path = folder.write("target", "");
    fs.truncateSync(path, expected.length);
    using target = openForApply(path);
    const applied = applyPieces(
      kernel,
      backend,
      basis,
      target,
      turn,
      piecesOf(shuffled(next, copies)),
    );
    assert(fs.readFileSync(path).equals(expected));
    assertEquals(applied.segments.toSorted(), Float64Array.of(0, 1));
    const verified = hashSegments(kernel, backend, target, Float64Array.of(2, ...applied.segments));
    assertEquals(verified.digests.slice(32), applied.digests);
    const last = strongHex(backend, expected, 2 * SEGMENT_BYTES, expected.length);
    assertEquals(toHex(verified.digests.subarray(0, 32)), last);
  }
});

Deno.test("a short last segment that is copied whole is hashed on the way as well", () => {
  using folder = new TestFolder();
  const old = randomBytes(numbers(182), 1000);
  using basis = openPinned(folder.write("old", old));
  using target = openForApply(folder.write("target", new Uint8Array(999)));
  const applied = applyPieces(kernel, backend, basis, target, turn, piecesOf([[1, 0, 999]]));
  assertEquals(applied.segments, Float64Array.of(0));
  assertEquals(toHex(applied.digests), strongHex(backend, old, 1, 1000));
});

Deno.test({
  name: "zeros stay holes (skipped where files are not counted in blocks)",
  ignore: Deno.build.os !== "linux",
  fn: zerosStayHoles,
});

function zerosStayHoles(): void {
  using folder = new TestFolder();
  using basis = openPinned(folder.write("old", new Uint8Array(4 * SEGMENT_BYTES)));
  const path = folder.write("target", "");
  fs.truncateSync(path, 4 * SEGMENT_BYTES);
  using target = openForApply(path);
  const cutter = new PieceCutter();
  cutter.push(0, 0, 4 * SEGMENT_BYTES);
  while (!cutter.empty) applyPieces(kernel, backend, basis, target, turn, cutter.next());
  assert(fs.statSync(path).blocks * 512 < SEGMENT_BYTES, "blocks were allocated for zeros");
}

Deno.test("a basis that became shorter is noticed before anything wrong is written", () => {
  using folder = new TestFolder();
  const path = folder.write("old", new Uint8Array(1000).fill(1));
  using basis = openPinned(path);
  using target = openForApply(folder.write("target", new Uint8Array(1000)));
  fs.truncateSync(path, 600);
  const error = assertThrows(
    () => applyPieces(kernel, backend, basis, target, turn, piecesOf([[0, 0, 1000]])),
    ParasyncError,
  );
  assertEquals(error.code, "changed");
  assert(fs.readFileSync(folder.join("target")).every((byte) => byte === 0));
});

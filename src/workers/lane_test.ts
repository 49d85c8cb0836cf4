// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import fs from "node:fs";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { referenceOf } from "../../tests/fixtures/test_lanes.ts";
import { ParasyncError } from "../errors.ts";
import { TestFolder } from "../files/test_folder.ts";
import { newTurn } from "../files/write_turn.ts";
import { openBackend } from "../hashing/select.ts";
import { strongHex, toHex } from "../hashing/test_backends.ts";
import type { FileReference } from "./jobs.ts";
import { Lane } from "./lane.ts";

const MIB = 1 << 20;

async function withLane(check: (lane: Lane) => void | Promise<void>): Promise<void> {
  const lane = new Lane();
  await lane.prepare({ kind: "prepare", hw: "0" });
  try {
    await check(lane);
  } finally {
    lane.close();
  }
}

function strong(lane: Lane, file: FileReference, offsets: number[], lengths: number[]): string {
  const found = lane.run({
    kind: "strong",
    hw: "0",
    file,
    offsets: Float64Array.from(offsets),
    lengths: Uint32Array.from(lengths),
  });
  return found instanceof Uint8Array ? toHex(found) : "";
}

Deno.test("strong checksums come in the order asked, whether chunks follow each other or not", async () => {
  using folder = new TestFolder();
  const next = numbers(21);
  const bytes = randomBytes(next, 3 * MIB);
  const file = referenceOf(folder.write("file", bytes));
  const { backend } = await openBackend("0");
  await withLane((lane) => {
    for (let round = 0; round < 20; round++) {
      const offsets: number[] = [];
      const lengths: number[] = [];
      for (let at = 0; offsets.length < 40;) {
        // Runs of neighbours, some longer than the lane's window, with jumps in between and back.
        if (next(4) === 0) at = next(2 * MIB);
        const length = 1 + next(next(8) === 0 ? MIB : 20_000);
        if (at + length > bytes.length) at = 0;
        offsets.push(at);
        lengths.push(length);
        at += length;
      }
      const expected = offsets.map((at, i) => strongHex(backend, bytes, at, at + lengths[i]!));
      assertEquals(strong(lane, file, offsets, lengths), expected.join(""));
    }
    assertEquals(strong(lane, file, [MIB, 0], [MIB, MIB]).length, 128);
    assertEquals(strong(lane, file, [], []), "");
  });
});

Deno.test("a lane copies a basis into a target and verifies what is there", async () => {
  using folder = new TestFolder();
  const bytes = randomBytes(numbers(22), 2 * MIB + 500);
  bytes.fill(0, 100, 5000);
  const basis = referenceOf(folder.write("basis", bytes));
  const path = folder.write("target", new Uint8Array(MIB + 300));
  const target = { ...referenceOf(path), turn: newTurn() };
  const { backend } = await openBackend("0");
  await withLane((lane) => {
    const applied = lane.run({
      kind: "apply",
      hw: "0",
      basis,
      target,
      sources: Float64Array.of(777, 0, 50),
      targets: Float64Array.of(0, MIB, MIB + 200),
      lengths: Uint32Array.of(MIB, 200, 100),
    });
    const expected = new Uint8Array(MIB + 300);
    expected.set(bytes.subarray(777, 777 + MIB));
    expected.set(bytes.subarray(0, 200), MIB);
    expected.set(bytes.subarray(50, 150), MIB + 200);
    assertEquals(fs.readFileSync(path).equals(expected), true);
    const whole = strongHex(backend, expected, 0, MIB);
    assertEquals(applied, { segments: Float64Array.of(0), digests: hexBytes(whole) });
    const verified = lane.run({
      kind: "verify",
      hw: "0",
      target,
      segments: Float64Array.of(1, 0),
    });
    const tail = strongHex(backend, expected, MIB, expected.length);
    assertEquals(verified, {
      segments: Float64Array.of(1, 0),
      digests: hexBytes(tail + whole),
    });
  });
});

Deno.test("a released file is opened anew, and must still be the one that was meant", async () => {
  using folder = new TestFolder();
  const path = folder.write("file", "one content");
  const file = referenceOf(path);
  await withLane((lane) => {
    const before = strong(lane, file, [0], [11]);
    fs.rmSync(path);
    folder.write("file", "another one, and longer");
    assertEquals(strong(lane, file, [0], [11]), before, "the descriptor is still the old file's");
    lane.run({ kind: "release", files: [file] });
    const error = assertThrows(() => strong(lane, file, [0], [11]), ParasyncError);
    assertEquals(error.code, "changed");
    lane.run({ kind: "release", files: [file] });
  });
});

Deno.test("a backend that was not prepared is a mistake of ours, and said to be", () => {
  const lane = new Lane();
  const identity = { dev: "1", ino: "1", size: 1, mtimeNs: "1" };
  assertThrows(
    () => strong(lane, { path: "/", name: "/", identity, size: 1, turn: null }, [0], [1]),
    Error,
    "was not prepared",
  );
});

function hexBytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { joined, randomPieces, seededBytes, seededNumbers } from "../delta/test_scripts.ts";
import { ParasyncError } from "../errors.ts";
import { encodeFrame, FrameReader, readFrames } from "./framing.ts";

async function* streamOf(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

Deno.test("frames come back however their stream is cut", async () => {
  const next = seededNumbers(31);
  for (let round = 0; round < 100; round++) {
    const frames = Array.from(
      { length: next(20) },
      () => seededBytes(next, next(5) === 0 ? 0 : next(500)),
    );
    const stream = joined(frames.map(encodeFrame));
    const pieces = round % 4 === 0
      ? [...stream].map((byte) => Uint8Array.of(byte))
      : randomPieces(next, stream, 1 + next(round % 4 === 1 ? 5000 : 50));
    const read: Uint8Array[] = [];
    for await (const frame of readFrames(streamOf(pieces))) read.push(frame);
    assertEquals(read, frames);
  }
});

Deno.test("a frame that lies in one piece is not copied", () => {
  const stream = joined([encodeFrame(Uint8Array.of(1, 2)), encodeFrame(Uint8Array.of(3))]);
  const [first, second] = [...new FrameReader().push(stream)];
  assert(first?.buffer === stream.buffer && second?.buffer === stream.buffer);
});

Deno.test("a stream that ends inside a frame is refused, wherever it ends", async () => {
  const stream = joined([encodeFrame(new Uint8Array(9)), encodeFrame(new Uint8Array(0))]);
  for (let length = 0; length <= stream.length; length++) {
    const read = async () => {
      let frames = 0;
      for await (const _ of readFrames(streamOf([stream.subarray(0, length)]))) frames += 1;
      return frames;
    };
    if (length === 0 || length === 13 || length === 17) {
      assertEquals(await read(), [0, 1, 2][[0, 13, 17].indexOf(length)]);
    } else {
      const error = await assertRejects(read, ParasyncError, "ends inside");
      assertEquals(error.code, "stream");
    }
  }
});

Deno.test("a frame longer than accepted is refused before any of it is read", () => {
  const head = (length: number) => encodeFrame(new Uint8Array(0)).map((_, i) => length >> (8 * i));
  const reader = new FrameReader(1000);
  assertEquals([...reader.push(head(1000))], []);
  for (const length of [1001, -1]) {
    const error = assertThrows(
      () => [...new FrameReader(1000).push(head(length))],
      ParasyncError,
      "at most 1000 bytes",
    );
    assertEquals(error.code, "bad_request");
  }
});

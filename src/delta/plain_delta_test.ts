// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import zlib from "node:zlib";
import { type FailureCode, ParasyncError } from "../errors.ts";
import { batchHead } from "./batch.ts";
import { availableCodings, CODING_FLAGS } from "./coding.ts";
import type { DeltaExpectations, DeltaSink } from "./decoder.ts";
import { HEADER_BYTES, putHeader } from "./format.ts";
import { plainDelta } from "./plain_delta.ts";
import {
  editScript,
  joined,
  lent,
  randomPieces,
  readBody,
  seededBytes,
  seededNumbers,
  SOME_DIGEST,
  writeEdits,
  writtenBody,
} from "./test_scripts.ts";

const IGNORE: DeltaSink = { copy() {}, literal() {}, zero() {}, end() {} };
const MIB = 1 << 20;

function header(flags: number, oldSize: number, newSize: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES);
  putHeader(new DataView(bytes.buffer), 0, 2, flags, { oldSize, newSize });
  return bytes;
}

async function assertRefused(
  code: FailureCode,
  reason: string,
  bytes: Uint8Array,
  expected: DeltaExpectations,
): Promise<void> {
  for (const longest of [bytes.length, 10]) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += longest) {
      pieces.push(bytes.subarray(at, at + longest));
    }
    const error = await assertRejects(
      () => readBody(pieces, expected, IGNORE),
      ParasyncError,
      reason,
    );
    assertEquals(error.code, code);
  }
}

Deno.test("what is not compressed passes as it is, in the pieces it comes in", async () => {
  for (const flags of [0, 3, 0x8001]) {
    const pieces = [joined([header(flags, 5, 6), Uint8Array.of(1, 2, 3)]), new Uint8Array(9)];
    const passed: Uint8Array[] = [];
    const expected = { oldSize: 5, newSize: 6, maxCommands: 1 };
    for await (const piece of plainDelta(lent(pieces), expected)) passed.push(piece.slice());
    assertEquals(joined(passed), joined(pieces));
    assertEquals(passed.at(-1)!.length, 9);
  }
});

Deno.test("a coding that is not known, or not here, is refused", async () => {
  const expected = { oldSize: 0, newSize: 10, maxCommands: 9 };
  for (const flags of [3, 4, 0x100, 0x8002]) {
    await assertRefused("bad_request", "flags", header(flags, 0, 10), expected);
  }
  if (availableCodings().includes("zstd")) return;
  await assertRefused("bad_request", "no zstd", header(2, 0, 10), expected);
});

for (const coding of availableCodings()) {
  const next = seededNumbers(51);
  const script = editScript(next, 30, 300);
  const sizes = { oldSize: script.basis.length, newSize: script.result.length };
  const expected = { ...sizes, maxCommands: 100 };
  const valid = await writtenBody(sizes, { version: 2, coding, level: 3 }, (encoder) => {
    script.edits.forEach((edit, i) => {
      writeEdits(encoder, [edit]);
      if (i % 9 === 0) encoder.flush();
    });
    encoder.end(SOME_DIGEST);
  });

  /** What a stream is compressed to that lets go of everything now and then, and once in the end. */
  const flushed = async (...parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>[]> => {
    const { constants } = zlib;
    const stream = coding === "zstd" ? zlib.createZstdCompress() : zlib.createDeflateRaw();
    const out: Uint8Array[][] = [];
    stream.on("data", (bytes: Uint8Array) => out.at(-1)!.push(bytes));
    for (const part of parts) {
      out.push([]);
      await new Promise<unknown>((resolve) => stream.write(part, resolve));
      const kind = coding === "zstd" ? constants.ZSTD_e_flush : constants.Z_SYNC_FLUSH;
      await new Promise<void>((resolve) => stream.flush(kind, resolve));
      while (stream.read() !== null);
    }
    stream.destroy();
    return out.map((pieces) => joined(pieces));
  };

  /** A delta of one compressed batch, whose head may lie. */
  const crafted = (
    newSize: number,
    c: number,
    l: number,
    coded: Uint8Array,
  ): Uint8Array =>
    joined([header(CODING_FLAGS[coding], 0, newSize), batchHead(c, l, coded.length), coded]);

  Deno.test(`${coding}: a stream that stops early is refused, wherever it stops`, async () => {
    await readBody([valid], expected, IGNORE);
    for (let length = 0; length < valid.length; length += length < 300 ? 1 : 7) {
      await assertRefused("stream", "over", valid.subarray(0, length), expected);
    }
    await assertRefused("stream", "over", valid.subarray(0, valid.length - 1), expected);
  });

  Deno.test(`${coding}: bytes after the end are refused`, async () => {
    for (const more of [[0], [1], [1, 0], [1, 0, 0, 7], [0x80]]) {
      const bytes = joined([valid, Uint8Array.from(more)]);
      const error = await assertRejects(() => readBody([bytes], expected, IGNORE), ParasyncError);
      assertEquals(error.code, "bad_request");
      await assertRejects(
        () => readBody([valid, Uint8Array.from(more)], expected, IGNORE),
        ParasyncError,
      );
    }
  });

  Deno.test(`${coding}: a batch that unpacks to more or less than it says is refused`, async () => {
    const [coded] = await flushed(seededBytes(seededNumbers(52), 3000));
    const known = { oldSize: 0, newSize: 10_000, maxCommands: 9 };
    for (
      const [l, bytes, reason] of [
        [2899, coded!, "more than it says"],
        [2901, coded!, "less than it says"],
        [2900, coded!.subarray(0, 1000), "less than it says"],
      ] as const
    ) {
      const stream = crafted(10_000, 100, l, bytes);
      const unpack = async () => {
        for await (const _ of plainDelta(lent([stream]), known));
      };
      const error = await assertRejects(unpack, ParasyncError, reason);
      assertEquals(error.code, "bad_request");
    }
  });

  Deno.test(`${coding}: a bomb is refused before it is unpacked`, async () => {
    const zeros = new Uint8Array(64 * MIB);
    const [bomb] = await flushed(zeros);
    assert(bomb!.length < MIB / 4);
    let unpacked = 0;
    const known = { oldSize: 0, newSize: 2 ** 40, maxCommands: 1e6 };
    const stream = crafted(2 ** 40, 100, MIB - 100, bomb!);
    await assertRejects(
      async () => {
        for await (const piece of plainDelta(lent([stream]), known)) {
          unpacked += piece.length;
        }
      },
      ParasyncError,
      "more than it says",
    );
    assert(unpacked <= MIB + 200, `${unpacked} bytes were unpacked`);
  });

  Deno.test(`${coding}: a delta that is longer than the session can mean is refused by its batches' heads`, async () => {
    const known = { oldSize: 0, newSize: 1000, maxCommands: 10 };
    const [first] = await flushed(new Uint8Array(MIB));
    const stream = crafted(1000, 1000, MIB - 1000, first!);
    const error = await assertRejects(
      () => readBody([stream], known, IGNORE),
      ParasyncError,
      "than it can mean",
    );
    assertEquals(error.code, "bad_request");
    // As many copies of nothing new as fit.
    const part = new Uint8Array(1000).fill(1);
    const parts = await flushed(part, part, part);
    const many = joined([
      header(CODING_FLAGS[coding], 0, 1000),
      ...parts.flatMap((coded) => [batchHead(500, 500, coded.length), coded]),
    ]);
    const unpack = async () => {
      for await (const _ of plainDelta(lent([many]), known));
    };
    await assertRejects(unpack, ParasyncError, "than it can mean");
  });

  Deno.test(`${coding}: damaged streams give only errors of our own`, async () => {
    let refused = 0;
    const rounds = 1500;
    const numbers = seededNumbers(53);
    for (let round = 0; round < rounds; round++) {
      const bytes = round % 10 === 0
        ? joined([valid.subarray(0, 32 + numbers(200)), seededBytes(numbers, numbers(400))])
        : valid.slice(0, numbers(8) === 0 ? numbers(valid.length) : valid.length);
      for (let i = numbers(4); i >= 0 && round % 10 !== 0; i--) {
        const at = 32 + numbers(bytes.length);
        if (at < bytes.length) {
          bytes[at] = numbers(2) === 0 ? numbers(256) : bytes[at]! ^ (1 << numbers(8));
        }
      }
      try {
        await readBody(randomPieces(numbers, bytes, 1000), expected, IGNORE);
      } catch (error) {
        if (!(error instanceof ParasyncError)) throw error;
        assert(["bad_request", "stream", "too_large"].includes(error.code), error.code);
        refused += 1;
      }
    }
    assert(refused > rounds / 4, `${refused} refused`);
  });

  Deno.test(`${coding}: whoever stops reading ends the unpacking, and the stream before it`, async () => {
    let ended = false;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* lent([valid.subarray(0, 100), valid.subarray(100)]);
      } finally {
        ended = true;
      }
    };
    for await (const _ of plainDelta(source(), expected)) break;
    assert(ended);
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield* lent([valid.subarray(0, 100)]);
      throw new TypeError("the line is down");
    };
    await assertRejects(
      async () => {
        for await (const _ of plainDelta(failing(), expected));
      },
      TypeError,
      "is down",
    );
  });
}

Deno.test({
  name: "zstd: a frame that asks for more memory than 8 MiB is refused",
  ignore: !availableCodings().includes("zstd"),
  fn: async () => {
    for (const [window, refused] of [[23, false], [24, true], [30, true]] as const) {
      // Magic, a descriptor without content size, the window, and a last block of five raw bytes.
      const frame = Uint8Array.of(
        ...[0x28, 0xb5, 0x2f, 0xfd, 0, (window - 10) << 3],
        ...[5 << 3 | 1, 0, 0, 1, 2, 3, 4, 5],
      );
      const stream = joined([
        header(CODING_FLAGS.zstd, 0, 9),
        batchHead(5, 0, frame.length),
        frame,
      ]);
      let unpacked = 0;
      const unpack = async () => {
        const known = { oldSize: 0, newSize: 9, maxCommands: 9 };
        for await (const piece of plainDelta(lent([stream]), known)) unpacked += piece.length;
      };
      if (refused) await assertRejects(unpack, ParasyncError, "damaged");
      else await unpack();
      assertEquals(unpacked, HEADER_BYTES + 2 + (refused ? 0 : 5));
    }
  },
});

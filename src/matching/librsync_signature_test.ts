// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { type FailureCode, ParasyncError } from "../errors.ts";
import {
  encodeSignatureBlocks,
  encodeSignatureHeader,
  SIGNATURE_HEADER_BYTES,
  SignatureDecoder,
  type SignatureHeader,
} from "./librsync_signature.ts";

const HEADER: SignatureHeader = { rolling: "rollsum", hash: "md4", block: 2048, strongBytes: 8 };

function header(magic: number, block: number, strongBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIGNATURE_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  [magic, block, strongBytes].forEach((value, i) => view.setUint32(4 * i, value));
  return bytes;
}

function decode(...pieces: readonly Uint8Array[]): ReturnType<SignatureDecoder["finish"]> {
  const decoder = new SignatureDecoder("s");
  for (const piece of pieces) decoder.push(piece);
  return decoder.finish();
}

function assertRefused(code: FailureCode, reason: string, ...pieces: Uint8Array[]): void {
  const error = assertThrows(() => decode(...pieces), ParasyncError);
  assertEquals([error.code, error.message], [code, `Cannot read s: ${reason}`]);
}

Deno.test("the magic number says which checksums; block and sum follow, all big-endian", () => {
  const magics = [
    [0x72730136, "rollsum", "md4"],
    [0x72730137, "rollsum", "blake2b"],
    [0x72730146, "rabinkarp", "md4"],
    [0x72730147, "rabinkarp", "blake2b"],
  ] as const;
  for (const [magic, rolling, hash] of magics) {
    const meant = { rolling, hash, block: 0x12345, strongBytes: 16 };
    assertEquals(encodeSignatureHeader(meant), header(magic, 0x12345, 16));
    assertEquals(decode(header(magic, 0x12345, 16)).header, meant);
  }
});

Deno.test("a block is its weak checksum and the front of its strong one", () => {
  const strong = Uint8Array.from({ length: 32 }, (_, i) => i);
  assertEquals(
    [...encodeSignatureBlocks(Uint32Array.of(0x01020304, 0xfffefdfc), strong, 16, 3)],
    [1, 2, 3, 4, 0, 1, 2, 0xff, 0xfe, 0xfd, 0xfc, 16, 17, 18],
  );
});

Deno.test("any way of cutting the signature gives the same columns", () => {
  const next = numbers(61);
  for (const strongBytes of [1, 7, 16]) {
    for (const count of [0, 1, 2, 1500]) {
      const weaks = Uint32Array.from({ length: count }, () => next(2 ** 32));
      const strong = randomBytes(next, count * 16);
      const kept = concatenated(
        ...Array.from(weaks, (_, i) => strong.subarray(i * 16, i * 16 + strongBytes)),
      );
      const bytes = concatenated(
        encodeSignatureHeader({ ...HEADER, strongBytes }),
        encodeSignatureBlocks(weaks, strong, 16, strongBytes),
      );
      for (const longest of [1, 13, 4000, bytes.length]) {
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += pieces.at(-1)!.length) {
          pieces.push(bytes.subarray(at, at + 1 + next(longest)));
        }
        const decoded = decode(...pieces);
        assertEquals(decoded.header, { ...HEADER, strongBytes });
        assertEquals([...decoded.weaks], [...weaks]);
        assertEquals([...decoded.strong], [...kept]);
      }
    }
  }
});

Deno.test("what is no signature, or none that can be searched by, is refused with the reason", () => {
  assertRefused("bad_request", "it is no signature of librsync", header(0x72730236, 2048, 8));
  assertRefused("bad_request", "it is no signature of librsync", new Uint8Array(100));
  const blocks = (bytes: number) =>
    `its blocks have ${bytes} bytes and at most 1048576 are possible`;
  assertRefused("bad_request", blocks(0), header(0x72730136, 0, 8));
  assertRefused("bad_request", blocks(1048577), header(0x72730136, 1048577, 8));
  assertRefused("bad_request", blocks(2 ** 32 - 1), header(0x72730136, 2 ** 32 - 1, 8));
  const sums = (bytes: number) => `its strong checksums have ${bytes} bytes`;
  assertRefused("bad_request", sums(0), header(0x72730136, 2048, 0));
  assertRefused("bad_request", sums(17), header(0x72730146, 2048, 17));
  assertRefused("bad_request", sums(33), header(0x72730137, 2048, 33));
  assertRefused("bad_request", sums(2 ** 32 - 1), header(0x72730137, 2048, 2 ** 32 - 1));
  decode(header(0x72730137, 1048576, 32));
});

Deno.test("a signature that is cut short is refused as that, but between two blocks none can tell", () => {
  const bytes = concatenated(
    encodeSignatureHeader(HEADER),
    encodeSignatureBlocks(Uint32Array.of(1, 2), new Uint8Array(32), 16, 8),
  );
  for (let length = 0; length < bytes.length; length++) {
    if (length >= 12 && (length - 12) % 12 === 0) decode(bytes.subarray(0, length));
    else assertRefused("stream", "the signature is cut short", bytes.subarray(0, length));
  }
});

Deno.test("a signature of more blocks than a session takes is refused before they are held", () => {
  const decoder = new SignatureDecoder("s");
  decoder.push(header(0x72730136, 512, 1));
  const piece = new Uint8Array(5 * 2 ** 20);
  for (let i = 0; i < 8; i++) decoder.push(piece);
  assertEquals(decoder.count, 8 * 2 ** 20);
  const error = assertThrows(() => decoder.push(new Uint8Array(5)), ParasyncError);
  assertEquals(
    [error.code, error.message],
    ["too_large", "Cannot read s: it has more than 8388608 blocks; use larger ones"],
  );
});

Deno.test("random bytes make the decoder throw its own error and no other", () => {
  const next = numbers(62);
  for (let round = 0; round < 2000; round++) {
    const head = header(0x72730136 + next(18), next(3) === 0 ? next(2 ** 32) : 2048, next(40));
    try {
      decode(next(4) === 0 ? randomBytes(next, next(40)) : head, randomBytes(next, next(200)));
    } catch (error) {
      if (!(error instanceof ParasyncError)) throw error;
    }
  }
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import type { HardwareChoice } from "./backend.ts";
import { openBackend } from "./select.ts";
import { type Checksums, DEFAULT_SUITE, openSuite, STRONG_LENGTHS, type Suite } from "./suite.ts";
import { NATIVE_AVAILABLE, toHex } from "./test_backends.ts";

// Stay open: Deno 2.4 takes a library that is first opened in a test, and not closed there, for a leak.
await openBackend("auto");

const CHOICES: readonly HardwareChoice[] = ["0", "1"];
const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);

// The catalogue's check value, those of RFC 3720 (B.4), and some that ISA-L gives.
const CRC32C_VECTORS: readonly (readonly [Uint8Array<ArrayBuffer>, number])[] = [
  [text(""), 0],
  [text("123456789"), 0xe3069283],
  [new Uint8Array(32), 0x8a9136aa],
  [new Uint8Array(32).fill(255), 0x62a8ab43],
  [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  [text("the quick brown fox"), 0x3355efd3],
  [new Uint8Array(4096), 0x98f94189],
  [new Uint8Array(8192), 0x90444623],
];

const LONG = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

// SHA: FIPS 180-2, appendices A and B. MD4: RFC 1320, A.5. BLAKE2b-256: what b2sum -l 256 prints.
const STRONG_VECTORS: readonly (readonly [Suite["strong"], string, string])[] = [
  ["sha1", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
  ["sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["sha1", LONG, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
  ["sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["sha256", LONG, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"],
  ["md4", "", "31d6cfe0d16ae931b73c59d7e0c089c0"],
  ["md4", "a", "bde52cb31de33e46245e05fbdbd6fb24"],
  ["md4", "abc", "a448017aaf21d8525fc10ae87aa6729d"],
  ["md4", "message digest", "d9130a8164549fe818874806e1c7014b"],
  ["md4", "abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"],
  ["blake2b", "", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"],
  ["blake2b", "abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"],
];

/** The strong checksum of a range, in hex. */
function strongHex(checksums: Checksums, memory: Uint8Array, begin: number, end: number): string {
  const out = new Uint8Array(checksums.strongBytes);
  checksums.strong(memory, begin, end, out, 0);
  return toHex(out);
}

for (const hw of CHOICES) {
  Deno.test(`hw=${hw}: crc32c gives the published values`, async () => {
    const { weak } = await openSuite({ weak: "crc32c", strong: "blake3" }, hw);
    for (const [bytes, expected] of CRC32C_VECTORS) {
      assertEquals(weak(bytes, 0, bytes.length), expected, `of ${bytes.length} bytes`);
    }
  });

  for (const [strong, input, expected] of STRONG_VECTORS) {
    Deno.test(`hw=${hw}: ${strong} of ${input.length} bytes is the published one`, async () => {
      const checksums = await openSuite({ weak: "crc32", strong }, hw);
      assertEquals(strongHex(checksums, text(input), 0, input.length), expected);
    });
  }

  Deno.test(`hw=${hw}: a strong checksum has its length and touches nothing beside it`, async () => {
    for (const [strong, length] of Object.entries(STRONG_LENGTHS)) {
      const checksums = await openSuite({ weak: "crc32", strong: strong as Suite["strong"] }, hw);
      assertEquals(checksums.strongBytes, length, strong);
      const out = new Uint8Array(100).fill(0xee);
      checksums.strong(text("abc"), 0, 3, out, 41);
      const before = out.subarray(0, 41), after = out.subarray(41 + length);
      assert([...before, ...after].every((byte) => byte === 0xee), strong);
      assert(out.subarray(41, 41 + length).some((byte) => byte !== 0xee), strong);
    }
  });

  Deno.test(`hw=${hw}: a range outside the memory is an error, not a read`, async () => {
    for (const strong of Object.keys(STRONG_LENGTHS) as Suite["strong"][]) {
      const checksums = await openSuite({ weak: "crc32c", strong }, hw);
      const [memory, out] = [new Uint8Array(100), new Uint8Array(32)];
      for (const [begin, end] of [[0, 101], [-1, 5], [50, 49], [NaN, 5]] as const) {
        assertThrows(() => checksums.weak(memory, begin, end), ParasyncError, "Cannot hash");
        assertThrows(
          () => checksums.strong(memory, begin, end, out, 0),
          ParasyncError,
          "Cannot hash",
        );
      }
    }
  });

  Deno.test(`hw=${hw}: the default suite is the backend itself`, async () => {
    const { backend } = await openBackend(hw);
    const { weak, strong, name, description } = await openSuite(DEFAULT_SUITE, hw);
    assertEquals([weak, strong], [backend.weak, backend.strong]);
    assertEquals([name, description], [backend.name, backend.description]);
  });
}

Deno.test({
  name: NATIVE_AVAILABLE
    ? "hw changes no value, whatever the lengths, the alignment and the memory"
    : "hw changes no value (skipped: no native libraries here)",
  ignore: !NATIVE_AVAILABLE,
  fn: async () => {
    const next = numbers(31);
    const content = randomBytes(next, 40_000);
    const wasm = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer);
    const shared = new Uint8Array(new SharedArrayBuffer(40_013)).subarray(13);
    for (const memory of [wasm, shared]) memory.set(content);
    for (const strong of Object.keys(STRONG_LENGTHS) as Suite["strong"][]) {
      for (const weak of ["crc32", "crc32c"] as const) {
        const portable = await openSuite({ weak, strong }, "0");
        const native = await openSuite({ weak, strong }, "require");
        for (let round = 0; round < 100; round++) {
          const begin = next(64);
          const end = begin + next(round % 3 === 0 ? 39_000 : 300);
          const about = `${weak} and ${strong} of [${begin}, ${end})`;
          const expected = strongHex(portable, content, begin, end);
          for (const memory of [content, wasm, shared]) {
            const sum = native.weak(memory, begin, end);
            assertEquals(sum, portable.weak(content, begin, end), about);
            assertEquals(strongHex(native, memory, begin, end), expected, about);
            assertEquals(strongHex(portable, memory, begin, end), expected, about);
          }
        }
      }
    }
  },
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { createBLAKE3 } from "hash-wasm";
import { STRONG_BYTES } from "./backend.ts";
import { Blake3Kernel } from "./blake3_kernel.ts";
import { SOURCE_DIGEST } from "./blake3_wasm.ts";
import { lendMemory, LENT_SCRATCH_BYTES } from "./lent_memory.ts";
import { seededBytes, seededIntegers, toHex } from "./test_backends.ts";

const KIB = 1024;
const MIB = KIB * KIB;
const PAGES = 96;

const kernel = Blake3Kernel.open()!;
const oracle = await createBLAKE3();
const bytes = seededBytes(5 * MIB, 7);

/** The same bytes in a memory that is lent, from `AT` on. */
const AT = 2 * LENT_SCRATCH_BYTES;
const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
const lent = new Uint8Array(memory.buffer);
lendMemory(memory, LENT_SCRATCH_BYTES);
lent.set(bytes, AT);

const digest = new Uint8Array(STRONG_BYTES);

function kernelOf(data: Uint8Array, begin: number, end: number): string {
  kernel.strong(data, begin, end, digest, 0);
  return toHex(digest);
}

function oracleOf(begin: number, end: number): string {
  return oracle.init().update(bytes.subarray(begin, end)).digest("hex");
}

Deno.test("the built kernel matches its source", () => {
  const source = fs.readFileSync(new URL("./blake3.as", import.meta.url));
  assertEquals(createHash("sha256").update(source).digest("hex"), SOURCE_DIGEST);
});

Deno.test("every length up to 5000 bytes hashes as by hash-wasm, where it lies and from elsewhere", () => {
  for (let length = 0; length <= 5000; length++) {
    const begin = length % 67;
    const expected = oracleOf(begin, begin + length);
    assertEquals(kernelOf(lent, AT + begin, AT + begin + length), expected, `${length} bytes`);
    assertEquals(
      kernelOf(bytes, begin, begin + length),
      expected,
      `${length} bytes from elsewhere`,
    );
  }
});

Deno.test("lengths around each count of chunks up to five subtrees hash as by hash-wasm", () => {
  for (let chunks = 5; chunks <= 321; chunks++) {
    for (const more of [-1, 0, 1, 64, 513]) {
      const length = chunks * KIB + more;
      assertEquals(kernelOf(lent, AT, AT + length), oracleOf(0, length), `${length} bytes`);
    }
  }
});

Deno.test("lengths around powers of two, up to megabytes, hash as by hash-wasm", () => {
  const next = seededIntegers(11);
  for (let power = 4 * KIB; power <= 4 * MIB; power *= 2) {
    for (const more of [-1025, -64, -1, 0, 1, 63, 65, 1024, next(power), next(power / 4)]) {
      const length = Math.min(power + more, bytes.length);
      const expected = oracleOf(0, length);
      assertEquals(kernelOf(lent, AT, AT + length), expected, `${length} bytes`);
      assertEquals(kernelOf(bytes, 0, length), expected, `${length} bytes from elsewhere`);
    }
  }
});

Deno.test("an input that ends where its memory ends hashes as anywhere", () => {
  const end = lent.length;
  for (const length of [1, 64, 1000, 1024, 3000, 70_000]) {
    const expected = oracle.init().update(lent.subarray(end - length)).digest("hex");
    assertEquals(kernelOf(lent, end - length, end), expected, `${length} bytes`);
  }
});

Deno.test("hashing in a lent memory changes nothing there but the scratch", () => {
  const before = lent.slice();
  kernelOf(lent, AT, AT + 3 * MIB + 5);
  before.set(lent.subarray(LENT_SCRATCH_BYTES, AT), LENT_SCRATCH_BYTES);
  assert(before.every((byte, i) => byte === lent[i]));
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createCRC32 } from "hash-wasm";
import { type Numbers, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { CRC32, CRC32C } from "../hashing/crc_combine.ts";
import { type DerivedWeaks, PrefixWeaks, WeakDeriver, windowEnd } from "./derived_weak.ts";

type Crc = (memory: Uint8Array, from: number, to: number) => number;

async function crcOf(polynomial: number): Promise<Crc> {
  const hasher = await createCRC32(polynomial);
  return (memory, from, to) =>
    parseInt(hasher.init().update(memory.subarray(from, to)).digest("hex"), 16);
}

const crc32 = await crcOf(0xedb88320);

/** Each block's own checksum, as a store has it. */
function blockWeaks(bytes: Uint8Array, block: number, crc: Crc = crc32): Uint32Array {
  const count = Math.ceil(bytes.length / block);
  return Uint32Array.from(
    { length: count },
    (_, k) => crc(bytes, k * block, Math.min((k + 1) * block, bytes.length)),
  );
}

function prefixesOf(bytes: Uint8Array, block: number): PrefixWeaks {
  return new PrefixWeaks(block, bytes.length, blockWeaks(bytes, block));
}

/** Cuts at random up to `most` bytes apart, the last at the end. */
function randomEnds(next: Numbers, start: number, end: number, most: number): Uint32Array {
  const ends: number[] = [];
  for (let at = start; at < end;) ends.push(at = Math.min(end, at + 1 + next(most)));
  return Uint32Array.from(ends);
}

/** Derives from a window that does not begin where its memory does, and compares with plain CRCs. */
function checkWindow(
  bytes: Uint8Array,
  derived: DerivedWeaks,
  { begin, length, start, ends }: {
    begin: number;
    length: number;
    start: number;
    ends: Uint32Array;
  },
): number {
  const at = 13;
  const memory = new Uint8Array(at + length + 7).fill(0xaa);
  memory.set(bytes.subarray(begin, begin + length), at);
  const deriver = new WeakDeriver(derived, bytes.length, (whole, from, to) => {
    assert(from >= at && to <= at + length && from < to, `${from} to ${to} is out of the window`);
    return crc32(whole, from, to);
  });
  const weaks = new Uint32Array(ends.length);
  deriver.derive({ memory, at, begin, length }, start, ends, weaks);
  const expected = ends.map((end, i) =>
    crc32(bytes, begin + (i === 0 ? start : ends[i - 1]!), begin + end)
  );
  assertEquals(weaks, expected, `${bytes.length} bytes by ${derived.block}, window ${begin}`);
  return deriver.bytesRead;
}

Deno.test("derived checksums are the plain ones, wherever a file is cut and however it ends", () => {
  const next = numbers(41);
  for (const block of [2, 64, 1024, 8192]) {
    const sizes = [1, 2, block / 2, block - 1, block, block + 1, 3 * block + block / 2 - 1];
    sizes.push(...Array.from({ length: 12 }, () => 1 + next(6 * block)));
    for (const size of sizes) {
      for (const bytes of [randomBytes(next, size), new Uint8Array(size)]) {
        const derived = prefixesOf(bytes, block);
        for (const most of [1 + next(3), block, 3 * block]) {
          const ends = randomEnds(next, 0, size, Math.max(most, size >> 8));
          checkWindow(bytes, derived, { begin: 0, length: size, start: 0, ends });
        }
      }
    }
  }
});

Deno.test("a window in the middle of a file is enough, and the first chunk may start in it anywhere", () => {
  const next = numbers(42);
  const block = 512;
  const bytes = randomBytes(next, 40 * block + 77);
  const derived = prefixesOf(bytes, block);
  for (let round = 0; round < 200; round++) {
    const begin = next(30) * block;
    const start = next(4 * block);
    const ends = randomEnds(next, start, start + 1 + next(5 * block), 700);
    const length = Math.min(ends.at(-1)! + next(2) * next(block), bytes.length - begin);
    checkWindow(bytes, derived, { begin, length, start, ends });
  }
});

Deno.test("at most half a block is read at each cut, and nothing at a boundary", () => {
  const next = numbers(43);
  const block = 8192;
  const bytes = randomBytes(next, 30 * block + 5000);
  const derived = prefixesOf(bytes, block);
  const whole = { begin: 0, length: bytes.length, start: 0 };
  for (let cut = 1; cut < bytes.length; cut += 997) {
    const ends = Uint32Array.of(cut);
    const read = checkWindow(bytes, derived, { ...whole, ends });
    const into = cut % block;
    const left = Math.min(block, bytes.length - cut + into) - into;
    assertEquals(read, Math.min(into, left), `a cut at ${cut}`);
  }
  const aligned = Uint32Array.from(
    { length: 31 },
    (_, k) => Math.min((k + 1) * block, bytes.length),
  );
  assertEquals(checkWindow(bytes, derived, { ...whole, ends: aligned }), 0);
  // Where the window ends at the last cut, what follows that cut cannot be read: what precedes it is.
  const length = 2 * block + 8000;
  const ends = Uint32Array.of(length);
  assertEquals(checkWindow(bytes, derived, { ...whole, length, ends }), 8000);
  const longer = windowEnd(block, length);
  assertEquals(checkWindow(bytes, derived, { ...whole, length: longer, ends }), 192);
});

Deno.test("a window goes on to the end of a block only behind the middle of it", () => {
  const ends = [0, 1, 4096, 4097, 8191, 8192, 12288, 12289].map((place) => windowEnd(8192, place));
  assertEquals(ends, [0, 1, 4096, 8192, 8192, 8192, 12288, 16384]);
});

Deno.test("the first and the last prefix are those of nothing and of the whole file", () => {
  const bytes = randomBytes(numbers(44), 100_001);
  const { prefix } = prefixesOf(bytes, 4096);
  assertEquals([prefix[0], prefix.at(-1)], [0, crc32(bytes, 0, bytes.length)]);
  assertEquals(Array.from(prefixesOf(new Uint8Array(0), 4096).prefix), [0]);
});

Deno.test("chunks of a MiB and files beyond 4 GiB are no matter", () => {
  // A file of nothing but zeros but for a window near its end, known by its blocks alone.
  const block = 1 << 20;
  const count = 5000;
  const next = numbers(45);
  const tail = randomBytes(next, 3 * block + 99);
  const zeros = crc32(new Uint8Array(block), 0, block);
  const weaks = new Uint32Array(count + 4).fill(zeros, 0, count);
  weaks.set(blockWeaks(tail, block), count);
  const size = count * block + tail.length;
  const derived = new PrefixWeaks(block, size, weaks);
  const deriver = new WeakDeriver(derived, size, crc32);
  const ends = Uint32Array.of(700_000, 700_000 + block, 2 * block + 500_000, tail.length);
  const found = new Uint32Array(ends.length);
  const window = { memory: tail, at: 0, begin: count * block, length: tail.length };
  deriver.derive(window, 5, ends, found);
  assertEquals(found, ends.map((end, i) => crc32(tail, i === 0 ? 5 : ends[i - 1]!, end)));
});

Deno.test("another polynomial is as good, where both ends of the derivation use it", async () => {
  const crc32c = await crcOf(0x82f63b78);
  const bytes = randomBytes(numbers(46), 50_000);
  const derived = new PrefixWeaks(8192, bytes.length, blockWeaks(bytes, 8192, crc32c), CRC32C);
  const ends = Uint32Array.of(9000, 20_000, 33_333, 50_000);
  const window = { memory: bytes, at: 0, begin: 0, length: bytes.length };
  for (const [algebra, crc, right] of [[CRC32C, crc32c, true], [CRC32, crc32, false]] as const) {
    const weaks = new Uint32Array(4);
    new WeakDeriver(derived, bytes.length, crc, algebra).derive(window, 0, ends, weaks);
    const plain = ends.map((end, i) => crc32c(bytes, i === 0 ? 0 : ends[i - 1]!, end));
    assertEquals(weaks.every((weak, i) => weak === plain[i]), right);
  }
});

Deno.test("blocks that are not those of the file are a mistake of ours", () => {
  const weaks = new Uint32Array(3);
  for (const [block, size] of [[8192, 16384], [8192, 24577], [8000, 24000], [2 ** 21, 2 ** 22]]) {
    const error = assertThrows(() => new PrefixWeaks(block!, size!, weaks), ParasyncError);
    assertEquals(error.code, "internal");
  }
  const derived = new PrefixWeaks(8192, 20_000, weaks);
  assertThrows(() => new WeakDeriver(derived, 30_000, crc32), ParasyncError, "Cannot derive");
});

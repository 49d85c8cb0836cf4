// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { ParasyncError } from "../../errors.ts";
import { cutsOf, isCandidate } from "../rule_k.ts";
import { SOURCE_DIGEST } from "./kernel_wasm.ts";
import { createScanKernel, type ScanKernel } from "./scan_kernel.ts";

const MIB = 1 << 20;

/** A seeded generator of integers in [0, bound). */
function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % bound;
  };
}

/** Data of the kinds that files are made of, and of the kinds that break scanners. */
function sample(kind: string, length: number, next: (bound: number) => number): Uint8Array {
  const bytes = new Uint8Array(length);
  const words = ["return", " the ", "value", ";\n\t", "const ", "(), ", "0x", "offset"];
  switch (kind) {
    case "random":
      return bytes.map(() => next(256));
    case "two values":
      return bytes.map(() => next(2));
    case "zeros":
      return bytes;
    case "ones":
      return bytes.fill(255);
    case "periodic": {
      const period = 1 + next(70);
      const pattern = Array.from({ length: period }, () => next(256));
      return bytes.map((_, i) => pattern[i % period]!);
    }
    case "text": {
      let text = "";
      while (text.length < length) text += words[next(words.length)];
      return new TextEncoder().encode(text).subarray(0, length);
    }
    default: { // Runs of the other kinds.
      const kinds = ["random", "zeros", "periodic", "text"];
      for (let at = 0; at < length;) {
        const run = sample(kinds[next(kinds.length)]!, Math.min(1 + next(500), length - at), next);
        bytes.set(run, at);
        at += run.length;
      }
      return bytes;
    }
  }
}

const KINDS = ["random", "two values", "zeros", "ones", "periodic", "text", "mixed"];

/** Whether the kernel has marked a position. */
function isMarked(kernel: ScanKernel, position: number): boolean {
  return (kernel.bitmap[position >> 5]! >>> (position & 31) & 1) === 1;
}

/** Puts a file into the kernel's memory, with zeros before it, as the definition assumes. */
function put(kernel: ScanKernel, bytes: Uint8Array): void {
  kernel.memory.fill(0, kernel.dataOffset - 64, kernel.dataOffset);
  kernel.memory.set(bytes, kernel.dataOffset);
  // What lies behind must not matter.
  kernel.memory.fill(
    0xa5,
    kernel.dataOffset + bytes.length,
    kernel.dataOffset + bytes.length + 256,
  );
}

Deno.test("the built module was made from the source that lies beside it", () => {
  const source = fs.readFileSync(new URL("scan.as", import.meta.url));
  assertEquals(createHash("sha256").update(source).digest("hex"), SOURCE_DIGEST);
});

Deno.test("the kernel marks exactly the candidates of the definition, whatever the data", () => {
  const next = generator(1);
  const kernel = createScanKernel(MIB);
  const lengths = Array.from({ length: 201 }, (_, length) => length);
  for (const near of [256, 1024, 4096, 8192]) {
    for (let more = -17; more <= 17; more++) lengths.push(near + more);
  }
  for (const length of lengths) {
    for (const kind of KINDS) {
      const bytes = sample(kind, length, next);
      const bits = 1 + next(9);
      put(kernel, bytes);
      kernel.mark(0, length, bits);
      for (let p = 0; p < length; p++) {
        if (isMarked(kernel, p) !== isCandidate(bytes, p, bits)) {
          throw new Error(`${kind}, ${length} bytes, ${bits} bits: differs at ${p}`);
        }
      }
    }
  }
});

Deno.test("a mebibyte of every kind is marked as the definition says", () => {
  const next = generator(2);
  const kernel = createScanKernel(MIB);
  for (const kind of KINDS) {
    const bytes = sample(kind, MIB, next);
    put(kernel, bytes);
    kernel.mark(0, MIB, 13);
    let marked = 0;
    // The definition is slow: all positions of one kind, and a stretch of the others.
    const [from, to] = kind === "mixed" ? [0, MIB] : [500_000, 560_000];
    for (let p = 0; p < MIB; p++) {
      const mark = isMarked(kernel, p);
      if (mark) marked++;
      if (mark || (p >= from && p < to)) {
        if (mark !== isCandidate(bytes, p, 13)) throw new Error(`${kind}: differs at ${p}`);
      }
    }
    if (kind === "random") assert(marked > 90 && marked < 170, `${marked} candidates of about 128`);
  }
});

Deno.test("marking a range leaves the marks around it alone", () => {
  const next = generator(3);
  const kernel = createScanKernel(8192);
  const bytes = sample("random", 8192, next);
  for (let round = 0; round < 500; round++) {
    put(kernel, bytes);
    const before = round % 2 === 0 ? 0 : 0xffffffff;
    kernel.bitmap.fill(before);
    const begin = next(2000);
    const end = begin + next(round % 5 === 0 ? 3 : 2000);
    kernel.mark(begin, end, 4);
    for (let p = 0; p < 4096; p++) {
      const inside = p >= begin && p < end;
      const expected = inside ? isCandidate(bytes, p, 4) : before !== 0;
      assertEquals(isMarked(kernel, p), expected, `position ${p} of [${begin}, ${end})`);
    }
  }
});

Deno.test("a decision depends on the 64 bytes before it and on nothing else in memory", () => {
  const next = generator(4);
  const kernel = createScanKernel(8192);
  const bytes = sample("random", 6000, next);
  for (let round = 0; round < 50; round++) {
    const begin = 64 + next(3000);
    const end = begin + 1 + next(2500);
    kernel.memory.fill(next(256), kernel.dataOffset - 64, kernel.dataOffset + 8192);
    kernel.memory.set(bytes.subarray(begin - 64, end), kernel.dataOffset + begin - 64);
    kernel.mark(begin, end, 5);
    for (let p = begin; p < end; p++) {
      assertEquals(isMarked(kernel, p), isCandidate(bytes, p, 5), `position ${p} from ${begin}`);
    }
  }
});

Deno.test("averages above 64 KiB use the second half of the fingerprint", () => {
  // Multipliers of the first half that let many positions pass make the second half's work visible.
  const next = generator(5);
  const multipliers = { high: [1, 1, 1, 1, 1], low: [3, 5, 7, 9, 11] };
  const kernel = createScanKernel(MIB, multipliers);
  const bytes = new Uint8Array(MIB);
  for (let at = 0; at < MIB; at += 32) bytes.fill(next(2) * 255, at, at + 32);
  for (let at = 0; at < MIB; at += 1 + next(300)) bytes[at] = next(256);
  put(kernel, bytes);
  let first = 0;
  for (const bits of [16, 17, 18, 20]) {
    kernel.mark(0, MIB, bits);
    let marked = 0;
    for (let p = 0; p < 100_000; p++) {
      const expected = isCandidate(bytes, p, bits, multipliers);
      assertEquals(isMarked(kernel, p), expected, `position ${p} at ${bits} bits`);
      if (expected) marked++;
    }
    if (bits === 16) first = marked;
    else assert(marked > 0 && marked < first, `${marked} of ${first} at ${bits} bits`);
  }
});

/** Cuts a file by the kernel in blocks, each from where the one before ended, in both ways there are. */
function cutInBlocks(bytes: Uint8Array, block: number, min: number, avg: number, max: number) {
  const kernel = createScanKernel(block + max);
  const ends: number[] = [];
  let start = 0;
  for (let base = 0; base < bytes.length; base += block) {
    const length = Math.min(block, bytes.length - base);
    const available = Math.min(block + max, bytes.length - base);
    const context = Math.min(64, base);
    kernel.memory.fill(0x5a, kernel.dataOffset - 64); // Whatever a block before left there.
    kernel.memory.set(
      bytes.subarray(base - context, base + available),
      kernel.dataOffset - context,
    );
    kernel.mark(0, available, Math.log2(avg));
    const count = kernel.select(start - base, length, available, min, max);
    const selected = kernel.ends.slice(0, count);
    kernel.bitmap.fill(0x5a5a5a5a);
    kernel.ends.fill(0);
    assertEquals(kernel.cut(start - base, length, available, Math.log2(avg), min, max), count);
    assertEquals(kernel.ends.slice(0, count), selected);
    for (const end of selected) ends.push(base + end);
    start = ends.at(-1) ?? 0;
  }
  return ends;
}

Deno.test("blocks of any size, each cut from where the one before ended, give rule K's cuts", () => {
  const next = generator(6);
  const sizes = [[64, 64, 65], [64, 128, 256], [100, 256, 1000], [512, 256, 600]] as const;
  for (let round = 0; round < 300; round++) {
    const [min, avg, max] = sizes[next(sizes.length)]!;
    const kind = KINDS[next(KINDS.length)]!;
    const bytes = sample(kind, next(10) === 0 ? next(2 * max) : next(6000), next);
    const block = [64, 100, 512, 1000, 4096, 10_000][next(6)]!;
    const expected = cutsOf(bytes, { min, avg, max });
    const actual = cutInBlocks(bytes, block, min, avg, max);
    assertEquals(actual, expected, `${kind}, ${bytes.length} bytes in blocks of ${block}`);
  }
});

Deno.test("files about as long as the chunk limits are cut by rule K at the usual sizes", () => {
  const next = generator(7);
  for (const length of [0, 1, 59, 60, 64, 4095, 4096, 4097, 8192, 12287, 12288, 12289, 16385]) {
    for (const kind of ["zeros", "random", "text"]) {
      const bytes = sample(kind, length, next);
      const expected = cutsOf(bytes, { min: 4096, avg: 8192, max: 12288 });
      assertEquals(cutInBlocks(bytes, MIB, 4096, 8192, 12288), expected, `${length} of ${kind}`);
    }
  }
  const bytes = sample("mixed", 3 * MIB + 777, next);
  const expected = cutInBlocks(bytes, 4 * MIB, 4096, 8192, 12288);
  assertEquals(expected.at(-1), bytes.length);
  for (const block of [4096, 65_536, 1_000_000, MIB]) {
    assertEquals(cutInBlocks(bytes, block, 4096, 8192, 12288), expected, `blocks of ${block}`);
  }
});

Deno.test("data of candidates only fill the ends at the least size and no further", () => {
  const kernel = createScanKernel(MIB);
  kernel.bitmap.fill(0xffffffff);
  assertEquals(kernel.select(0, MIB, MIB, 64, 65), MIB / 64);
  assert(kernel.ends.subarray(0, MIB / 64).every((end, i) => end === 64 * (i + 1)));
  kernel.bitmap.fill(0);
  assertEquals(kernel.select(0, MIB, MIB, 64, 65), Math.ceil((MIB - 64) / 65) + 1);
  assertEquals(kernel.select(MIB, MIB, MIB, 64, 65), 0);
});

Deno.test("isZero finds a single byte wherever it is", () => {
  const next = generator(8);
  const kernel = createScanKernel(8192);
  const { memory, dataOffset } = kernel;
  memory.fill(1, dataOffset - 64, dataOffset + 8192 + 64);
  for (let round = 0; round < 2000; round++) {
    const begin = next(300);
    const end = begin + next(round % 2 === 0 ? 20 : 700);
    memory.fill(0, dataOffset + begin, dataOffset + end);
    assert(kernel.isZero(begin, end), `[${begin}, ${end})`);
    if (end > begin) {
      memory[dataOffset + begin + next(end - begin)] = 1 + next(255);
      assert(!kernel.isZero(begin, end), `[${begin}, ${end})`);
    }
    memory.fill(1, dataOffset + begin, dataOffset + end);
  }
});

Deno.test("what does not fit is refused, not written elsewhere", () => {
  const kernel = createScanKernel(4096);
  assertThrows(() => kernel.mark(0, 4097, 13), ParasyncError, "Cannot mark");
  assertThrows(() => kernel.select(0, 4096, 4097, 64, 128), ParasyncError, "Cannot cut");
  assertThrows(() => kernel.select(0, 4096, 4096, 63, 128), ParasyncError, "Cannot cut");
  assertThrows(() => createScanKernel(2 ** 31), ParasyncError, "Cannot make a scan kernel");
});

// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { createRollKernel } from "../chunking/kernel/roll_kernel.ts";
import { ParasyncError } from "../errors.ts";
import { BlockLookup } from "./block_lookup.ts";
import { matchOpenEnd, restsOfWeak } from "./open_end.ts";
import { type BlockKinds, checksumsFor, tableOf } from "./test_blocks.ts";

const BLOCK = 100;
const KINDS: readonly BlockKinds[] = [
  { weak: "rollsum", strong: "blake2b" },
  { weak: "rabinkarp", strong: "md4" },
];

/** Length of the rest of `file`, unmatched from `from` on, that is the last block of `basis`. */
async function restOf(
  kinds: BlockKinds,
  basis: Uint8Array,
  file: Uint8Array,
  from = 0,
  strongBytes?: number,
): Promise<number> {
  const table = await tableOf(basis, BLOCK, kinds, strongBytes);
  const basisSize = table.weaks.length * BLOCK;
  const lookup = new BlockLookup({ ...table, basisSize, openEnd: true }, file.length + BLOCK);
  lookup.kernel.memory.set(file, lookup.kernel.dataOffset);
  return matchOpenEnd(lookup, await checksumsFor(kinds), from, file.length);
}

for (const kinds of KINDS) {
  Deno.test(`a last block of any length is found at the end of the file: ${kinds.weak}`, async () => {
    const next = numbers(71);
    for (const length of [1, 2, 15, 16, 17, 50, 98, 99]) {
      const short = randomBytes(next, length);
      for (const blocks of [0, 1, 3]) {
        const basis = concatenated(randomBytes(next, blocks * BLOCK), short);
        const file = concatenated(randomBytes(next, next(300)), short);
        assertEquals(await restOf(kinds, basis, file), length, `${length} behind ${blocks} blocks`);
        assertEquals(await restOf(kinds, basis, file, 0, 8), length, "by a part of the sum");
        const from = file.length - length;
        assertEquals(await restOf(kinds, basis, file, from), length);
        assertEquals(await restOf(kinds, basis, file, from + 1), 0, "a part of it is matched");
      }
    }
  });

  Deno.test(`what is not the last block, or not at the end, is not found: ${kinds.weak}`, async () => {
    const next = numbers(72);
    const short = randomBytes(next, 60);
    const basis = concatenated(randomBytes(next, 2 * BLOCK), short);
    const filler = randomBytes(next, 70);
    assertEquals(await restOf(kinds, basis, filler), 0);
    assertEquals(await restOf(kinds, basis, concatenated(filler, short, Uint8Array.of(0))), 0);
    assertEquals(await restOf(kinds, basis, concatenated(filler, short.subarray(0, 59))), 0);
    assertEquals(await restOf(kinds, basis, new Uint8Array(0)), 0);
    assertEquals(await restOf(kinds, new Uint8Array(0), filler), 0, "no blocks at all");
    const whole = randomBytes(next, 2 * BLOCK);
    assertEquals(await restOf(kinds, whole, concatenated(filler, whole.subarray(101))), 0);
  });

  Deno.test(`the rests of a weak checksum are those that the kernel computes: ${kinds.weak}`, () => {
    const next = numbers(73);
    // Each byte adds 256 to a rollsum, which so comes again after 512 of them: the longer rest must come first.
    const bytes = concatenated(randomBytes(next, 90), new Uint8Array(600).fill(256 - 31));
    const { weak: kind } = kinds;
    const options = { kind, block: BLOCK, weaks: new Uint32Array(0), capacity: bytes.length };
    const kernel = createRollKernel(options);
    kernel.memory.set(bytes, kernel.dataOffset);
    const sums = Array.from(bytes, (_, at) => kernel.weak(at, bytes.length));
    for (const [at, sum] of sums.entries()) {
      const alike = sums.flatMap((other, i) => other === sum ? [i] : []);
      assertEquals(restsOfWeak(kind, bytes, 0, bytes.length, sum), alike, `from ${at}`);
      assertEquals(restsOfWeak(kind, bytes, at + 1, bytes.length, sum).includes(at), false);
    }
  });
}

Deno.test("a CRC has no open end", () => {
  assertThrows(() => restsOfWeak("crc32", new Uint8Array(1), 0, 1, 0), ParasyncError, "by CRC");
});

// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { DATA_KINDS, dataOf } from "../../tests/fixtures/data_kinds.ts";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { BlockCutter } from "./block_cutter.ts";
import { createScanKernel } from "./kernel/scan_kernel.ts";
import { cutsOf } from "./rule_k.ts";

const PARAMETERS = { min: 256, avg: 512, max: 1024 };
const LENGTH = 200_000;

for (const kind of DATA_KINDS) {
  Deno.test(`cuts do not depend on the start that was guessed: ${kind}`, () => {
    const next = numbers(11);
    const bytes = dataOf(kind, LENGTH + PARAMETERS.max, next);
    const kernel = createScanKernel(bytes.length);
    kernel.memory.set(bytes, kernel.dataOffset);
    const cutter = new BlockCutter(kernel, LENGTH, bytes.length, PARAMETERS);
    for (const guess of [0, 1, 63, 5000]) {
      const guessed = cutter.from(guess);
      for (const start of [0, 1, 700, 1023, 70_000, LENGTH - 1, LENGTH, LENGTH + 500]) {
        assertEquals(cutter.fromWith(start, guessed), cutter.from(start), `${guess} ${start}`);
      }
    }
  });
}

Deno.test("a block from its true start is cut as rule K says", () => {
  const bytes = dataOf("random", 50_000, numbers(12));
  const kernel = createScanKernel(bytes.length);
  kernel.memory.set(bytes, kernel.dataOffset);
  const cutter = new BlockCutter(kernel, bytes.length, bytes.length, PARAMETERS);
  assertEquals([...cutter.fromWith(0, cutter.from(300))], cutsOf(bytes, PARAMETERS));
});

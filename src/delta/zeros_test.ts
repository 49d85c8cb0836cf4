// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { isZero } from "./zeros.ts";

Deno.test("zeros are told by every byte, wherever the one is that is not", () => {
  const memory = new Uint8Array(1 << 20);
  for (const length of [0, 1, 2, 100, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 20]) {
    assert(isZero(memory.subarray(0, length)), `${length} bytes`);
    const next = numbers(length);
    for (const at of [0, length - 1, length >> 1, next(length), next(length), 1 << 18]) {
      if (at < 0 || at >= length) continue;
      memory[at] = 1 + next(255);
      assertEquals(isZero(memory.subarray(0, length)), false, `byte ${at} of ${length}`);
      memory[at] = 0;
    }
  }
});

Deno.test("what lies around the bytes does not matter", () => {
  const memory = new Uint8Array(300).fill(9);
  memory.fill(0, 100, 200);
  assert(isZero(memory.subarray(100, 200)));
  assert(!isZero(memory.subarray(99, 200)) && !isZero(memory.subarray(100, 201)));
});

// @ts-types="../src/types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { TestFolder } from "../src/files/test_folder.ts";
import { compareFiles } from "./file_comparison.ts";
import { RandomBytes, RandomNumbers } from "./random_bytes.ts";

const MIB = 1 << 20;

Deno.test("a comparison finds the first byte that differs, wherever it is", async () => {
  using folder = new TestFolder();
  const numbers = new RandomNumbers("places");
  for (const size of [1, 3, 4, 5, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 3]) {
    const bytes = new Uint8Array(size);
    new RandomBytes("data").read(bytes, 0);
    const a = folder.write("a", bytes);
    const b = folder.write("b", bytes);
    assertEquals(await compareFiles(a, b), { differsAt: null, equalBytes: size });
    for (const at of [0, size - 1, numbers.below(size)]) {
      const other = bytes.slice();
      other[at]! ^= 0x80;
      folder.write("b", other);
      assertEquals(await compareFiles(a, b), { differsAt: at, equalBytes: at }, `${size} at ${at}`);
    }
  }
});

Deno.test("a file that is another's beginning differs where it ends", async () => {
  using folder = new TestFolder();
  const bytes = new Uint8Array(2 * MIB);
  for (const [left, right] of [[0, 1], [MIB, MIB + 1], [2 * MIB, MIB], [7, 5]] as const) {
    const a = folder.write("a", bytes.subarray(0, left));
    const b = folder.write("b", bytes.subarray(0, right));
    const end = Math.min(left, right);
    assertEquals(await compareFiles(a, b), { differsAt: end, equalBytes: end });
  }
  const empty = folder.write("e", "");
  assertEquals(await compareFiles(empty, empty), { differsAt: null, equalBytes: 0 });
});

Deno.test("a comparison can be stopped", async () => {
  using folder = new TestFolder();
  const a = folder.write("a", new Uint8Array(3 * MIB));
  await assertRejects(
    () => compareFiles(a, a, AbortSignal.abort(new Error("stop"))),
    Error,
    "stop",
  );
});

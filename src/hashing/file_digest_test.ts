// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { createBLAKE3 } from "hash-wasm";
import { openPinned } from "../files/pinned_file.ts";
import { blake3OfFile } from "./file_digest.ts";
import { seededBytes, toHex } from "./test_backends.ts";

Deno.test("a file's digest is that of all its bytes, whatever pieces they are read in", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const oracle = await createBLAKE3();
    const path = join(folder, "file");
    for (const size of [0, 1, 65536, 262143, 262144, 262145, 1_000_003]) {
      const bytes = seededBytes(size, size + 1);
      fs.writeFileSync(path, bytes);
      using file = openPinned(path, { name: path });
      assertEquals(
        toHex(blake3OfFile(file)),
        oracle.init().update(bytes).digest("hex"),
        `${size} bytes`,
      );
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

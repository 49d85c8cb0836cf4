// @ts-types="../src/types/std_assert.d.ts"
import { assertEquals, assertMatch } from "@std/assert";
import { loadedPath } from "./loaded_path.ts";

const linux = Deno.build.os === "linux";

Deno.test({
  name: `a loaded library is found by its name${linux ? "" : " [skipped: needs Linux]"}`,
  ignore: !linux,
  fn: () => {
    // The C library is loaded in every process.
    assertMatch(loadedPath("libc.so.6") ?? "", /^\/.*\/libc\.so\.6$/);
  },
});

Deno.test("a library that is not loaded has no path, and is not loaded to find it", () => {
  assertEquals(loadedPath("libno-such-thing.so.1"), null);
});

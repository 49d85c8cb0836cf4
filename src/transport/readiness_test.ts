// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { Readiness } from "./readiness.ts";

Deno.test("a folder that can be written is ready, and is left as it was", () => {
  const folder = Deno.makeTempDirSync({ prefix: "parasync-test-" });
  try {
    const readiness = new Readiness(folder);
    assertEquals(readiness.reason, null);
    assertEquals(fs.readdirSync(folder), []);
    // The answer holds for a while: whoever asks often does not keep the disk busy.
    fs.rmSync(folder, { recursive: true });
    assertEquals(readiness.reason, null);
    assertMatch(new Readiness(folder).reason ?? "", /^Cannot write to the root: /);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

Deno.test("a server that stops is not ready, whatever its folder", () => {
  const readiness = new Readiness(join("/nowhere", "at", "all"));
  readiness.stopping = true;
  assertEquals(readiness.reason, "Cannot sync now: the server is stopping");
});

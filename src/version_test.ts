// @ts-types="./types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import fs from "node:fs";
import { VERSION } from "./version.ts";

Deno.test("the version is the one that deno.json gives", () => {
  const config: { version: string } = JSON.parse(
    fs.readFileSync(new URL("../deno.json", import.meta.url), "utf8"),
  );
  assertEquals(VERSION, config.version);
});

// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import fs from "node:fs";
import { FAILURES } from "../errors.ts";
import { EXIT_CODES } from "./exit_codes.ts";

Deno.test("every failure's exit code has a meaning, and no other code has one", () => {
  const failures = new Set<number>(Object.values(FAILURES).map(({ exit }) => exit));
  assertEquals(new Set(Object.keys(EXIT_CODES).map(Number)), new Set([0, ...failures]));
});

Deno.test("the README lists the same codes in the same words", () => {
  const readme = fs.readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const rows = [...readme.matchAll(/^\| (\d+) +\| (.*?) +\|$/gm)].map((row) => [row[1], row[2]]);
  assertEquals(rows, Object.entries(EXIT_CODES).map(([code, { long }]) => [code, long]));
});

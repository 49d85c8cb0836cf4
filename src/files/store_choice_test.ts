// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { join, resolve } from "node:path";
import { ParasyncError } from "../errors.ts";
import { type StoreChoice, storeChoice } from "./store_choice.ts";

const HOME = resolve("/home/ada");
const CACHE = resolve("/var/cache/ada");

Deno.test("the cache is the user's own, and off where there is none", () => {
  const choose = (variables: Readonly<Record<string, string>>) =>
    storeChoice("cache", (name) => variables[name]);
  const underHome: StoreChoice = {
    kind: "cache",
    directory: join(HOME, ".cache", "parasync", "checksums"),
  };
  assertEquals(choose({ HOME, XDG_CACHE_HOME: CACHE }), {
    kind: "cache",
    directory: join(CACHE, "parasync", "checksums"),
  });
  for (const XDG_CACHE_HOME of ["", "relative/cache"]) {
    assertEquals(choose({ HOME, XDG_CACHE_HOME }), underHome);
  }
  assertEquals(choose({ HOME }), underHome);
  for (const variables of [{}, { HOME: "" }]) assertEquals(choose(variables), { kind: "off" });
});

Deno.test("anything but a word is a folder, and the environment has no say in it", () => {
  const choose = (text: string) =>
    storeChoice(text, (name) => {
      throw new Error(`${name} was read`);
    });
  assertEquals(choose("off"), { kind: "off" });
  assertEquals(choose("beside"), { kind: "beside" });
  assertEquals(choose(CACHE), { kind: "cache", directory: CACHE });
  assertEquals(choose("./off"), { kind: "cache", directory: resolve("off") });
  assertEquals(assertThrows(() => choose(""), ParasyncError).code, "usage");
});

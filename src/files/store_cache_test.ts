// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { ChecksumStore } from "./checksum_store.ts";
import { identityOf } from "./identity.ts";
import { noteUse, openCacheFolder, pruneCache } from "./store_cache.ts";
import { freshKey, TestFolder } from "./test_folder.ts";

const HOUR = 3_600_000;
const MANY = { files: 1000, bytes: 1e9 };

/** Files as in a cache, of 100 bytes each, the first used longest ago. */
function fill(folder: TestFolder, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const base = `${freshKey()}.sums`;
    folder.write(base, new Uint8Array(100));
    fs.utimesSync(folder.join(base), 1e9 + i, 1e9 + i);
    return base;
  });
}

Deno.test("what was used least recently goes first, by number and by bytes", () => {
  for (const bounds of [{ ...MANY, files: 3 }, { ...MANY, bytes: 399 }]) {
    using folder = new TestFolder();
    const bases = fill(folder, 10);
    noteUse(folder.join(bases[2]!));
    pruneCache(folder.path, bounds);
    assertEquals(folder.list(), [bases[2]!, ...bases.slice(-2)].sort());
  }
});

Deno.test("the newest stays, however large it is", () => {
  using folder = new TestFolder();
  const bases = fill(folder, 2);
  pruneCache(folder.path, { files: 10, bytes: 1 });
  assertEquals(folder.list(), [bases[1]!]);
});

Deno.test("temporaries that were left go after an hour; what is not the store's stays", () => {
  using folder = new TestFolder();
  const fresh = `.parasync-${freshKey()}.new`;
  const others = ["notes.txt", `${freshKey()}.sums.bak`, `.parasync-${freshKey()}.part`];
  for (const name of [...others, fresh]) folder.write(name, "x");
  fs.mkdirSync(folder.join(`${freshKey()}.sums`));
  fs.symlinkSync("notes.txt", folder.join(`${freshKey()}.sums`));
  const before = folder.list();
  pruneCache(folder.path, { files: 0, bytes: 0 });
  assertEquals(folder.list(), before);
  pruneCache(folder.path, { files: 0, bytes: 0 }, Date.now() + HOUR + 1_000);
  assertEquals(folder.list(), before.filter((name) => name !== fresh));
});

Deno.test("saving keeps the bounds, and loading counts as use", () => {
  using folder = new TestFolder();
  using cache = new TestFolder();
  const store = new ChecksumStore({ kind: "cache", directory: cache.path }, undefined, {
    ...MANY,
    files: 2,
  });
  const parameters = { block: 8192, suite: "crc32+sha256", strongBytes: 32 };
  const records = {
    ...parameters,
    size: 1,
    weaks: new Uint32Array(1),
    strong: new Uint8Array(32),
  };
  const paths = ["a", "b", "c"].map((base) => folder.write(base, "x"));
  const of = (path: string) => identityOf(fs.lstatSync(path, { bigint: true }));
  const save = (path: string) => store.save(path, of(path), records, Date.now() + 5_000);
  const [a, b, c] = paths as [string, string, string];
  assert(save(a) && save(b));
  for (const base of cache.list()) fs.utimesSync(cache.join(base), 1e9, 1e9);
  assert(store.load(a, of(a), parameters) !== null);
  assert(save(c));
  const found = paths.map((path) => store.load(path, of(path), parameters) !== null);
  assertEquals(found, [true, false, true]);
});

Deno.test("a cache folder is made when something is saved and not before, for its owner alone", () => {
  using folder = new TestFolder();
  const path = folder.join("a", "b");
  assertEquals(openCacheFolder(path, false), null);
  assertEquals(folder.list(), []);
  assertEquals(openCacheFolder(path, true), path);
  if (Deno.build.os !== "windows") assertEquals(fs.statSync(path).mode & 0o777, 0o700);
  fs.symlinkSync(path, folder.join("link"));
  assertEquals(openCacheFolder(folder.join("link"), false), path);
});

// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import fs from "node:fs";
import { ParasyncError } from "../errors.ts";
import { identityKey, isFileIdentity, sameFile } from "./identity.ts";
import { openPinned } from "./pinned_file.ts";
import { run, TestFolder } from "./test_folder.ts";

function codeOf(action: () => unknown): string {
  return assertThrows(action, ParasyncError).code;
}

Deno.test("a pinned file is read at positions and has the identity it was opened with", () => {
  using folder = new TestFolder();
  using file = openPinned(folder.write("f", "0123456789"));
  const into = new Uint8Array(4);
  file.read(into, 1, 3, 5);
  assertEquals([...into], [0, 53, 54, 55]);
  assertEquals(file.size, 10);
  file.verifyUnchanged();
  const copy: unknown = JSON.parse(JSON.stringify(file.identity));
  assertEquals(isFileIdentity(copy), true);
  assertEquals(copy, { ...file.identity });
});

Deno.test("only regular files are opened, and the refusal says what it is", () => {
  using folder = new TestFolder();
  folder.write("f", "x");
  fs.symlinkSync("f", folder.join("link"));
  fs.symlinkSync("nowhere", folder.join("dangling"));
  const cases = [[folder.path, "a folder"], [folder.join("link"), "a symbolic link"], [
    folder.join("dangling"),
    "a symbolic link",
  ]];
  if (Deno.build.os !== "windows") {
    run("mkfifo", folder.join("pipe"));
    cases.push([folder.join("pipe"), "a named pipe"], ["/dev/null", "a device"]);
  }
  for (const [path, kind] of cases) {
    const error = assertThrows(
      () => openPinned(path!, { name: "asked" }),
      ParasyncError,
      `Cannot open asked: it is ${kind}, not a regular file`,
    );
    assertEquals(error.code, "file_selection");
  }
  assertEquals(codeOf(() => openPinned(folder.join("none"))), "not_found");
});

Deno.test("a person's own source may be a link to a regular file", () => {
  using folder = new TestFolder();
  const target = folder.write("f", "x");
  fs.symlinkSync("f", folder.join("link"));
  using file = openPinned(folder.join("link"), { followLinks: true });
  assertEquals(file.path, target);
  fs.symlinkSync(".", folder.join("here"));
  assertEquals(
    codeOf(() => openPinned(folder.join("here"), { followLinks: true })),
    "file_selection",
  );
});

Deno.test("a worker that opens the file again gets the same file or an error", () => {
  using folder = new TestFolder();
  const path = folder.write("f", "old");
  using first = openPinned(path);
  using second = openPinned(path, { expect: first.identity });
  assertEquals(identityKey(second.identity), identityKey(first.identity));
  folder.write("g", "new");
  fs.renameSync(folder.join("g"), path);
  assertEquals(codeOf(() => openPinned(path, { expect: first.identity })), "changed");
});

Deno.test("content changed in place is noticed, by size or by time", () => {
  using folder = new TestFolder();
  const path = folder.write("f", "old");
  fs.utimesSync(path, 1e9, 1e9);
  using file = openPinned(path);
  fs.appendFileSync(path, "er");
  assertThrows(() => file.verifyUnchanged(), ParasyncError, "it was changed meanwhile");

  const other = folder.write("g", "old");
  fs.utimesSync(other, 1e9, 1e9);
  using pinned = openPinned(other);
  fs.writeFileSync(other, "new");
  assertEquals(codeOf(() => pinned.verifyUnchanged()), "changed");
});

Deno.test("a file removed or replaced under its name is noticed", () => {
  using folder = new TestFolder();
  const path = folder.write("f", "old");
  using file = openPinned(path, { name: "asked" });
  const aside = folder.join("aside");
  fs.renameSync(path, aside);
  assertThrows(() => file.verifyUnchanged(), ParasyncError, "Cannot use asked: it was removed");
  fs.symlinkSync("aside", path);
  assertThrows(() => file.verifyUnchanged(), ParasyncError, "it was replaced meanwhile");
  fs.unlinkSync(path);
  fs.renameSync(aside, path);
  file.verifyUnchanged();
});

Deno.test("closing twice is harmless", () => {
  using folder = new TestFolder();
  const file = openPinned(folder.write("f", ""));
  file.close();
  file.close();
});

Deno.test("identities of other shapes are not identities", () => {
  const good = { dev: "1", ino: "2", size: 3, mtimeNs: "4" };
  assertEquals(isFileIdentity(good), true);
  const others: unknown[] = [
    null,
    1,
    [],
    {},
    { ...good, extra: 1 },
    { ...good, size: -1 },
    {
      ...good,
      size: 2 ** 53,
    },
    { ...good, dev: 1 },
    { ...good, ino: "0x2" },
    { ...good, mtimeNs: "" },
  ];
  for (const other of others) assertEquals(isFileIdentity(other), false, JSON.stringify(other));
  assertEquals(sameFile(good, { ...good, size: 9, mtimeNs: "9" }), true);
});

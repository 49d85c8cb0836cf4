// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import fs from "node:fs";
import { ParasyncError } from "../errors.ts";
import { acquireLease } from "./lease.ts";
import { sweepStale } from "./sweep.ts";
import { freshKey, TestFolder } from "./test_folder.ts";

const HOUR = 3_600_000;

Deno.test("a dead session's files go together, once all of them are old", () => {
  using folder = new TestFolder();
  const key = freshKey();
  for (const kind of ["part", "session", "partial", "new"]) {
    folder.write(`.parasync-${key}.${kind}`, "x");
  }
  assertEquals(sweepStale(folder.path, HOUR), 0);
  // A time set back does not make a file old: a temporary gets the new file's time before its name.
  fs.utimesSync(folder.join(`.parasync-${key}.part`), 1e9, 1e9);
  assertEquals(sweepStale(folder.path, HOUR), 0);
  assertEquals(folder.list().length, 4);
  assertEquals(sweepStale(folder.path, HOUR, Date.now() + HOUR + 5_000), 4);
  assertEquals(folder.list(), []);
});

Deno.test("nothing but files of ours is swept", () => {
  using folder = new TestFolder();
  const key = freshKey();
  const others = [
    ".parasync-notes.txt",
    `.parasync-${key}.tar`,
    `.parasync-${key.toUpperCase()}x.part`,
    `.parasync-${key}.part.bak`,
    `a.parasync-${key}.part`,
    "f",
  ];
  for (const name of others) folder.write(name, "x");
  fs.mkdirSync(folder.join(`.parasync-${freshKey()}.part`));
  fs.symlinkSync("f", folder.join(`.parasync-${freshKey()}.session`));
  fs.symlinkSync("f", folder.join(`.parasync-${key.slice(16)}.lease`));
  const before = folder.list();
  assertEquals(sweepStale(folder.path, 0, Date.now() + 1000 * HOUR), 0);
  assertEquals(folder.list(), before);
});

Deno.test({
  name: "a living holder's lease survives any sweep, a silent one's goes",
  // Only Linux tells that the holder is alive.
  ignore: Deno.build.os !== "linux",
  fn: () => {
    using folder = new TestFolder();
    const lease = acquireLease(folder.locate("f"), freshKey());
    assertEquals(sweepStale(folder.path, 0, Date.now() + 1000 * HOUR), 0);
    lease.verifyHeld();
    fs.writeFileSync(lease.path, "garbage");
    assertEquals(sweepStale(folder.path, 0), 0);
    assertEquals(sweepStale(folder.path, 0, Date.now() + HOUR), 1);
    assertThrows(() => lease.verifyHeld(), ParasyncError);
    lease.release();
    assertEquals(folder.list(), []);
  },
});

Deno.test({
  name:
    "files of a session whose lease is held are not swept, however old, and are when it is given up",
  // Only Linux tells that the holder is alive.
  ignore: Deno.build.os !== "linux",
  fn: () => {
    using folder = new TestFolder();
    const [key, other] = [freshKey(), freshKey()];
    const lease = acquireLease(folder.locate("f"), key);
    for (const owner of [key, other]) folder.write(`.parasync-${owner}.part`, "x");
    const later = Date.now() + 1000 * HOUR;
    assertEquals(sweepStale(folder.path, HOUR, later), 1);
    assertEquals(fs.existsSync(folder.join(`.parasync-${key}.part`)), true);
    lease.release();
    assertEquals(sweepStale(folder.path, HOUR, later), 1);
    assertEquals(folder.list(), []);
  },
});

Deno.test("a folder that cannot be read is reported", () => {
  using folder = new TestFolder();
  const error = assertThrows(() => sweepStale(folder.join("none"), 0), ParasyncError);
  assertEquals([error.code, error.message], [
    "not_found",
    "Cannot sweep the folder: it does not exist",
  ]);
});

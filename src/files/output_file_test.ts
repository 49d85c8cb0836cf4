// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fs from "node:fs";
import { ParasyncError } from "../errors.ts";
import { currentIdentity } from "./current_identity.ts";
import { OutputFile } from "./output_file.ts";
import { TestFolder } from "./test_folder.ts";

const NEVER = new AbortController().signal;
const text = (value: string) => new TextEncoder().encode(value);

/** A commit that expects what is there now. */
function now(folder: TestFolder) {
  const expectTarget = currentIdentity(folder.locate("out"));
  return { basis: null, expectTarget, fsync: false } as const;
}

Deno.test("what is appended is the file, under its name only once it is committed", async () => {
  using folder = new TestFolder();
  using file = OutputFile.create(folder.locate("out"), NEVER);
  const [temporary] = folder.list();
  assert(/^\.parasync-[0-9a-f]{32}\.part$/.test(temporary!), temporary);
  if (Deno.build.os !== "windows") {
    assertEquals(fs.statSync(folder.join(temporary!)).mode & 0o777, 0o600);
  }
  for (const piece of ["one ", "", "two ", "three"]) file.append(text(piece));
  assertEquals([file.size, fs.existsSync(folder.join("out"))], [13, false]);
  await file.commit(now(folder));
  assertEquals([folder.list(), folder.text("out")], [["out"], "one two three"]);
});

Deno.test("an older file is replaced all at once and keeps its mode", async () => {
  using folder = new TestFolder();
  fs.chmodSync(folder.write("out", "old"), 0o640);
  using file = OutputFile.create(folder.locate("out"), NEVER);
  file.append(text("new"));
  assertEquals(folder.text("out"), "old");
  const { replaced } = await file.commit({ ...now(folder), fsync: true });
  assertEquals([replaced, folder.list(), folder.text("out")], [true, ["out"], "new"]);
  if (Deno.build.os !== "windows") {
    assertEquals(fs.statSync(folder.join("out")).mode & 0o777, 0o640);
  }
});

Deno.test("what is not committed is removed at the end of its block", () => {
  using folder = new TestFolder();
  folder.write("out", "old");
  {
    using file = OutputFile.create(folder.locate("out"), NEVER);
    file.append(text("new"));
  }
  assertEquals([folder.list(), folder.text("out")], [["out"], "old"]);
});

Deno.test("nothing is committed over what came meanwhile, or once the signal has fired", async () => {
  using folder = new TestFolder();
  const absent = now(folder);
  using late = OutputFile.create(folder.locate("out"), NEVER);
  folder.write("out", "theirs");
  const failure = await assertRejects(() => late.commit(absent), ParasyncError);
  assertEquals(failure.code, "changed");
  const abort = new AbortController();
  using unwanted = OutputFile.create(folder.locate("out"), abort.signal);
  abort.abort(new ParasyncError("interrupted", "Cannot go on: stopped"));
  await assertRejects(() => unwanted.commit(now(folder)), ParasyncError, "stopped");
  assertEquals([folder.list(), folder.text("out")], [["out"], "theirs"]);
});

Deno.test("a file that has ended takes nothing more", async () => {
  using folder = new TestFolder();
  using file = OutputFile.create(folder.locate("out"), NEVER);
  await file.commit(now(folder));
  assertThrows(() => file.append(text("more")), ParasyncError, "committed or discarded");
  await assertRejects(() => file.commit(now(folder)), ParasyncError, "committed or discarded");
  assertEquals(folder.text("out"), "");
});

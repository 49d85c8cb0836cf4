// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import fs from "node:fs";
import { openLibc } from "../../ffi/libc.ts";
import { ParasyncError } from "../errors.ts";
import type { AsyncTransfer } from "./positional.ts";
import { freshKey, LINUX_ROOT, run, TestFolder } from "./test_folder.ts";
import { openForApply, TargetFile, type TargetOptions } from "./target_file.ts";

const text = (value: string) => new TextEncoder().encode(value);

function target(folder: TestFolder, options: Partial<TargetOptions> = {}): TargetFile {
  return TargetFile.create({
    location: folder.locate("out"),
    key: freshKey(),
    size: 10,
    ...options,
  });
}

Deno.test("a new target is private, of its final size and without a block", async () => {
  using folder = new TestFolder();
  await using file = target(folder, { size: 3 * 2 ** 32, reserve: 0 });
  const stat = fs.statSync(file.path);
  assertEquals(stat.size, 3 * 2 ** 32);
  if (Deno.build.os !== "windows") assertEquals(stat.mode & 0o777, 0o600);
  if (Deno.build.os === "linux") assertEquals(stat.blocks, 0);
  assertEquals(fs.existsSync(folder.join("out")), false);
});

Deno.test("many writes at once, in any order, all land where they belong", async () => {
  using folder = new TestFolder();
  const pieces = 300;
  const piece = 1000;
  await using file = target(folder, { size: pieces * piece });
  const writes = Array.from({ length: pieces }, (_, i) => {
    const at = (i * 7919) % pieces;
    return file.writeAt(new Uint8Array(piece).fill(at % 251), at * piece);
  });
  await Promise.all(writes);
  const all = fs.readFileSync(file.path);
  assertEquals(all.length, pieces * piece);
  for (let i = 0; i < all.length; i++) assert(all[i] === Math.floor(i / piece) % 251, `at ${i}`);
});

Deno.test("a target that may need no space takes it when it is told to", async () => {
  using folder = new TestFolder();
  const size = 8 << 20;
  await using file = target(folder, { size, later: true });
  assertEquals([fs.statSync(file.path).size, fs.statSync(file.path).blocks], [size, 0]);
  file.reserve();
  const { type } = fs.statfsSync(folder.path);
  // ext4, where space is taken beforehand.
  if (type === 0xef53 && openLibc() !== null) {
    assert(fs.statSync(file.path).blocks! * 512 >= size);
  }
});

Deno.test("space that is not there is missed when it is taken", async () => {
  using folder = new TestFolder();
  await using file = target(folder, { size: 2 ** 43, later: true });
  assertEquals(assertThrows(() => file.reserve(), ParasyncError).code, "no_space");
});

Deno.test("what is never written stays a hole and reads as zeros", async () => {
  using folder = new TestFolder();
  const size = 64 * 2 ** 20;
  const file = target(folder, { size, reserve: 3 });
  await file.writeAt(text("end"), size - 3);
  await file.commit({ basis: null, expectTarget: "absent", fsync: true });
  const stat = fs.statSync(folder.join("out"));
  assertEquals(stat.size, size);
  if (Deno.build.os === "linux") assertLess(stat.blocks * 512, 2 ** 20);
  const fd = fs.openSync(folder.join("out"), "r");
  const back = new Uint8Array(6);
  fs.readSync(fd, back, 0, 6, size - 6);
  fs.closeSync(fd);
  assertEquals([...back], [0, 0, 0, ...text("end")]);
});

Deno.test("a second target under one key is refused", async () => {
  using folder = new TestFolder();
  const key = freshKey();
  await using _file = target(folder, { key });
  assertEquals(assertThrows(() => target(folder, { key }), ParasyncError).code, "changed");
  assertEquals(folder.list(), [`.parasync-${key}.part`]);
});

Deno.test("a malformed key never becomes a path", () => {
  using folder = new TestFolder();
  for (const key of ["", "../../x", freshKey().toUpperCase(), `${freshKey()}0`]) {
    assertEquals(assertThrows(() => target(folder, { key }), ParasyncError).code, "bad_request");
  }
  assertEquals(folder.list(), []);
});

Deno.test("a link planted at the temporary's name is not followed", () => {
  using folder = new TestFolder();
  const key = freshKey();
  const victim = folder.write("victim", "precious");
  fs.symlinkSync(victim, folder.join(`.parasync-${key}.part`));
  assertThrows(() => target(folder, { key }), ParasyncError);
  fs.rmSync(folder.join(`.parasync-${key}.part`));
  fs.symlinkSync(folder.join("elsewhere"), folder.join(`.parasync-${key}.part`));
  assertThrows(() => target(folder, { key }), ParasyncError);
  assertEquals(fs.existsSync(folder.join("elsewhere")), false);
  assertEquals(folder.text("victim"), "precious");
});

Deno.test("writing beyond the announced size is refused and changes nothing", async () => {
  using folder = new TestFolder();
  await using file = target(folder);
  for (const [length, position] of [[1, 10], [11, 0], [1, -1]]) {
    const error = await assertRejects(
      () => file.writeAt(new Uint8Array(length!), position!),
      ParasyncError,
    );
    assertEquals(error.code, "stream");
  }
  assertEquals(fs.statSync(file.path).size, 10);
});

Deno.test("a failed write discards the target and fails a commit that is under way", async () => {
  using folder = new TestFolder();
  const full: AsyncTransfer = () =>
    Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
  const file = target(folder, { write: full });
  const error = await assertRejects(() => file.writeAt(text("x"), 0), ParasyncError);
  assertEquals(
    [error.code, error.message],
    ["no_space", "Cannot write out: no space left on its file system"],
  );
  assertEquals(folder.list(), []);

  const second = target(folder, { write: full });
  const write = assertRejects(() => second.writeAt(text("x"), 0), ParasyncError);
  const commit = assertRejects(
    () => second.commit({ basis: null, expectTarget: "any", fsync: false }),
    ParasyncError,
  );
  assertEquals((await write).code, "no_space");
  assertEquals((await commit).code, "no_space");
  assertEquals(folder.list(), []);
});

Deno.test("discarding twice, after a commit or during a write is harmless", async () => {
  using folder = new TestFolder();
  const file = target(folder);
  const write = file.writeAt(text("0123456789"), 0);
  const [written] = await Promise.allSettled([write, file.discard(), file.discard()]);
  // Either the write came first, or it is told that there is no file any more.
  assert(written.status === "fulfilled" || written.reason instanceof ParasyncError);
  await file.discard();
  assertEquals(folder.list(), []);
  const error = await assertRejects(() => file.writeAt(text("x"), 0), ParasyncError);
  assertEquals(error.message, "Cannot write out: its target is discarded");

  const committed = target(folder);
  await committed.commit({ basis: null, expectTarget: "any", fsync: false });
  await committed.discard();
  assertEquals(folder.list(), ["out"]);
});

Deno.test("an abort discards the target and says interrupted", async () => {
  using folder = new TestFolder();
  const abort = new AbortController();
  const file = target(folder, { signal: abort.signal });
  await file.writeAt(text("x"), 0);
  abort.abort();
  const error = await assertRejects(() => file.writeAt(text("y"), 1), ParasyncError);
  assertEquals(error.code, "interrupted");
  assertEquals(folder.list(), []);
  const create = () => target(folder, { signal: abort.signal });
  assertEquals(assertThrows(create, ParasyncError).code, "interrupted");
  await file.discard();
});

Deno.test("a worker opens the temporary for itself, and only that file", async () => {
  using folder = new TestFolder();
  await using file = target(folder);
  await file.writeAt(text("abc"), 0);
  {
    using own = openForApply(file.path, file.identity, "out");
    assertEquals(own.size, 10);
    fs.writeSync(own.fd, text("xyz"), 0, 3, 7);
  }
  assertEquals(fs.readFileSync(file.path, "utf8"), "abc\0\0\0\0xyz");
  const other = { ...file.identity, ino: "1" };
  const error = assertThrows(() => openForApply(file.path, other, "out"), ParasyncError);
  assertEquals(error.code, "changed");
  fs.symlinkSync(file.path, folder.join("link"));
  assertEquals(
    assertThrows(() => openForApply(folder.join("link")), ParasyncError).code,
    "file_selection",
  );
});

Deno.test("a kept temporary is adopted by the next session with what was written", async () => {
  using folder = new TestFolder();
  const [first, second] = [freshKey(), freshKey()];
  const file = target(folder, { key: first });
  const write = file.writeAt(text("01234"), 0);
  await file.keep();
  await write;
  assertEquals(folder.list(), [`.parasync-${first}.part`]);
  const location = folder.locate("out");
  const adopted = TargetFile.adopt({ location, key: second, size: 10 }, first);
  assertEquals(folder.list(), [`.parasync-${second}.part`]);
  await adopted.writeAt(text("56789"), 5);
  await adopted.commit({ basis: null, expectTarget: "absent", fsync: false });
  assertEquals(folder.text("out"), "0123456789");
  const missing = () => TargetFile.adopt({ location, key: second, size: 10 }, first);
  assertEquals(assertThrows(missing, ParasyncError).code, "not_found");
});

Deno.test("a temporary that anybody may write to is not adopted", () => {
  if (Deno.build.os === "windows") return;
  using folder = new TestFolder();
  const key = freshKey();
  fs.chmodSync(folder.write(`.parasync-${key}.part`, "0123456789"), 0o646);
  const location = folder.locate("out");
  const adopt = () => TargetFile.adopt({ location, key: freshKey(), size: 10 }, key);
  assertEquals(assertThrows(adopt, ParasyncError).code, "changed");
});

Deno.test({
  name: "a full file system refuses at once, or names the shortage while writing",
  // Mounting a small file system takes Linux and root; elsewhere the injected ENOSPC above must do.
  ignore: !LINUX_ROOT,
  fn: async () => {
    using folder = new TestFolder();
    fs.mkdirSync(folder.join("small"));
    run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.join("small"));
    try {
      const location = folder.locate("small/out");
      const size = 2 * 2 ** 20;
      const create = () => TargetFile.create({ location, key: freshKey(), size });
      const refused = assertThrows(create, ParasyncError, "no space left on its file system");
      assertEquals(refused.code, "no_space");
      assertEquals(fs.readdirSync(folder.join("small")), []);

      const file = TargetFile.create({ location, key: freshKey(), size, reserve: 0 });
      const error = await assertRejects(
        () => file.writeAt(new Uint8Array(size).fill(1), 0),
        ParasyncError,
      );
      assertEquals(
        [error.code, error.message],
        ["no_space", "Cannot write small/out: no space left on its file system"],
      );
      assertEquals(fs.readdirSync(folder.join("small")), []);
    } finally {
      run("umount", folder.join("small"));
    }
  },
});

Deno.test({
  name: "a read-only file system is named as the reason",
  // A folder's mode does not stop root, and only root can mount a read-only one; others use the mode.
  ignore: Deno.build.os !== "linux",
  fn: () => {
    using folder = new TestFolder();
    fs.mkdirSync(folder.join("ro"));
    if (LINUX_ROOT) run("mount", "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", folder.join("ro"));
    else fs.chmodSync(folder.join("ro"), 0o500);
    try {
      const location = folder.locate("ro/out");
      const create = () => TargetFile.create({ location, key: freshKey(), size: 1 });
      const error = assertThrows(create, ParasyncError, "Cannot write ro/out: ");
      assertEquals(error.code, "file_io");
      assertEquals(
        error.message.slice("Cannot write ro/out: ".length),
        LINUX_ROOT ? "its file system is read-only" : "permission denied",
      );
    } finally {
      if (LINUX_ROOT) run("umount", folder.join("ro"));
    }
  },
});

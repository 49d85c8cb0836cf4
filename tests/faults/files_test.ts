// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { Program, run, Server } from "../program.ts";
import { Relay } from "../relay.ts";
import { MOUNT_ONLY, SmallDisk } from "../small_disk.ts";
import { concat, equalBytes, ROOT_ONLY, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(300_000, 1);
const NEW = concat(OLD, someBytes(100_000, 2));

/** Root without the rights that let it ignore a file's permissions. */
const AS_ANYBODY = [
  "setpriv",
  "--bounding-set=-dac_override,-dac_read_search",
  "--inh-caps=-dac_override,-dac_read_search",
];

function fifo(path: string): string {
  const { success } = new Deno.Command("mkfifo", { args: [path] }).outputSync();
  assert(success);
  return path;
}

Deno.test("push names the new file that is missing, a folder, a pipe, a device or a dangling link", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const url = `${server.url}/a`;
  const gone = join(space.path, "gone");
  const link = join(space.path, "link");
  fs.symlinkSync(gone, link);
  assertFailed(await run(["push", gone, url]), 3, /gone: it does not exist/);
  assertFailed(await run(["push", join(gone, "x"), url]), 3, /gone\/x: it does not exist/);
  assertFailed(await run(["push", link, url]), 3, /link: it does not exist/);
  assertFailed(await run(["push", space.path, url]), 3, /: it is a folder/);
  assertFailed(
    await run(["push", fifo(join(space.path, "pipe")), url]),
    3,
    /pipe: it is a named pipe/,
  );
  assertFailed(await run(["push", "/dev/null", url]), 3, /\/dev\/null: it is a device/);
  await space.untouched("a", OLD);
});

Deno.test("push names the target that is a folder, a pipe or a link", async () => {
  await using space = new Workspace();
  const old = space.old("a", OLD);
  fs.mkdirSync(join(space.root, "folder"));
  fifo(join(space.root, "pipe"));
  fs.symlinkSync(old, join(space.root, "link"));
  const server = await space.serve();
  const file = space.new(NEW);
  for (const suffix of ["", ".new"]) {
    const flag = `--suffix=${suffix}`;
    const push = (name: string) => run(["push", file, `${server.url}/${name}`, flag]);
    assertFailed(await push("folder"), 3, /folder: it is a folder/);
    assertFailed(await push("pipe"), 3, /pipe: it is a named pipe/);
    assertFailed(await push("link"), 3, /link: it is a symbolic link/);
  }
  assert(fs.lstatSync(join(space.root, "link")).isSymbolicLink());
  await space.untouched("a", OLD);
});

Deno.test("a target with the name of this program's own files is refused", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const name = ".parasync-0123456789abcdef0123456789abcdef.part";
  const outcome = await run(["push", space.new(NEW), `${server.url}/${name}`]);
  assertFailed(outcome, 5, /this program's own/);
});

Deno.test({
  name:
    `an unreadable file ends a push with 11, at either end, without the server's paths${ROOT_ONLY}`,
  ignore: ROOT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const old = space.old("a", OLD);
    const file = space.new(NEW);
    const server = await space.serve([], { within: AS_ANYBODY });
    fs.chmodSync(file, 0);
    const push = ["push", file, `${server.url}/a`];
    assertFailed(await run(push, { within: AS_ANYBODY }), 11, /new: permission denied/);
    fs.chmodSync(file, 0o600);
    fs.chmodSync(old, 0);
    const refused = await run(push);
    assertFailed(refused, 11, /Cannot open a: permission denied/);
    fs.chmodSync(old, 0o600);
    await space.untouched("a", OLD);
  },
});

Deno.test({
  name: `a root that must not be written to ends a push with 11 and the reason${ROOT_ONLY}`,
  ignore: ROOT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    space.old("a", OLD);
    fs.chmodSync(space.root, 0o500);
    const server = await space.serve([], { within: AS_ANYBODY });
    const outcome = await run(["push", space.new(NEW), `${server.url}/a`]);
    assertFailed(outcome, 11, /Cannot \w+ a: permission denied/);
    await space.untouched("a", OLD);
  },
});

Deno.test({
  name: `a server whose disk is too small says so before anything is sent${MOUNT_ONLY}`,
  ignore: MOUNT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const disk = space.with(new SmallDisk(join(space.path, "small"), 2 << 20));
    fs.writeFileSync(join(disk.path, "a"), OLD);
    const server = space.with(await Server.start(disk.path));
    const big = space.new(someBytes(4 << 20, 3));
    assertFailed(await run(["push", big, `${server.url}/a`]), 11, /a: no space left/);
    await space.clean();
    assert(equalBytes(fs.readFileSync(join(disk.path, "a")), OLD));
    assertEquals(fs.readdirSync(disk.path), ["a"]);
    assertSucceeded(await run(["push", space.new(NEW), `${server.url}/a`]));
  },
});

Deno.test({
  name: `a disk that becomes full in the middle ends a push with 11 and the reason${MOUNT_ONLY}`,
  ignore: MOUNT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const disk = space.with(new SmallDisk(join(space.path, "small"), 40 << 20));
    fs.writeFileSync(join(disk.path, "a"), OLD);
    const server = space.with(await Server.start(disk.path));
    const relay = space.with(new Relay(server.port, { holdAfter: 4 << 20 }));
    const big = space.new(concat(OLD, someBytes(24 << 20, 3)));
    await using client = new Program(["push", big, `${relay.url}/a`]);
    await space.temporary();
    await relay.holding;
    fillUp(join(disk.path, "other"));
    relay.release();
    const outcome = await client.ended;
    if (outcome.code === 0) {
      // Where the blocks are reserved beforehand others cannot take them away.
      assertEquals(fs.statSync(join(disk.path, "a")).size, OLD.length + (24 << 20));
    } else {
      assertFailed(outcome, 11, /a: no space left/);
      assert(equalBytes(fs.readFileSync(join(disk.path, "a")), OLD));
    }
    await space.clean();
    assertEquals(fs.readdirSync(disk.path).sort(), ["a", "other"]);
  },
});

Deno.test({
  name: `what has not changed needs no room, and what has says that there is none${MOUNT_ONLY}`,
  ignore: MOUNT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const disk = space.with(new SmallDisk(join(space.path, "small"), 4 << 20));
    const old = someBytes(3 << 20, 4);
    const target = join(disk.path, "a");
    fs.writeFileSync(target, old);
    const server = space.with(await Server.start(disk.path));
    const { ino } = fs.statSync(target);
    assertSucceeded(await run(["push", space.new(old), `${server.url}/a`]));
    const changed = old.slice().fill(7, 2 << 20, (2 << 20) + 100);
    assertFailed(
      await run(["push", space.new(changed), `${server.url}/a`]),
      11,
      /a: no space left/,
    );
    await space.clean();
    assert(equalBytes(fs.readFileSync(target), old));
    assertEquals([fs.statSync(target).ino, ...fs.readdirSync(disk.path)], [ino, "a"]);
  },
});

/** Takes every byte that is left. */
function fillUp(path: string): void {
  const fd = fs.openSync(path, "w");
  const piece = new Uint8Array(64 << 10);
  try {
    for (;;) {
      if (fs.writeSync(fd, piece) < piece.length) break;
    }
  } catch (error) {
    assert(error instanceof Error && /ENOSPC|No space/i.test(error.message), String(error));
  } finally {
    fs.closeSync(fd);
  }
}

Deno.test("a server refuses files above --max-file-size with 22, at either end", async () => {
  await using space = new Workspace();
  space.old("small", OLD);
  space.old("large", NEW);
  const server = await space.serve([`--max-file-size=${OLD.length}`]);
  const file = space.new(NEW);
  const push = (path: string, name: string) => run(["push", path, `${server.url}/${name}`]);
  assertFailed(await push(file, "small"), 22, new RegExp(`limit is ${OLD.length}`));
  assertFailed(await push(file, "large"), 22, /more than/);
  await space.untouched("small", OLD);
  await space.untouched("large", NEW);
});

Deno.test("a patch larger than --max-body comes in several bodies", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve(["--max-body=1MiB"]);
  const content = concat(someBytes(5 << 20, 4), OLD);
  assertSucceeded(await run(["push", space.new(content), `${server.url}/a`]));
  await space.untouched("a", content);
});

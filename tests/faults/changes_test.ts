import fs from "node:fs";
import { join } from "node:path";
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { Program } from "../program.ts";
import { Relay } from "../relay.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(3_000_000, 1);
/** The old content at the end: its copies come after literals that are more than all buffers hold. */
const NEW = concat(someBytes(24 << 20, 2), OLD);
const MIDDLE = 4 << 20;

interface Middle {
  /** The client, half way through its patch. */
  readonly client: Program;
  /** The old file. */
  readonly old: string;
  /** The new file. */
  readonly file: string;
  /** Lets it go on. */
  release(): void;
}

/** Starts a push and stops the line in the middle of the patch. */
async function middle(space: Workspace, ...flags: string[]): Promise<Middle> {
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const server = await space.serve();
  const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
  const args = ["push", file, `${relay.url}/a`, "--progress=off", ...flags];
  const client = space.with(new Program(args));
  await space.temporary();
  await relay.holding;
  return { client, old, file, release: () => relay.release() };
}

function touchByte(path: string, at: number): void {
  const fd = fs.openSync(path, "r+");
  fs.writeSync(fd, new Uint8Array([at & 255]), 0, 1, at);
  fs.closeSync(fd);
}

const SOURCE_CHANGES: Record<string, (file: string) => void> = {
  "changed in place": (file) => touchByte(file, 20 << 20),
  "longer": (file) => fs.appendFileSync(file, "more"),
  "shorter": (file) => fs.truncateSync(file, 10 << 20),
  "replaced": (file) => {
    fs.writeFileSync(`${file}.2`, NEW);
    fs.renameSync(`${file}.2`, file);
  },
  "removed": (file) => fs.rmSync(file),
};

for (const [name, change] of Object.entries(SOURCE_CHANGES)) {
  Deno.test(`a push ends with 24 when the new file is ${name} meanwhile`, async () => {
    await using space = new Workspace();
    const { client, file, release } = await middle(space);
    change(file);
    release();
    assertFailed(await client.ended, 24, /new: .*(changed|replaced|removed|shorter)/);
    await space.untouched("a", OLD);
  });
}

const BASIS_CHANGES: Record<string, (old: string) => void> = {
  "changed in place": (old) => touchByte(old, 1_000_000),
  "longer": (old) => fs.appendFileSync(old, "more"),
  "empty": (old) => fs.truncateSync(old),
  "replaced": (old) => {
    fs.writeFileSync(`${old}.2`, "another");
    fs.renameSync(`${old}.2`, old);
  },
  "replaced by a folder": (old) => {
    fs.rmSync(old);
    fs.mkdirSync(old);
  },
  "replaced by a link": (old) => {
    fs.renameSync(old, `${old}.2`);
    fs.symlinkSync(`${old}.2`, old);
  },
};

for (const suffix of ["", ".new"]) {
  for (const [name, change] of Object.entries(BASIS_CHANGES)) {
    Deno.test(`a push${suffix && ` to ${suffix}`} ends with 24 when the old file is ${name} meanwhile`, async () => {
      await using space = new Workspace();
      const { client, old, release } = await middle(space, `--suffix=${suffix}`);
      change(old);
      const [before, isFile] = [fs.lstatSync(old).ino, fs.statSync(old).isFile()];
      const content = isFile ? fs.readFileSync(old) : undefined;
      release();
      assertFailed(await client.ended, 24, /a: .*(changed|replaced|removed)/);
      await space.clean();
      assertEquals(fs.lstatSync(old).ino, before);
      if (content !== undefined) assert(equalBytes(fs.readFileSync(old), content));
      assert(!fs.existsSync(`${old}.new`));
    });
  }
}

Deno.test("a push ends with 24 when the old file is removed meanwhile, and does not bring it back", async () => {
  await using space = new Workspace();
  const { client, old, release } = await middle(space);
  fs.rmSync(old);
  release();
  assertFailed(await client.ended, 24, /a: .*removed/);
  await space.clean();
  assert(!fs.existsSync(old));
});

Deno.test("a push that creates its target ends with 24 when somebody else creates it meanwhile", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
  await using client = new Program(["push", space.new(NEW), `${relay.url}/b`]);
  await space.temporary();
  space.old("b", "theirs");
  relay.release();
  assertFailed(await client.ended, 24, /b: it was created meanwhile/);
  await space.untouched("b", new TextEncoder().encode("theirs"));
});

Deno.test("a push ends with 24 when its temporary file is removed or replaced meanwhile", async () => {
  for (const replace of [false, true]) {
    await using space = new Workspace();
    const { client, release } = await middle(space);
    const temporary = await space.temporary();
    fs.rmSync(temporary);
    if (replace) fs.writeFileSync(temporary, "theirs", { mode: 0o600 });
    release();
    assertFailed(await client.ended, 24, /temporary/);
    fs.rmSync(temporary, { force: true });
    await space.untouched("a", OLD);
  }
});

Deno.test("a push ends with 24 when the target's folder is replaced meanwhile", async () => {
  await using space = new Workspace();
  const [folder, aside] = [join(space.root, "x"), join(space.root, "y")];
  fs.mkdirSync(folder);
  space.old("x/a", OLD);
  const server = await space.serve();
  const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
  await using client = new Program(["push", space.new(NEW), `${relay.url}/x/a`]);
  await space.temporary();
  fs.renameSync(folder, aside);
  fs.mkdirSync(folder);
  fs.writeFileSync(join(folder, "a"), OLD);
  relay.release();
  const { code } = await client.ended;
  assert(code === 24 || code === 3, `it ended with ${code}`);
  assert(equalBytes(space.read("x/a"), OLD));
  assert(equalBytes(space.read("y/a"), OLD));
});

Deno.test("a target's permissions may change meanwhile, and are kept", async () => {
  await using space = new Workspace();
  const { client, old, release } = await middle(space);
  fs.chmodSync(old, 0o600);
  release();
  assertSucceeded(await client.ended);
  assertEquals((fs.statSync(old).mode & 0o777).toString(8), "600");
  await space.untouched("a", NEW);
});

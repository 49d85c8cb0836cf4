// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
// @ts-types="../types/std_path.d.ts"
import { basename, fromFileUrl } from "@std/path";
import { ParasyncError } from "../errors.ts";
import { identityOf } from "./identity.ts";
import { openPinned } from "./pinned_file.ts";
import { type CommitOptions, commitUnchanged } from "./target_commit.ts";
import { TargetFile } from "./target_file.ts";
import { race } from "./test_race.ts";
import { freshKey, LINUX_ROOT, TestFolder } from "./test_folder.ts";

/** How setpriv becomes a user without rights. */
const NOBODY = ["--reuid=12345", "--regid=12345", "--clear-groups"];

function nobodyReachesUs(): boolean {
  const here = fromFileUrl(import.meta.url);
  try {
    const args = [...NOBODY, "test", "-r", here];
    return new Deno.Command("setpriv", { args }).outputSync().success;
  } catch {
    return false;
  }
}

const NEW = "the new content";

async function built(folder: TestFolder, name = "f"): Promise<TargetFile> {
  const bytes = new TextEncoder().encode(NEW);
  const location = folder.locate(name);
  const file = TargetFile.create({ location, key: freshKey(), size: bytes.length });
  await file.writeAt(bytes, 0);
  return file;
}

function options(changes: Partial<CommitOptions> = {}): CommitOptions {
  return { basis: null, expectTarget: "any", fsync: false, ...changes };
}

/** A commit that must fail, and leave everything as it was. */
async function refused(
  folder: TestFolder,
  file: TargetFile,
  changes: Partial<CommitOptions>,
): Promise<ParasyncError> {
  const before = folder.list().filter((name) => !name.startsWith(".parasync-"));
  const error = await assertRejects(() => file.commit(options(changes)), ParasyncError);
  assertEquals(folder.list(), before);
  return error;
}

Deno.test("a commit replaces the file at once and leaves nothing else behind", async () => {
  using folder = new TestFolder();
  const path = folder.write("f", "old");
  using basis = openPinned(path);
  const file = await built(folder);
  assertEquals(folder.text("f"), "old");
  const result = await file.commit(options({ basis, expectTarget: basis.identity, fsync: true }));
  assertEquals(folder.text("f"), NEW);
  assertEquals(folder.list(), ["f"]);
  assertEquals([result.replaced, result.durable], [true, true]);
  using now = openPinned(path, { expect: result.identity });
  assertEquals(now.size, NEW.length);
});

Deno.test("a target that stays gets its time, unless it or its lease has gone meanwhile", async () => {
  using folder = new TestFolder();
  const path = folder.write("f", "old");
  const location = folder.locate("f");
  const mtimeMs = 1_700_000_000_123;
  {
    using basis = openPinned(path);
    const expectTarget = basis.identity;
    const stays = options({ basis, expectTarget, mtimeMs, fsync: true });
    const result = await commitUnchanged(location, basis, stays);
    assertEquals([result.replaced, result.durable], [false, true]);
    assertEquals(fs.statSync(path).mtimeMs, mtimeMs);
    using _now = openPinned(path, { expect: result.identity });
    // It has another time by now than when it was read.
    const error = await assertRejects(
      () => commitUnchanged(location, basis, stays),
      ParasyncError,
    );
    assertEquals(error.code, "changed");
  }
  using basis = openPinned(path);
  const gone = new ParasyncError("locked", "Cannot go on: the lease is lost");
  const lease = {
    verifyHeld: (): void => {
      throw gone;
    },
  };
  const lost = options({ basis, expectTarget: basis.identity, mtimeMs: 5, lease });
  assertEquals(await assertRejects(() => commitUnchanged(location, basis, lost)), gone);
  fs.renameSync(path, folder.join("g"));
  folder.write("f", "old");
  const replaced = options({ basis, expectTarget: basis.identity, mtimeMs: 5 });
  await assertRejects(() => commitUnchanged(location, basis, replaced), ParasyncError);
  for (const name of ["f", "g"]) {
    assertEquals(fs.statSync(folder.join(name)).mtimeMs === 5, false);
    assertEquals(folder.text(name), "old");
  }
});

Deno.test("mode and time: the replaced file's permissions, the new file's time", async () => {
  if (Deno.build.os === "windows") return;
  using folder = new TestFolder();
  fs.chmodSync(folder.write("f", "old"), 0o640);
  // Every millisecond counts, or the next sync takes the file for another one.
  const times = [0, 1_700_000_000_123, 1_763_000_000_001, 1_763_007_919_999];
  for (const mtimeMs of times) {
    await (await built(folder)).commit(options({ mtimeMs }));
    const stat = fs.statSync(folder.join("f"), { bigint: true });
    assertEquals(Number(stat.mode) & 0o7777, 0o640);
    assertEquals(identityOf(stat).mtimeNs, String(BigInt(mtimeMs) * 1_000_000n));
  }
});

Deno.test("a created file is 0644, whatever else is asked is obeyed", async () => {
  if (Deno.build.os === "windows") return;
  using folder = new TestFolder();
  const created = await (await built(folder)).commit(options({ expectTarget: "absent" }));
  assertEquals(fs.statSync(folder.join("f")).mode & 0o7777, 0o644);
  assertEquals(fs.statSync(folder.join("f")).nlink, 1);
  assertEquals([created.replaced, created.durable], [false, false]);
  await (await built(folder, "g")).commit(options({ mode: 0o751 }));
  assertEquals(fs.statSync(folder.join("g")).mode & 0o7777, 0o751);
});

Deno.test("set-user-id, set-group-id and sticky bits are dropped", async () => {
  if (Deno.build.os === "windows") return;
  using folder = new TestFolder();
  fs.chmodSync(folder.write("f", "old"), 0o7755);
  await (await built(folder)).commit(options());
  assertEquals(fs.statSync(folder.join("f")).mode & 0o7777, 0o755);
});

Deno.test({
  name: "the owner and the group are kept where that is permitted",
  // Giving files away takes root.
  ignore: !LINUX_ROOT,
  fn: async () => {
    using folder = new TestFolder();
    const path = folder.write("f", "old");
    fs.chownSync(path, 12345, 54321);
    fs.chmodSync(path, 0o664);
    await (await built(folder)).commit(options());
    const { uid, gid, mode } = fs.statSync(path);
    assertEquals([uid, gid, mode & 0o7777], [12345, 54321, 0o664]);
  },
});

Deno.test({
  name: "where the group cannot be kept, its permissions shrink to everybody's",
  // Becoming a user without rights takes root and setpriv, and that user must reach this checkout.
  ignore: !LINUX_ROOT || !nobodyReachesUs(),
  fn: async () => {
    using folder = new TestFolder();
    const path = folder.write("f", "old");
    fs.chmodSync(path, 0o674);
    fs.chownSync(path, 0, 54321);
    fs.chmodSync(folder.path, 0o777);
    const script = `
      import { TargetFile } from ${JSON.stringify(import.meta.resolve("./target_file.ts"))};
      import { Root } from ${JSON.stringify(import.meta.resolve("./root.ts"))};
      const location = Root.open(Deno.args[0]).locate("f");
      const file = TargetFile.create({ location, key: "0".repeat(32), size: 1 });
      await file.commit({ basis: null, expectTarget: "any", fsync: false });
    `;
    const child = new Deno.Command("setpriv", {
      args: [...NOBODY, Deno.execPath(), "run", "-A", "--no-config", "-", folder.path],
      env: { HOME: folder.path, DENO_DIR: folder.join(".cache") },
      stdin: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    const { success, stderr } = await child.output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const { uid, gid, mode } = fs.statSync(path);
    assertEquals([uid, gid, mode & 0o7777], [12345, 12345, 0o644]);
  },
});

Deno.test("a basis that changed, was replaced or removed fails the commit", async () => {
  using folder = new TestFolder();
  const path = folder.write("basis", "old");
  fs.utimesSync(path, 1e9, 1e9);
  const cases: [() => void, string][] = [
    [() => fs.appendFileSync(path, "er"), "it was changed meanwhile"],
    [() => fs.renameSync(folder.write("x", "old"), path), "it was replaced meanwhile"],
    [() => fs.unlinkSync(path), "it was removed meanwhile"],
  ];
  for (const [change, reason] of cases) {
    using basis = openPinned(path, { name: "basis" });
    const file = await built(folder);
    change();
    const error = await refused(folder, file, { basis });
    assertEquals([error.code, error.message], ["changed", `Cannot use basis: ${reason}`]);
  }
});

Deno.test("a target that is not as expected fails the commit and stays", async () => {
  using folder = new TestFolder();
  const path = folder.write("f", "old");
  using old = openPinned(path);
  const code = async (changes: Partial<CommitOptions>) =>
    (await refused(folder, await built(folder), changes)).code;
  assertEquals(await code({ expectTarget: "absent" }), "changed");
  fs.writeFileSync(path, "another");
  assertEquals(await code({ expectTarget: old.identity }), "changed");
  assertEquals(folder.text("f"), "another");
  fs.unlinkSync(path);
  assertEquals(await code({ expectTarget: old.identity }), "changed");
  fs.mkdirSync(path);
  assertEquals(await code({}), "file_selection");
  fs.rmdirSync(path);
  fs.symlinkSync("elsewhere", path);
  assertEquals(await code({}), "file_selection");
  assertEquals(await code({ expectTarget: "absent" }), "changed");
});

Deno.test("of several processes that create one target, exactly one does", async () => {
  using folder = new TestFolder();
  const wrong = await race(folder, {
    setUp: `import { TargetFile } from ${JSON.stringify(import.meta.resolve("./target_file.ts"))};
      import { Root } from ${JSON.stringify(import.meta.resolve("./root.ts"))};
      import { freshKey } from ${JSON.stringify(import.meta.resolve("./test_folder.ts"))};
      const location = Root.open(Deno.args[0]).locate("f");`,
    attempt: `const file = TargetFile.create({ location, key: freshKey(), size: 1 });
      await file.commit({ basis: null, expectTarget: "absent", fsync: false });`,
    refusal: "changed",
    cleanUp: "",
    prepare: () => fs.rmSync(folder.join("f"), { force: true }),
  });
  assertEquals(wrong, 0);
  assertEquals(folder.list(), ["f", "racer.ts"]);
});

Deno.test("a target that appears between the checks and the naming is not overwritten", async () => {
  using folder = new TestFolder();
  const file = await built(folder);
  let looks = 0;
  // The lease is asked before the target is looked at; the second look is the last one.
  const lease = {
    verifyHeld: () => {
      if (++looks === 2) folder.write("f", "theirs");
    },
  };
  const error = await assertRejects(
    () => file.commit(options({ expectTarget: "absent", lease })),
    ParasyncError,
  );
  assertEquals([error.code, looks], ["changed", 2]);
  assertEquals([folder.text("f"), folder.list()], ["theirs", ["f"]]);
});

Deno.test("a folder swapped for a link to the outside fails the commit", async () => {
  using folder = new TestFolder();
  fs.mkdirSync(folder.join("sub"));
  fs.mkdirSync(folder.join("outside"));
  const file = await built(folder, "sub/f");
  fs.renameSync(folder.join("sub"), folder.join("aside"));
  // Even a second name of the temporary in the other folder does not let the result out.
  fs.linkSync(folder.join("aside", basename(file.path)), folder.join("outside", "second"));
  fs.renameSync(folder.join("outside/second"), folder.join("outside", basename(file.path)));
  fs.symlinkSync("outside", folder.join("sub"));
  const error = await assertRejects(() => file.commit(options()), ParasyncError);
  assertEquals(error.code, "changed");
  assertEquals(fs.existsSync(folder.join("outside/f")), false);
});

Deno.test("a temporary that was replaced or grew is not committed", async () => {
  using folder = new TestFolder();
  const replaced = await built(folder);
  fs.unlinkSync(replaced.path);
  fs.writeFileSync(replaced.path, NEW);
  assertEquals((await refused(folder, replaced, {})).code, "changed");
  const grown = await built(folder);
  fs.appendFileSync(grown.path, "more");
  assertEquals((await refused(folder, grown, {})).code, "changed");
});

Deno.test("a lease that was lost and an abort both fail the commit", async () => {
  using folder = new TestFolder();
  const lease = {
    verifyHeld: () => {
      throw new ParasyncError("locked", "Cannot sync f: lost");
    },
  };
  assertEquals((await refused(folder, await built(folder), { lease })).code, "locked");

  const abort = new AbortController();
  const location = folder.locate("f");
  const { signal } = abort;
  const file = TargetFile.create({ location, key: freshKey(), size: 0, signal });
  const late = { verifyHeld: () => abort.abort() };
  assertEquals((await refused(folder, file, { lease: late, fsync: true })).code, "interrupted");
});

Deno.test("a commit comes once", async () => {
  using folder = new TestFolder();
  const file = await built(folder);
  await file.commit(options());
  const error = await assertRejects(() => file.commit(options()), ParasyncError);
  assertEquals(error.message, "Cannot write f: its target is committed");
});

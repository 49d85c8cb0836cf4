// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { SCHEME_NAMES, SCHEMES } from "../../src/schemes/scheme_name.ts";
import { assertFailed, assertSucceeded, assertSummary } from "../outcome.ts";
import { run } from "../program.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(400_000, 1);
const NEW = concat(OLD.subarray(0, 150_000), someBytes(6_000, 2), OLD.subarray(150_000));

for (const scheme of SCHEME_NAMES) {
  Deno.test(`${scheme}_test writes OLD.patch and prints the original's lines, then the summary`, async () => {
    await using space = new Workspace();
    const [old, file] = [space.old("a", OLD), space.new(NEW)];
    const shown = assertSucceeded(await run([`${scheme}_test`, old, file]));
    assertMatch(shown, /^Using non-hardware accelerated hashing algorithm \(default\)\n/);
    const times = shown.match(/^[A-Z].*?(?:,| in ) ?\d+\.\d{6}(?: seconds)?$/gm);
    assertEquals(times?.length, SCHEMES[scheme].opens === "signature" ? 3 : 6, shown);
    assertMatch(shown, /a\.patch: verified in /);
    assert(equalBytes(space.read("a.patch"), NEW));
    await space.untouched("a", OLD);
  });
}

Deno.test("a test's third argument is 0, 1, or said to be invalid and taken for 0", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  const asked = async (...args: readonly string[]): Promise<[unknown, string]> => {
    const json = ["--json", "--log-level=error"];
    const { hw_requested: hw } = assertSummary(
      await run(["dsync_test", old, file, ...args, ...json]),
    );
    const shown = assertSucceeded(
      await run(["dsync_test", old, file, ...args, "--log-level=error"]),
    );
    return [hw, shown.split("\n")[0]!];
  };
  const plain = "Using non-hardware accelerated hashing algorithm";
  assertEquals(await asked("0"), ["0", plain]);
  assertEquals((await asked("1"))[0], "1");
  assertEquals((await asked("--hw=1"))[0], "1");
  assertEquals(await asked("0", "--hw=0"), ["0", plain]);
  assertEquals(await asked("2"), [
    "0",
    "Invalid hash algorithm 2, using non-hardware accelerated hashing algorithm",
  ]);
});

Deno.test("a test whose third argument and --hw differ is refused, and writes nothing", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", OLD), space.new(NEW)];
  for (const [text, hw] of [["0", "1"], ["1", "0"], ["2", "1"], ["1", "auto"]] as const) {
    const outcome = await run(["dsync_test", old, file, text, `--hw=${hw}`]);
    assertFailed(outcome, 1, new RegExp(`HW ${text} with --hw=${hw}: they differ`));
  }
  assertEquals(fs.readdirSync(space.root), ["a"]);
});

Deno.test("a test without two files ends with 1, without an old one with 3, and writes nothing", async () => {
  await using space = new Workspace();
  const file = space.new(NEW);
  const gone = join(space.path, "gone");
  assertFailed(await run(["rsync_test", file]), 1, /NEW is missing \(see .*rsync_test --help\)/);
  assertFailed(await run(["rsync_test"]), 1, /OLD and NEW are missing/);
  assertFailed(await run(["rsync_test", gone, file]), 3, /gone: it does not exist/);
  assertEquals(fs.readdirSync(space.path).sort(), ["new", "root"]);
});

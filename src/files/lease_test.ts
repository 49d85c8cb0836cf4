// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fs from "node:fs";
import { ParasyncError } from "../errors.ts";
import { currentHolder, type Holder, holderState } from "./holder.ts";
import { acquireLease, LEASE_STALE_MS } from "./lease.ts";
import { decodeLeaseRecord, encodeLeaseRecord } from "./lease_record.ts";
import { race } from "./test_race.ts";
import { freshKey, TestFolder } from "./test_folder.ts";

const LINUX = Deno.build.os === "linux";

/** A lease as a holder that was ended left it. */
function plant(folder: TestFolder, holder: Holder, ageMs: number): string {
  const lease = acquireLease(folder.locate("f"), freshKey());
  const { path } = lease;
  lease.release();
  fs.writeFileSync(path, encodeLeaseRecord({ version: 1, ...holder, key: freshKey() }));
  const time = new Date(Date.now() - ageMs);
  fs.utimesSync(path, time, time);
  return path;
}

function isLocked(folder: TestFolder): boolean {
  try {
    acquireLease(folder.locate("f"), freshKey()).release();
    return false;
  } catch (error) {
    if (error instanceof ParasyncError && error.code === "locked") return true;
    throw error;
  }
}

async function deadProcess(): Promise<Holder> {
  const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
  const self = currentHolder();
  const stat = fs.readFileSync(`/proc/${child.pid}/stat`, "utf8");
  const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!;
  child.kill("SIGKILL");
  await child.status;
  return { ...self, pid: child.pid, started };
}

Deno.test("one lease per target, gone without a trace when released", () => {
  using folder = new TestFolder();
  const lease = acquireLease(folder.locate("f"), freshKey());
  lease.verifyHeld();
  const error = assertThrows(() => acquireLease(folder.locate("f"), freshKey()), ParasyncError);
  assertEquals(
    [error.code, error.message],
    ["locked", "Cannot sync f: another sync of it is at work"],
  );
  using _other = acquireLease(folder.locate("g"), freshKey());
  assertEquals(folder.list().length, 2);
  for (const name of folder.list()) {
    assertEquals(/^\.parasync-[0-9a-f]{16}\.lease$/.test(name), true);
  }
  lease.release();
  lease.release();
  assertThrows(() => lease.verifyHeld(), ParasyncError);
  assertEquals([isLocked(folder), folder.list().length], [false, 1]);
});

Deno.test("a lease is private and says who holds it", () => {
  using folder = new TestFolder();
  const key = freshKey();
  using lease = acquireLease(folder.locate("f"), key);
  const record = decodeLeaseRecord(fs.readFileSync(lease.path));
  assertEquals([record?.pid, record?.key], [Deno.pid, key]);
  if (LINUX) assertEquals(fs.statSync(lease.path).mode & 0o777, 0o600);
});

Deno.test({
  name: "the lease of a dead process is taken over at once",
  // Only Linux tells that a process is the one that wrote the lease; elsewhere the age decides.
  ignore: !LINUX,
  fn: async () => {
    using folder = new TestFolder();
    plant(folder, await deadProcess(), 0);
    assertEquals(isLocked(folder), false);
    // The same number, but another process: this one started at another time.
    plant(folder, { ...currentHolder(), started: "1" }, 0);
    assertEquals(isLocked(folder), false);
    assertEquals(folder.list(), []);
  },
});

Deno.test({
  name: "the lease of a living process stands however old",
  ignore: !LINUX,
  fn: () => {
    using folder = new TestFolder();
    plant(folder, currentHolder(), 100 * LEASE_STALE_MS);
    assertEquals(isLocked(folder), true);
  },
});

Deno.test("the lease of a process elsewhere stands for 30 seconds after its last renewal", () => {
  using folder = new TestFolder();
  const elsewhere = { pid: Deno.pid, place: "another machine", started: "1" };
  for (const [age, expected] of [[0, true], [LEASE_STALE_MS - 5_000, true], [31_000, false]]) {
    const path = plant(folder, elsewhere, Number(age));
    assertEquals(isLocked(folder), expected, `${age} ms`);
    fs.rmSync(path, { force: true });
  }
  // The clock was set back: nobody has renewed it since.
  plant(folder, elsewhere, -3_600_000);
  assertEquals(isLocked(folder), false);
});

Deno.test("garbage in a lease's place is a holder that cannot be asked", () => {
  using folder = new TestFolder();
  for (const garbage of ["", "{", "null", '{"version":1}', "x".repeat(100_000)]) {
    const path = plant(folder, currentHolder(), 0);
    fs.writeFileSync(path, garbage);
    assertEquals(isLocked(folder), true, garbage.slice(0, 20));
    fs.utimesSync(path, 1e9, 1e9);
    assertEquals(isLocked(folder), false, garbage.slice(0, 20));
  }
});

Deno.test("what is no regular file in a lease's place is left alone", () => {
  using folder = new TestFolder();
  const path = plant(folder, currentHolder(), 0);
  fs.unlinkSync(path);
  fs.symlinkSync(folder.write("victim", "precious"), path);
  const error = assertThrows(() => acquireLease(folder.locate("f"), freshKey()), ParasyncError);
  assertEquals(error.code, "locked");
  assertEquals(folder.text("victim"), "precious");
  assertEquals(folder.list().filter((name) => name.endsWith(".new")), []);
});

Deno.test("a holder whose lease was taken over is told, and takes nothing from the new one", () => {
  using folder = new TestFolder();
  const first = acquireLease(folder.locate("f"), freshKey());
  const elsewhere = { pid: 1, place: "another machine", started: "1", key: freshKey() };
  fs.writeFileSync(first.path, encodeLeaseRecord({ version: 1, ...elsewhere }));
  fs.utimesSync(first.path, 1e9, 1e9);
  using second = acquireLease(folder.locate("f"), freshKey());
  const error = assertThrows(() => first.verifyHeld(), ParasyncError, "taken over");
  assertEquals(error.code, "locked");
  first.renew();
  first.release();
  second.verifyHeld();
  assertEquals(fs.existsSync(second.path), true);
});

Deno.test("a renewal makes the lease new again", () => {
  using folder = new TestFolder();
  using lease = acquireLease(folder.locate("f"), freshKey());
  fs.utimesSync(lease.path, 1e9, 1e9);
  lease.renew();
  assertNotEquals(fs.statSync(lease.path).mtimeMs, 1e12);
  lease.verifyHeld();
});

Deno.test("a process that cannot be placed is neither alive nor dead", () => {
  const self = currentHolder();
  const nowhere = { ...self, place: "" };
  assertEquals(holderState(nowhere, nowhere), "unknown");
  assertEquals(holderState({ ...self, place: "another" }, self), "unknown");
  if (LINUX) assertEquals(holderState(self, self), "alive");
});

function raceForLease(folder: TestFolder, prepare: () => void): Promise<number> {
  return race(folder, {
    setUp: `import { acquireLease } from ${JSON.stringify(import.meta.resolve("./lease.ts"))};
      import { Root } from ${JSON.stringify(import.meta.resolve("./root.ts"))};
      const location = Root.open(Deno.args[0]).locate("f");
      let lease = null;`,
    attempt: `lease = acquireLease(location, ${JSON.stringify(freshKey())});`,
    refusal: "locked",
    cleanUp: "lease?.release(); lease = null;",
    prepare,
  });
}

Deno.test("of several processes that want a free lease, exactly one gets it", async () => {
  using folder = new TestFolder();
  assertEquals(await raceForLease(folder, () => {}), 0);
  assertEquals(folder.list(), ["racer.ts"]);
});

Deno.test({
  name: "of several processes that find a stale lease, exactly one takes it over",
  // Windows does not rename over an open file; a stale lease is removed by a sweep there.
  ignore: Deno.build.os === "windows",
  fn: async () => {
    using folder = new TestFolder();
    const elsewhere = { pid: 1, place: "another machine", started: "1" };
    assertEquals(await raceForLease(folder, () => plant(folder, elsewhere, 3_600_000)), 0);
    assertEquals(folder.list(), ["racer.ts"]);
  },
});

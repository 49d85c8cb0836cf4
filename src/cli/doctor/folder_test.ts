// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { acquireLease } from "../../files/lease.ts";
import { newSessionKey } from "../../files/artefact.ts";
import { Root } from "../../files/root.ts";
import { checkFolder, examineFolder, type FolderFacts } from "./folder.ts";
import { findLeftovers } from "./leftovers.ts";

const NONE = { held: 0, recent: 0, stale: 0, staleBytes: 0, oldestMs: 0 };
const WELL: FolderFacts = {
  name: "srv",
  path: "/srv",
  written: { elapsedMs: 3.2, durable: true },
  space: { kind: "ext4", totalBytes: 100e9, freeBytes: 20e9, freeFiles: 1000 },
  leftovers: NONE,
};
const HOUR = 3_600_000;

function check(name: string, facts: Partial<FolderFacts>) {
  const found = checkFolder({ ...WELL, ...facts }).find((each) => each.name === name);
  assert(found !== undefined, name);
  return found;
}

function folder(): string {
  return fs.realpathSync(Deno.makeTempDirSync({ prefix: "parasync-test-" }));
}

Deno.test("a folder as it should be has no notes", () => {
  assertEquals(checkFolder(WELL).map(({ status }) => status), ["ok", "ok", "ok", "ok"]);
  assertEquals(check("root_space", {}).text, "20.0 GB free of 100 GB (ext4)");
});

Deno.test("what cannot be written is a problem, with advice by its reason", () => {
  const cases: readonly (readonly [reason: string, advice: RegExp])[] = [
    ["permission denied", /chown USER \/srv/],
    ["its file system is read-only", /Mount it writable/],
    ["no space left on its file system", /Make room/],
    ["this program was started without the permission for it", /--allow-write=\/srv/],
  ];
  for (const [reason, advice] of cases) {
    const found = check("root_writable", { written: { code: "file_io", reason } });
    assertEquals([found.status, found.code, found.text], ["problem", "file_io", `no: ${reason}`]);
    assertMatch(found.advice, advice);
  }
});

Deno.test("little space is a note, none a problem, and so is no room for another file", () => {
  const space = WELL.space!;
  const of = (more: Partial<typeof space>) => check("root_space", { space: { ...space, ...more } });
  assertEquals(of({ freeBytes: 5e8 }).status, "note");
  assertEquals([of({ freeBytes: 0 }).status, of({ freeBytes: 0 }).code], ["problem", "no_space"]);
  assertMatch(of({ freeFiles: 0 }).text, /no more files/);
  assertEquals(of({ freeFiles: null, kind: "" }).text, "20.0 GB free of 100 GB");
  assertEquals(checkFolder({ ...WELL, space: null }).length, 3);
});

Deno.test("a folder whose name cannot be kept through a power failure is a note", () => {
  assertEquals(
    check("root_writable", { written: { elapsedMs: 1, durable: false } }).status,
    "note",
  );
});

Deno.test("files of broken syncs are a note, those of syncs at work are not", () => {
  const of = (more: Partial<typeof NONE>) =>
    check("root_leftovers", { leftovers: { ...NONE, ...more } });
  assertEquals([of({ held: 1 }).status, of({ held: 1 }).text], ["ok", "1 sync at work"]);
  const stale = of({ stale: 3, staleBytes: 12.3e6, oldestMs: 50 * HOUR, recent: 1 });
  assertEquals(stale.status, "note");
  assertEquals(
    stale.text,
    "3 files of broken syncs, 12.3 MB, the oldest 2 days old; 1 file of syncs of the last half hour",
  );
  assertMatch(stale.advice, /serve --root \/srv$/);
});

Deno.test("a folder is written to and left as it was", async () => {
  const path = folder();
  try {
    const facts = await examineFolder(path);
    assert("elapsedMs" in facts.written, JSON.stringify(facts.written));
    assertEquals([facts.path, facts.leftovers], [path, NONE]);
    assertEquals(fs.readdirSync(path), []);
  } finally {
    fs.rmSync(path, { recursive: true });
  }
});

Deno.test("what is no folder, or is not there, cannot be served", async () => {
  const path = folder();
  try {
    fs.writeFileSync(join(path, "file"), "");
    for (const [name, code] of [["gone", "not_found"], ["file", "file_selection"]] as const) {
      const checks = checkFolder(await examineFolder(join(path, name)));
      assertEquals(checks.map(({ status, code }) => [status, code]), [["problem", code]]);
    }
  } finally {
    fs.rmSync(path, { recursive: true });
  }
});

Deno.test("leftovers are judged by their age, leases by their holders, and nothing else is counted", () => {
  const path = folder();
  const key = newSessionKey();
  try {
    fs.writeFileSync(join(path, `.parasync-${key}.part`), "12345");
    fs.writeFileSync(join(path, `.parasync-${key}.sums`), "stored checksums");
    fs.writeFileSync(join(path, ".parasync-mine"), "");
    fs.mkdirSync(join(path, `.parasync-${key}.session`));
    const now = Date.now();
    {
      using _lease = acquireLease(Root.open(path).locate("target"), key);
      assertEquals(findLeftovers(path, now), { ...NONE, held: 1, recent: 1 });
    }
    // A holder's process that is no more; where that cannot be told, its age tells.
    fs.writeFileSync(join(path, ".parasync-0123456789abcdef.lease"), "nobody's");
    const later = findLeftovers(path, now + 2 * HOUR);
    assertEquals([later.stale, later.recent, later.held, later.staleBytes], [2, 0, 0, 13]);
    assert(later.oldestMs >= 2 * HOUR - 60_000);
  } finally {
    fs.rmSync(path, { recursive: true });
  }
});

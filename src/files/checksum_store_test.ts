// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import fs from "node:fs";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { encodeRecords } from "./block_records.ts";
import { type BlockRecords, ChecksumStore, RACY_MS } from "./checksum_store.ts";
import { type FileIdentity, identityOf } from "./identity.ts";
import type { StoreChoice } from "./store_choice.ts";
import { sweepStale } from "./sweep.ts";
import { LINUX_ROOT, TestFolder } from "./test_folder.ts";

const PARAMETERS = { block: 8192, suite: "crc32+sha256", strongBytes: 32 };
const HOUR = 3_600_000;

/** When the reading of a file began that was written a moment ago, long enough after that. */
function longAfter(): number {
  return Date.now() + RACY_MS + 1_500;
}

function identity(path: string): FileIdentity {
  return identityOf(fs.lstatSync(path, { bigint: true }));
}

function recordsFor(size: number, seed = 1): BlockRecords {
  const next = numbers(seed);
  const count = Math.ceil(size / PARAMETERS.block);
  const weaks = Uint32Array.from({ length: count }, () => next(2 ** 32));
  return { ...PARAMETERS, size, weaks, strong: randomBytes(next, 32 * count) };
}

/** A folder with a file to store checksums of, a store of each kind, and what they reported. */
class Stage {
  readonly folder = new TestFolder();
  readonly file = this.folder.write("file", randomBytes(numbers(5), 100_000));
  readonly records = recordsFor(100_000);
  readonly problems: string[] = [];

  store(kind: "cache" | "beside"): ChecksumStore {
    const choice: StoreChoice = kind === "beside"
      ? { kind }
      : { kind, directory: this.folder.join("new", "cache") };
    return new ChecksumStore(choice, (problem) => this.problems.push(problem));
  }

  save(kind: "cache" | "beside"): boolean {
    return this.store(kind).save(this.file, identity(this.file), this.records, longAfter());
  }

  load(kind: "cache" | "beside"): BlockRecords | null {
    return this.store(kind).load(this.file, identity(this.file), PARAMETERS);
  }

  /** Where the checksums are that were stored last. */
  place(kind: "cache" | "beside"): string {
    const folder = kind === "cache" ? this.folder.join("new", "cache") : this.folder.path;
    const [base] = fs.readdirSync(folder).filter((name) => name.endsWith(".sums"));
    return `${folder}/${base}`;
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]();
  }
}

for (const kind of ["cache", "beside"] as const) {
  Deno.test(`${kind}: what was saved is found again, by its owner alone`, () => {
    using stage = new Stage();
    assertEquals(stage.load(kind), null);
    assert(stage.save(kind));
    assertEquals(stage.load(kind), stage.records);
    const place = stage.place(kind);
    assert(/(\/new\/cache\/[0-9a-f]{32}|\/\.parasync-[0-9a-f]{16})\.sums$/.test(place), place);
    if (Deno.build.os !== "windows") assertEquals(fs.statSync(place).mode & 0o777, 0o600);
    assert(stage.save(kind));
    assertEquals(stage.load(kind), stage.records);
    assertEquals(stage.folder.list(), [
      ...(kind === "beside" ? [place.slice(stage.folder.path.length + 1)] : []),
      "file",
      ...(kind === "cache" ? ["new"] : []),
    ]);
    assertEquals(stage.problems, []);
  });

  Deno.test(`${kind}: a file that was changed since has no checksums stored`, () => {
    for (
      const change of [
        (path: string) => fs.appendFileSync(path, "x"),
        (path: string) => fs.truncateSync(path, 99_999),
        (path: string) => fs.utimesSync(path, 1e9, 1e9),
        (path: string) => {
          fs.copyFileSync(path, `${path}2`);
          fs.renameSync(`${path}2`, path);
        },
      ]
    ) {
      using stage = new Stage();
      assert(stage.save(kind));
      const before = identity(stage.file);
      change(stage.file);
      assertEquals(stage.load(kind), null);
      assertEquals(stage.store(kind).load(stage.file, before, PARAMETERS), null);
      assertEquals(stage.store(kind).save(stage.file, before, stage.records, longAfter()), false);
      assertEquals(stage.problems, []);
    }
  });

  Deno.test(`${kind}: checksums of other blocks or another kind are not what was asked for`, () => {
    using stage = new Stage();
    assert(stage.save(kind));
    for (
      const other of [
        { ...PARAMETERS, block: 4096 },
        { ...PARAMETERS, suite: "crc32+sha512" },
        { ...PARAMETERS, strongBytes: 16 },
      ]
    ) assertEquals(stage.store(kind).load(stage.file, identity(stage.file), other), null);
    assertEquals(stage.load(kind), stage.records);
  });

  Deno.test(`${kind}: a damaged store is told of and replaced, wherever a byte is wrong or missing`, () => {
    using stage = new Stage();
    assert(stage.save(kind));
    const place = stage.place(kind);
    const whole = fs.readFileSync(place);
    const next = numbers(6);
    for (let round = 0; round < 60; round++) {
      const at = round < 20 ? round : next(whole.length);
      const damaged = Uint8Array.from(whole);
      damaged[at]! ^= 1 << next(8);
      fs.writeFileSync(place, damaged);
      assertEquals(stage.load(kind), null, `byte ${at}`);
    }
    assert(
      stage.problems.every((problem) =>
        problem === "Cannot use the stored checksums: their file is damaged"
      ),
    );
    assert(stage.problems.length > 20);
    for (const length of [0, 1, 16, whole.length - 1, whole.length + 1]) {
      fs.writeFileSync(place, Uint8Array.from({ length }, (_, i) => whole[i] ?? 0));
      assertEquals(stage.load(kind), null, `${length} bytes`);
    }
    assert(stage.save(kind));
    assertEquals(stage.load(kind), stage.records);
  });

  Deno.test(`${kind}: a link in the store's place is not followed, and replaced by the next save`, () => {
    using stage = new Stage();
    assert(stage.save(kind));
    const place = stage.place(kind);
    fs.renameSync(place, stage.folder.join("elsewhere"));
    fs.symlinkSync(stage.folder.join("elsewhere"), place);
    assertEquals(stage.load(kind), null);
    assertEquals(stage.problems, [
      "Cannot open the stored checksums: it is a symbolic link, not a regular file",
    ]);
    const before = fs.readFileSync(stage.folder.join("elsewhere"));
    assert(stage.save(kind));
    assert(fs.readFileSync(stage.folder.join("elsewhere")).equals(before));
    assert(fs.lstatSync(place).isFile());
  });

  Deno.test({
    name: `${kind}: checksums that others may have written are refused`,
    ignore: Deno.build.os === "windows",
    fn: () => {
      using stage = new Stage();
      assert(stage.save(kind));
      for (const mode of [0o620, 0o602, 0o666]) {
        fs.chmodSync(stage.place(kind), mode);
        assertEquals(stage.load(kind), null);
      }
      assertEquals(
        new Set(stage.problems),
        new Set([
          "Cannot use the stored checksums: others may write their file",
        ]),
      );
      fs.chmodSync(stage.place(kind), 0o644);
      assertEquals(stage.load(kind), stage.records);
    },
  });

  Deno.test({
    name: `${kind}: another user's checksums are refused`,
    ignore: !LINUX_ROOT,
    fn: () => {
      using stage = new Stage();
      assert(stage.save(kind));
      fs.chownSync(stage.place(kind), 12_345, 12_345);
      assertEquals(stage.load(kind), null);
      assertEquals(stage.problems, [
        "Cannot use the stored checksums: their file belongs to another user",
      ]);
    },
  });

  Deno.test(`${kind}: an empty file has no records, and they are stored all the same`, () => {
    using stage = new Stage();
    const path = stage.folder.write("empty", "");
    const store = stage.store(kind);
    assert(store.save(path, identity(path), recordsFor(0), longAfter()));
    assertEquals(store.load(path, identity(path), PARAMETERS), recordsFor(0));
  });
}

Deno.test("a content changed under its old size and time is noticed by the time of change", () => {
  using stage = new Stage();
  assert(stage.save("beside"));
  // No call sets a time of change, so that the stored one is altered here; everything else is the file's.
  const place = stage.place("beside");
  const key = /\{.*\}/.exec(fs.readFileSync(place, "latin1"))![0];
  const store = (text: string) =>
    fs.writeFileSync(place, concatenated(...encodeRecords(text, stage.records)));
  store(key);
  assertEquals(stage.load("beside"), stage.records);
  const { ctimeNs } = fs.lstatSync(stage.file, { bigint: true });
  store(key.replace(`"ctimeNs":"${ctimeNs}"`, `"ctimeNs":"${ctimeNs - 1_000_000_000n}"`));
  assertEquals(stage.load("beside"), null);
  assertEquals(stage.problems, []);
});

Deno.test("a file touched just before its reading began is not stored: a later change might not show", () => {
  using stage = new Stage();
  const store = stage.store("beside");
  const { ctimeMs, mtimeMs } = fs.lstatSync(stage.file);
  const touched = Math.max(ctimeMs, mtimeMs);
  const save = (begunMs: number) =>
    store.save(stage.file, identity(stage.file), stage.records, begunMs);
  assertEquals([save(touched), save(touched + RACY_MS - 1)], [false, false]);
  // An old time of modification does not make it old.
  fs.utimesSync(stage.file, 1e9, 1e9);
  assertEquals(save(fs.lstatSync(stage.file).ctimeMs + RACY_MS - 1), false);
  assertEquals(stage.folder.list(), ["file"]);
  assertEquals(save(longAfter()), true);
  assertEquals(stage.problems, []);
});

Deno.test("a file is one by whatever path it is reached", () => {
  using stage = new Stage();
  assert(stage.save("cache"));
  fs.symlinkSync("file", stage.folder.join("link"));
  const store = stage.store("cache");
  assertEquals(
    store.load(stage.folder.join("link"), identity(stage.file), PARAMETERS),
    stage.records,
  );
});

Deno.test("a store that is off keeps nothing and finds nothing", () => {
  using stage = new Stage();
  const store = new ChecksumStore({ kind: "off" });
  assertEquals(store.save(stage.file, identity(stage.file), stage.records, longAfter()), false);
  assertEquals(store.load(stage.file, identity(stage.file), PARAMETERS), null);
  assertEquals(stage.folder.list(), ["file"]);
});

Deno.test("records of a file too large for its blocks are neither stored nor looked for", () => {
  const store = new ChecksumStore({ kind: "beside" }, (problem) => assertEquals(problem, ""));
  const size = 64 * 1024 ** 3 + 1;
  const large = { dev: "1", ino: "1", size, mtimeNs: "1" };
  assertEquals(store.load("/nowhere", large, PARAMETERS), null);
  const count = Math.ceil(size / 8192);
  const records = { ...PARAMETERS, strongBytes: 0, size, strong: new Uint8Array(0) };
  const weaks = new Uint32Array(count);
  assertEquals(store.save("/nowhere", large, { ...records, weaks }, longAfter()), false);
});

Deno.test("records that are not of the file are a mistake of ours", () => {
  using stage = new Stage();
  const { records, file } = stage;
  for (
    const wrong of [
      { ...records, size: 99_999 },
      { ...records, weaks: records.weaks.subarray(1) },
      { ...records, strong: records.strong.subarray(1) },
      { ...records, block: 0 },
      recordsFor(8192),
    ]
  ) {
    const save = () => stage.store("beside").save(file, identity(file), wrong, longAfter());
    assertEquals(assertThrows(save, ParasyncError).code, "internal");
  }
  assertEquals(stage.folder.list(), ["file"]);
});

Deno.test("a store that cannot be written is told of, and leaves nothing behind", () => {
  using stage = new Stage();
  fs.mkdirSync(stage.folder.join("new"));
  stage.folder.write("new/cache", "no folder");
  assertEquals(stage.save("cache"), false);
  assertEquals(stage.problems.length, 1);
  assert(stage.problems[0]!.startsWith("Cannot write the stored checksums: "), stage.problems[0]);
  assert(stage.save("beside"));
  const place = stage.place("beside");
  fs.unlinkSync(place);
  fs.mkdirSync(place);
  stage.folder.write(place.slice(stage.folder.path.length) + "/x", "");
  assertEquals(stage.save("beside"), false);
  assertEquals(stage.folder.list().filter((name) => name.endsWith(".new")), []);
});

Deno.test({
  name: "a cache folder that others may write is refused, and used once it is private",
  ignore: Deno.build.os === "windows",
  fn: () => {
    using stage = new Stage();
    assert(stage.save("cache"));
    fs.chmodSync(stage.folder.join("new", "cache"), 0o777);
    assertEquals([stage.load("cache"), stage.save("cache")], [null, false]);
    assertEquals(
      stage.problems[0],
      "Cannot use the stored checksums: others may write their folder",
    );
    fs.chmodSync(stage.folder.join("new", "cache"), 0o755);
    assertEquals(stage.load("cache"), stage.records);
  },
});

Deno.test("no sweep takes stored checksums away, however old they and their file are", () => {
  using stage = new Stage();
  assert(stage.save("beside"));
  assertEquals(sweepStale(stage.folder.path, 0, Date.now() + 10_000 * HOUR), 0);
  assertEquals(stage.load("beside"), stage.records);
});

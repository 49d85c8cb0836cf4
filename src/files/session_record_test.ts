// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import fs from "node:fs";
import { ParasyncError } from "../errors.ts";
import {
  readSessionRecord,
  removeSessionRecord,
  SESSION_RECORD_BYTES,
  type SessionRecord,
  writeSessionRecord,
} from "./session_record.ts";
import { freshKey, TestFolder } from "./test_folder.ts";

function record(changes: Partial<SessionRecord> = {}): SessionRecord {
  return {
    version: 1,
    key: freshKey(),
    protocol: 1,
    scheme: "parasync",
    name: "sub/Grüße 🙂",
    basis: { dev: "65024", ino: "18446744073709551615", size: 2 ** 52, mtimeNs: "1700000000123" },
    size: 2 ** 40 + 1,
    mtimeMs: 1_700_000_000_123,
    chunk: { min: 4096, avg: 8192, max: 12288 },
    target: { kind: "new", suffix: ".new" },
    expectTarget: "absent",
    createdMs: 1_763_000_000_000,
    ...changes,
  };
}

Deno.test("a record is read back as it was written, and only its owner may read it", () => {
  using folder = new TestFolder();
  for (const written of [record(), record({ basis: null, target: { kind: "replace" } })]) {
    writeSessionRecord(folder.path, written);
    assertEquals(readSessionRecord(folder.path, written.key), written);
    const path = folder.join(`.parasync-${written.key}.session`);
    if (Deno.build.os !== "windows") assertEquals(fs.statSync(path).mode & 0o777, 0o600);
    const later = { ...written, size: 1 };
    writeSessionRecord(folder.path, later);
    assertEquals(readSessionRecord(folder.path, written.key), later);
    assertEquals(folder.list().length, 1);
    removeSessionRecord(folder.path, written.key);
    removeSessionRecord(folder.path, written.key);
    assertEquals(readSessionRecord(folder.path, written.key), null);
  }
  assertEquals(folder.list(), []);
});

Deno.test("a key that is none never becomes part of a path", () => {
  using folder = new TestFolder();
  fs.mkdirSync(folder.join("sub"));
  folder.write("secret.session", "{}");
  for (const key of ["", "x", "/../../secret", freshKey().toUpperCase(), `${freshKey()}\n`]) {
    for (
      const use of [
        () => readSessionRecord(folder.join("sub"), key),
        () => removeSessionRecord(folder.join("sub"), key),
        () => writeSessionRecord(folder.join("sub"), record({ key })),
      ]
    ) assertEquals(assertThrows(use, ParasyncError).code, "bad_request");
  }
  assertEquals(folder.list(), ["secret.session", "sub"]);
});

Deno.test("anything but a record of exactly this shape is damaged", () => {
  using folder = new TestFolder();
  const good = record();
  const damaged: unknown[] = [
    null,
    [],
    { ...good, extra: 1 },
    { ...good, version: 2 },
    { ...good, key: freshKey() },
    { ...good, protocol: "1" },
    { ...good, scheme: "" },
    { ...good, name: "x".repeat(20_000) },
    { ...good, basis: {} },
    { ...good, basis: undefined },
    { ...good, size: -1 },
    { ...good, size: 0.5 },
    { ...good, size: 2 ** 53 },
    { ...good, mtimeMs: "now" },
    { ...good, chunk: { min: 0, avg: 1, max: 2 } },
    { ...good, chunk: { min: 3, avg: 8, max: 2 } },
    { ...good, chunk: [1, 2, 3] },
    { ...good, target: { kind: "replace", suffix: ".new" } },
    { ...good, target: { kind: "new", suffix: "/../x" } },
    { ...good, target: { kind: "new", suffix: "" } },
    { ...good, target: "replace" },
  ];
  const texts = damaged.map((value) => JSON.stringify(value));
  texts.push("", "{", JSON.stringify(good).slice(0, -1), " ".repeat(SESSION_RECORD_BYTES + 1));
  for (const text of texts) {
    folder.write(`.parasync-${good.key}.session`, text);
    const error = assertThrows(
      () => readSessionRecord(folder.path, good.key),
      ParasyncError,
      "Cannot read the session record: it is damaged",
      text.slice(0, 200),
    );
    assertEquals(error.code, "file_io");
  }
});

Deno.test("a link or a folder in a record's place is not read", () => {
  using folder = new TestFolder();
  const good = record();
  const place = `.parasync-${good.key}.session`;
  fs.symlinkSync(folder.write("elsewhere", JSON.stringify(good)), folder.join(place));
  const read = () => readSessionRecord(folder.path, good.key);
  assertEquals(assertThrows(read, ParasyncError).code, "file_selection");
  // Writing replaces the link itself and not what it leads to.
  writeSessionRecord(folder.path, { ...good, size: 7 });
  assertEquals(JSON.parse(folder.text("elsewhere")).size, good.size);
  assertEquals(read()?.size, 7);
});

Deno.test("a record above 64 KiB is not written", () => {
  using folder = new TestFolder();
  const write = () => writeSessionRecord(folder.path, record({ name: "x".repeat(70_000) }));
  assertEquals(assertThrows(write, ParasyncError).code, "too_large");
  assertEquals(folder.list(), []);
});

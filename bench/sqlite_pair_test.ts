// @ts-types="../src/types/std_assert.d.ts"
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import fs from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { ParasyncError } from "../src/errors.ts";
import { TestFolder } from "../src/files/test_folder.ts";
import { makeSqlitePair } from "./sqlite_pair.ts";

const SIZES = { rows: 3000, updates: 40, deletes: 30, inserts: 200 };

/** What a database holds. */
interface Found {
  readonly sound: unknown;
  readonly indexed: unknown;
  /** Key and value of every id. */
  readonly rows: ReadonlyMap<number, readonly [string, string]>;
}

function look(path: string): Found {
  const db = new DatabaseSync(path);
  try {
    const index = db.prepare("select tbl_name from sqlite_schema where name = 'tk'").get();
    const rows = db.prepare("select id, k, v from t").all();
    return {
      sound: db.prepare("pragma integrity_check").get()?.["integrity_check"],
      indexed: index?.["tbl_name"],
      rows: new Map(rows.map((row) => [Number(row["id"]), [String(row["k"]), String(row["v"])]])),
    };
  } finally {
    db.close();
  }
}

Deno.test("a database and the edited one hold what was asked for", async () => {
  using folder = new TestFolder();
  const [oldFile, newFile] = [folder.join("old"), folder.join("new")];
  assertMatch(await makeSqlitePair(oldFile, newFile, SIZES), /^3\.\d+\.\d+$/);
  const [before, after] = [look(oldFile), look(newFile)];
  for (const { sound, indexed, rows } of [before, after]) {
    assertEquals([sound, indexed], ["ok", "t"]);
    for (const row of rows.values()) assertMatch(row.join("|"), /^[a-z ]{16}\|[a-z ]{240}$/);
  }
  const kept = [...after.rows.keys()].filter((id) => before.rows.has(id));
  const differing = (column: 0 | 1): number =>
    kept.filter((id) => before.rows.get(id)![column] !== after.rows.get(id)![column]).length;
  assertEquals({
    rows: before.rows.size,
    updated: differing(1),
    keysChanged: differing(0),
    deleted: before.rows.size - kept.length,
    inserted: after.rows.size - kept.length,
  }, { rows: 3000, updated: 40, keysChanged: 0, deleted: 30, inserted: 200 });
});

Deno.test("databases are the same whenever they are made", async () => {
  using folder = new TestFolder();
  const make = async (name: string): Promise<Buffer[]> => {
    const files = [folder.join(`${name}.old`), folder.join(`${name}.new`)] as const;
    await makeSqlitePair(...files, SIZES);
    return files.map((file) => fs.readFileSync(file));
  };
  const [first, second] = [await make("first"), await make("second")];
  assertEquals(first.map((file, i) => Buffer.compare(file, second[i]!)), [0, 0]);
});

Deno.test("what SQLite cannot make is told in a line", async () => {
  using folder = new TestFolder();
  await assertRejects(
    () => makeSqlitePair(folder.join("no/old"), folder.join("no/new"), SIZES),
    ParasyncError,
    "Cannot make a database: unable to open",
  );
});

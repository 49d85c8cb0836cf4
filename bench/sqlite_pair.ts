/** A database, and the same after a day's work. */
import { Buffer } from "node:buffer";
import fs from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { ParasyncError } from "../src/errors.ts";
import { eventLoopTurn } from "./event_loop.ts";
import { RandomBytes, RandomNumbers } from "./random_bytes.ts";

/** How many rows there are, and how many are touched. */
export interface TableSizes {
  readonly rows: number;
  readonly updates: number;
  readonly deletes: number;
  readonly inserts: number;
}

const KEY_CHARACTERS = 16;
const VALUE_CHARACTERS = 240;
const LETTERS = Buffer.from("abcdefghijklmnopqrstuvwxyz ");

/** An endless row of letters. */
class Letters {
  readonly #source: RandomBytes;
  #position = 0;

  constructor(seed: string) {
    this.#source = new RandomBytes(seed);
  }

  next(count: number): string {
    const letters = Buffer.alloc(count);
    this.#source.read(letters, this.#position);
    this.#position += count;
    for (let i = 0; i < count; i++) letters[i] = LETTERS[letters[i]! % LETTERS.length]!;
    return letters.toString("latin1");
  }
}

/** So many different ids of rows; those that are updated and those that are deleted are not the same. */
function someIds(count: number, rows: number): number[] {
  const numbers = new RandomNumbers("sqlite ids");
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, rows)) chosen.add(1 + numbers.below(rows));
  return [...chosen];
}

/** Rows between two turns of the event loop. */
const ROWS_PER_TURN = 5000;

async function insert(
  db: DatabaseSync,
  count: number,
  letters: Letters,
  signal: AbortSignal | undefined,
): Promise<void> {
  const statement = db.prepare("insert into t(k, v) values(?, ?)");
  for (let row = 0; row < count; row++) {
    if (row % ROWS_PER_TURN === 0) {
      await eventLoopTurn();
      signal?.throwIfAborted();
    }
    statement.run(letters.next(KEY_CHARACTERS), letters.next(VALUE_CHARACTERS));
  }
}

/** Opens a database, does the work in one transaction, and closes it whatever happens. */
async function withDatabase(
  path: string,
  work: (db: DatabaseSync) => Promise<void>,
): Promise<string> {
  // Only where it is needed: this module is loaded by the demo too.
  const { DatabaseSync } = await import("node:sqlite");
  try {
    const db = new DatabaseSync(path);
    try {
      // Without a journal or waiting for the disk: what is half made is thrown away.
      db.exec("pragma journal_mode = off; pragma synchronous = off; begin");
      await work(db);
      db.exec("commit");
      return String(db.prepare("select sqlite_version() as version").get()?.["version"]);
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof ParasyncError || !(error instanceof Error)) throw error;
    throw new ParasyncError("file_io", `Cannot make a database: ${error.message}`, {
      cause: error,
    });
  }
}

/**
 * Makes the two databases: a table `t` of an id, a key of 16 letters and a value of 240, with an index over the
 * keys; in the new one values are updated and rows deleted at random places, and rows added at the end, whose
 * keys fall all over the index.
 *
 * @param oldFile Where the old one is made.
 * @param newFile Where the new one is made.
 * @param sizes How many rows.
 * @param signal Stops the work and leaves the files half made.
 * @returns The version of SQLite; the same version makes the same bytes.
 * @throws {ParasyncError} `file_io` with what SQLite says.
 */
export async function makeSqlitePair(
  oldFile: string,
  newFile: string,
  { rows, updates, deletes, inserts }: TableSizes,
  signal?: AbortSignal,
): Promise<string> {
  await withDatabase(oldFile, async (db) => {
    db.exec("create table t(id integer primary key, k text, v text)");
    await insert(db, rows, new Letters("sqlite"), signal);
    db.exec("create index tk on t(k)");
  });
  fs.copyFileSync(oldFile, newFile);
  return await withDatabase(newFile, async (db) => {
    const letters = new Letters("sqlite edits");
    const ids = someIds(updates + deletes, rows);
    const update = db.prepare("update t set v = ? where id = ?");
    for (const id of ids.slice(0, updates)) update.run(letters.next(VALUE_CHARACTERS), id);
    const remove = db.prepare("delete from t where id = ?");
    for (const id of ids.slice(updates)) remove.run(id);
    await insert(db, inserts, letters, signal);
  });
}

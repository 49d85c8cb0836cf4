// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import fs from "node:fs";
import { PartialRecord } from "./partial_record.ts";
import { sweepStale } from "./sweep.ts";
import { freshKey, TestFolder } from "./test_folder.ts";

const HOUR = 3_600_000;

Deno.test("a record names the last session that wrote it, and only that one removes it", () => {
  using folder = new TestFolder();
  const record = new PartialRecord(folder.locate("f"));
  const [first, second] = [freshKey(), freshKey()];
  assertEquals(record.read(), null);
  record.write(first);
  record.write(second);
  assertEquals(record.read(), second);
  assertEquals(new PartialRecord(folder.locate("g")).read(), null);
  record.remove(first);
  assertEquals(record.read(), second);
  record.remove(second);
  assertEquals(folder.list(), []);
});

Deno.test("what is no record names nothing", () => {
  using folder = new TestFolder();
  const record = new PartialRecord(folder.locate("f"));
  record.write(freshKey());
  const [name] = folder.list();
  const key = freshKey();
  for (
    const text of [
      "",
      "{",
      "null",
      "[]",
      `{"version":2,"key":"${key}"}`,
      `{"version":1,"key":"../x"}`,
      "x".repeat(300),
    ]
  ) {
    fs.writeFileSync(folder.join(name!), text);
    assertEquals(record.read(), null, text);
  }
});

Deno.test("what an interrupted session left is kept for longer where a record names it", () => {
  using folder = new TestFolder();
  const [kept, lost] = [freshKey(), freshKey()];
  folder.write(`.parasync-${kept}.part`, "x");
  folder.write(`.parasync-${lost}.part`, "x");
  new PartialRecord(folder.locate("f")).write(kept);
  new PartialRecord(folder.locate("g")).write(freshKey());
  const soon = Date.now() + HOUR + 5_000;
  assertEquals(sweepStale(folder.path, HOUR, soon, 3 * HOUR), 2);
  assertEquals(folder.list().length, 2);
  assertEquals(sweepStale(folder.path, HOUR, soon + 2 * HOUR, 3 * HOUR), 2);
  assertEquals(folder.list(), []);
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { LiteralReader, READ_BYTES } from "./literal_reader.ts";

const FILE = randomBytes(numbers(221), 1_000_000);

Deno.test("what was read last is held, from its first byte to its last, and nothing else", () => {
  using folder = new TestFolder();
  using file = openPinned(folder.write("new", FILE));
  const reader = new LiteralReader(file);
  assertEquals([reader.held(0), reader.held(5)], [0, 0]);
  for (const [begin, end] of [[0, 10], [500_000, 500_000 + READ_BYTES], [999_990, 1_000_000]]) {
    reader.read(begin!, end!);
    assertEquals(
      [begin! - 1, begin!, end! - 1, end!].map((position) => reader.held(position)),
      [0, end! - begin!, 1, 0],
    );
    assertEquals(reader.bytes(begin! + 3, 5), FILE.slice(begin! + 3, begin! + 8));
    assertEquals(reader.bytes(begin!, end! - begin!), FILE.slice(begin!, end!));
  }
});

Deno.test("memory is used again, unless it has been left to others", () => {
  using folder = new TestFolder();
  using file = openPinned(folder.write("new", FILE));
  const reader = new LiteralReader(file);
  reader.read(0, 100);
  const first = reader.bytes(0, 100);
  reader.read(200, 300);
  assert(reader.bytes(200, 100).buffer === first.buffer);
  reader.lend();
  const kept = reader.bytes(200, 100);
  reader.read(400, 500);
  assert(reader.bytes(400, 100).buffer !== kept.buffer);
  assertEquals(kept, FILE.slice(200, 300));
});

Deno.test("after a reading that failed nothing is held", () => {
  using folder = new TestFolder();
  using file = openPinned(folder.write("new", FILE));
  const reader = new LiteralReader(file);
  reader.read(999_000, 1_000_000);
  const error = assertThrows(() => reader.read(999_000, 1_000_001), ParasyncError);
  assertEquals([error.code, reader.held(999_000)], ["changed", 0]);
});

// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fs from "node:fs";
import { ParasyncError } from "../errors.ts";
import {
  type AsyncTransfer,
  readFully,
  type Transfer,
  writeFully,
  writeFullyAsync,
} from "./positional.ts";
import { TestFolder } from "./test_folder.ts";

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);

/** Moves at most 1, 2, 3, … bytes in turn. */
function shortly(transfer: Transfer): Transfer {
  let most = 0;
  return (fd, memory, at, length, position) =>
    transfer(fd, memory, at, Math.min(length, ++most), position);
}

Deno.test("short writes and short reads are repeated until every byte has moved", async () => {
  using folder = new TestFolder();
  const fd = fs.openSync(folder.join("f"), "w+");
  try {
    const write = shortly((fd, m, at, n, p) => fs.writeSync(fd, m, at, n, p));
    writeFully(fd, bytes, 100, 800, 5, "f", write);
    const writeLater = shortly((fd, m, at, n, p) => fs.writeSync(fd, m, at, n, p));
    const writeAsync: AsyncTransfer = (...of) => Promise.resolve(writeLater(...of));
    await writeFullyAsync(fd, bytes, 900, 100, 805, "f", writeAsync);
    const read = shortly((fd, m, at, n, p) => fs.readSync(fd, m, at, n, p));
    const back = new Uint8Array(910);
    readFully(fd, back, 10, 900, 5, "f", read);
    assertEquals(back.subarray(10), bytes.subarray(100));
    assertEquals(back.subarray(0, 10), new Uint8Array(10));
    assertEquals(fs.fstatSync(fd).size, 905);
  } finally {
    fs.closeSync(fd);
  }
});

Deno.test("offsets above 4 GiB are exact", async () => {
  using folder = new TestFolder();
  const fd = fs.openSync(folder.join("sparse"), "w+");
  try {
    const position = 2 ** 32 + 2 ** 31 + 3;
    writeFully(fd, bytes, 0, 10, position);
    await writeFullyAsync(fd, bytes, 10, 10, position + 10);
    const back = new Uint8Array(20);
    readFully(fd, back, 0, 20, position);
    assertEquals(back, bytes.subarray(0, 20));
    assertEquals(fs.fstatSync(fd).size, position + 20);
  } finally {
    fs.closeSync(fd);
  }
});

Deno.test("a file that ends too early is reported as changed while being read", () => {
  using folder = new TestFolder();
  const fd = fs.openSync(folder.write("f", "12345"), "r");
  try {
    const error = assertThrows(
      () => readFully(fd, new Uint8Array(10), 0, 6, 0, "sub/f"),
      ParasyncError,
      "Cannot read sub/f: it became shorter while being read",
    );
    assertEquals(error.code, "changed");
  } finally {
    fs.closeSync(fd);
  }
});

Deno.test({
  name: "a full device is reported as no space left, by name",
  // Only Linux has /dev/full.
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const fd = fs.openSync("/dev/full", "r+");
    try {
      const message = "Cannot write big.iso: no space left on its file system";
      const sync = assertThrows(
        () => writeFully(fd, bytes, 0, 10, 0, "big.iso"),
        ParasyncError,
        message,
      );
      const later = await assertRejects(
        () => writeFullyAsync(fd, bytes, 0, 10, 0, "big.iso"),
        ParasyncError,
        message,
      );
      assertEquals([sync.code, later.code], ["no_space", "no_space"]);
    } finally {
      fs.closeSync(fd);
    }
  },
});

Deno.test("a device that takes nothing ends in an error, not in a loop", async () => {
  assertThrows(() => writeFully(0, bytes, 0, 10, 0, "f", () => 0), ParasyncError, "no more bytes");
  await assertRejects(
    () => writeFullyAsync(0, bytes, 0, 10, 0, "f", () => Promise.resolve(0)),
    ParasyncError,
    "no more bytes",
  );
});

Deno.test("a range outside of the memory or of safe integers is refused before any transfer", () => {
  const never: Transfer = () => {
    throw new Error("transferred");
  };
  for (const [at, length, position] of [[0, 1001, 0], [-1, 2, 0], [0, 1, -1], [0, 1.5, 0]]) {
    assertThrows(
      () => readFully(0, bytes, at!, length!, position!, "f", never),
      RangeError,
      "outside",
    );
  }
  assertThrows(() => writeFully(0, bytes, 0, 2, Number.MAX_SAFE_INTEGER, "f", never), RangeError);
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import type { Batch } from "./batch.ts";
import { BatchEncoder } from "./batch_encoder.ts";
import { joined, seededBytes, seededNumbers, SOME_DIGEST } from "./test_scripts.ts";

Deno.test("commands that follow each other take two or three bytes each", () => {
  const batches: Batch[] = [];
  const encoder = new BatchEncoder(
    { oldSize: 1e12, newSize: 1e12 },
    (batch) => batches.push(batch),
  );
  encoder.copy(500_000_000, 500_000_000, 10);
  encoder.flush();
  encoder.literal(500_000_010, new Uint8Array(20));
  encoder.copy(500_000_020, 500_000_030, 10);
  encoder.zero(500_000_040, 10);
  encoder.flush();
  encoder.part();
  assertEquals(batches.map(({ commands }) => commands.length), [1 + 5 + 5, 2 + 3 + 2, 1 + 6]);
  // LITERAL of 20 at once; COPY of 10 at once, 10 further in the basis; ZERO of 10 at once.
  assertEquals([...batches[1]!.commands], [20 * 4, 0, 10 * 4 + 1, 0, 20, 10 * 4 + 2, 0]);
});

Deno.test("no batch has more commands or data than it may, and none is small but at a flush", () => {
  const next = seededNumbers(21);
  const batches: Batch[] = [];
  const encoder = new BatchEncoder({ oldSize: 2 ** 50, newSize: 2 ** 50 }, (b) => batches.push(b));
  for (let i = 0; i < 30_000; i++) encoder.copy(next(2 ** 31), 2 ** 18 * next(2 ** 31), 1);
  for (let i = 0; i < 100; i++) encoder.literal(2 ** 18 * i, new Uint8Array(next(2 ** 18)));
  for (let i = 0; i < 3000; i++) encoder.literal(i, new Uint8Array(1 + next(2000)));
  encoder.part();
  const last = batches.pop()!;
  for (const { commands, data, dataBytes } of [...batches, last]) {
    assert(commands.length > 0 && commands.length <= 64 * 1024, `${commands.length} of commands`);
    assert(dataBytes <= 1024 * 1024, `${dataBytes} of data`);
    assertEquals(data.reduce((sum, piece) => sum + piece.length, 0), dataBytes);
  }
  const full = batches.filter(({ commands, dataBytes }) =>
    commands.length > 63 * 1024 || dataBytes > 700 * 1024
  );
  assertEquals(full.length, batches.length);
});

Deno.test("long literals are not copied, short ones are, and their data keeps its order", () => {
  const next = seededNumbers(22);
  const batches: Batch[] = [];
  const encoder = new BatchEncoder(
    { oldSize: 0, newSize: 500_000 },
    (batch) => batches.push(batch),
  );
  const literals = [1000, 200_000, 3000, 50_000, 246_000].map((length) =>
    seededBytes(next, length)
  );
  let target = 0;
  for (const literal of literals) {
    encoder.literal(target, literal);
    target += literal.length;
    if (literal.length < 100_000) literal.fill(0xee, 100);
  }
  encoder.end(SOME_DIGEST);
  const { data } = batches[0]!;
  assertEquals(joined(data).length, 500_000);
  const given = joined(literals);
  let at = 0;
  for (const literal of literals) {
    const found = joined(data).subarray(at, at + 100);
    assertEquals(found, given.subarray(at, at + 100));
    at += literal.length;
  }
  assertEquals(data.map(({ length }) => length), [1000, 200_000, 53_000, 246_000]);
  assertStrictEquals(data[1]!.buffer, literals[1]!.buffer);
  assertStrictEquals(data[3]!.buffer, literals[4]!.buffer);
});

Deno.test("a literal above 1 MiB becomes several", () => {
  const batches: Batch[] = [];
  const encoder = new BatchEncoder({ oldSize: 0, newSize: 2_500_000 }, (b) => batches.push(b));
  encoder.literal(0, new Uint8Array(2_500_000));
  encoder.end(SOME_DIGEST);
  assertEquals(batches.map(({ dataBytes }) => dataBytes), [2 ** 20, 2 ** 20, 2_500_000 - 2 ** 21]);
  assertEquals(encoder.totals.literals, 3);
});

Deno.test("what is in a batch is not written again", () => {
  const emitted: { piece: Uint8Array; copy: Uint8Array }[] = [];
  const encoder = new BatchEncoder({ oldSize: 1, newSize: 2 ** 40 }, ({ commands, data }) => {
    for (const piece of [commands, ...data]) emitted.push({ piece, copy: piece.slice() });
  });
  const literal = seededBytes(seededNumbers(23), 3000);
  for (let i = 0; i < 5_000; i++) {
    encoder.copy(0, i * 9000, 1);
    encoder.literal(i * 9000 + 1, literal.subarray(i % 100));
    if (i % 700 === 0) encoder.flush();
  }
  encoder.part();
  assert(emitted.length > 20);
  for (const { piece, copy } of emitted) assertEquals(piece, copy);
});

Deno.test("files that its numbers cannot hold are refused", () => {
  new BatchEncoder({ oldSize: 2 ** 51 - 1, newSize: 2 ** 51 - 1 }, () => {});
  const error = assertThrows(
    () => new BatchEncoder({ oldSize: 2 ** 51, newSize: 1 }, () => {}),
    ParasyncError,
  );
  assertEquals(error.code, "too_large");
});

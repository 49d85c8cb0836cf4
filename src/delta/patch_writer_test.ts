// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { openPinned, type PinnedFile } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import type { DeltaCoding } from "./coding.ts";
import { DeltaDecoder } from "./decoder.ts";
import { PatchWriter } from "./patch_writer.ts";
import {
  type Applied,
  applyTo,
  codingName,
  CODINGS,
  memoryApplier,
  readBody,
  SOME_DIGEST,
} from "./test_scripts.ts";

const next = numbers(211);
const OLD = randomBytes(next, 500_000);
const FILE = concatenated(
  OLD.subarray(100_000),
  new Uint8Array(600_000),
  randomBytes(next, 700_000),
);

async function withFile(check: (file: PinnedFile) => Promise<void>): Promise<void> {
  using folder = new TestFolder();
  using file = openPinned(folder.write("new", FILE));
  await check(file);
}

/** Reads bodies until the last one and applies them; says how many there were and how long they were together. */
async function applyBodies(writer: PatchWriter, limit: number): Promise<[Applied, number, number]> {
  const applied: Applied = { target: new Uint8Array(FILE.length).fill(0xaa), ends: [] };
  const expected = { oldSize: OLD.length, newSize: FILE.length, maxCommands: 100_000 };
  let bodies = 0;
  let bytes = 0;
  while (!writer.complete) {
    const pieces: Uint8Array[] = [];
    for await (const piece of writer.body(OLD.length, limit)) pieces.push(piece);
    await readBody(pieces, expected, applyTo(OLD, applied));
    for (const piece of pieces) bytes += piece.length;
    bodies++;
  }
  return [applied, bodies, bytes];
}

for (const coding of CODINGS) {
  const name = codingName(coding);

  Deno.test(`${name}: what is found leaves in bodies of any size and makes the new file`, async () => {
    for (const limit of [1, 1000, 300_000, Number.MAX_SAFE_INTEGER]) {
      await withFile(async (file) => {
        const writer = new PatchWriter(file, undefined, { coding: () => coding });
        writer.copy(100_000, 0, 400_000);
        writer.literal(400_000, 1_300_000);
        writer.finish(SOME_DIGEST);
        const [{ target, ends }, bodies, bytes] = await applyBodies(writer, limit);
        assertEquals(target, FILE);
        const end = ends.at(-1)!;
        assert(end.last);
        assertEquals([end.digest, end.totals], [SOME_DIGEST, writer.totals]);
        assertEquals(ends.slice(0, -1).every(({ last }) => !last), true);
        assertEquals(bodies > 1, limit < 1_000_000);
        assertEquals([writer.settled, writer.bytes], [FILE.length, bytes]);
        assert(writer.totals.zeroBytes > 0 && writer.bytes < 850_000, "zeros were sent");
      });
    }
  });

  Deno.test(`${name}: thousands of short literals, near each other and far, make the new file`, async () => {
    for (const order of ["any", "target"] as const) {
      await withFile(async (file) => {
        const writer = new PatchWriter(file, undefined, { order, coding: () => coding });
        const random = numbers(212);
        let at = 0;
        while (at < 400_000) {
          const [copied, literal] = [1 + random(at > 200_000 ? 9000 : 60), 1 + random(300)];
          writer.copy(100_000 + at, at, Math.min(copied, 400_000 - at));
          at += copied;
          if (at < 400_000) writer.literal(at, Math.min(literal, 400_000 - at));
          at += literal;
        }
        writer.literal(400_000, 1_300_000);
        writer.finish(SOME_DIGEST);
        const [{ target }] = await applyBodies(writer, 100_000);
        assertEquals(target, FILE);
        assertEquals(writer.settled, FILE.length);
        assert(writer.totals.literals > 1000);
      });
    }
  });

  Deno.test(`${name}: what is known leaves while nothing else is`, async () => {
    await withFile(async (file) => {
      const writer = new PatchWriter(file, undefined, { coding: () => coding });
      const body = writer.body(OLD.length, Number.MAX_SAFE_INTEGER);
      writer.copy(100_000, 0, 400_000);
      writer.literal(400_000, 300);
      const applied: Applied = { target: new Uint8Array(FILE.length), ends: [] };
      const expected = { oldSize: OLD.length, newSize: FILE.length, maxCommands: 9 };
      const known = () => applied.target.subarray(0, 400_300);
      const pieces: Uint8Array[] = [];
      while (!sameBytes(known(), FILE.subarray(0, 400_300))) {
        pieces.push((await body.next()).value!);
        await readBody(pieces, expected, applyTo(OLD, applied)).catch(() => {});
      }
      await body.return();
    });
  });

  Deno.test(`${name}: a repair sends the segments asked for, whole`, async () => {
    await withFile(async (file) => {
      const writer = new PatchWriter(file, undefined, { coding: () => coding });
      const pieces: Uint8Array[] = [];
      for await (const piece of writer.repairBody(OLD.length, [1])) pieces.push(piece);
      const applied: Applied = { target: new Uint8Array(FILE.length).fill(0xaa), ends: [] };
      const expected = { oldSize: OLD.length, newSize: FILE.length, maxCommands: 9 };
      await readBody(pieces, expected, applyTo(OLD, applied));
      assertEquals(applied.target.slice(SEGMENT_BYTES), FILE.slice(SEGMENT_BYTES));
      assert(applied.target.subarray(0, SEGMENT_BYTES).every((byte) => byte === 0xaa));
      assertEquals(applied.ends[0]!.last, false);
    });
  });
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, i) => byte === other[i]);
}

Deno.test("each body is asked how it is coded, and bytes are counted coded and plain", async () => {
  const text = Uint8Array.from({ length: 3_000_000 }, () => 97 + next(3));
  using folder = new TestFolder();
  using file = openPinned(folder.write("new", text));
  const codings: DeltaCoding[] = [
    { version: 2, coding: "deflate", level: 6 },
    { version: 1 },
    { version: 2, coding: "off", level: 0 },
  ];
  const asked = codings.values();
  const writer = new PatchWriter(file, undefined, { coding: () => asked.next().value! });
  writer.literal(0, text.length);
  writer.finish(SOME_DIGEST);
  const applied: Applied = { target: new Uint8Array(text.length), ends: [] };
  const expected = { oldSize: 0, newSize: text.length, maxCommands: 100 };
  const counts: number[][] = [];
  for (const limit of [200_000, 300_000, Number.MAX_SAFE_INTEGER]) {
    const { bytes, plainBytes } = writer;
    const pieces: Uint8Array[] = [];
    for await (const piece of writer.body(0, limit)) pieces.push(piece);
    await readBody(pieces, expected, applyTo(new Uint8Array(0), applied));
    counts.push([writer.bytes - bytes, writer.plainBytes - plainBytes]);
  }
  assertEquals(applied.target, text);
  assert(writer.complete);
  const [deflated, fixed, plain] = counts;
  // The limit counts what is sent.
  assert(deflated![0]! > 200_000 && deflated![1]! > 3 * deflated![0]!, `${deflated}`);
  assertEquals([fixed![0], plain![0]], [fixed![1], plain![1]]);
});

Deno.test("what is known leaves while the rest is still being found", async () => {
  await withFile(async (file) => {
    const writer = new PatchWriter(file);
    const reader = memoryApplier(OLD, FILE.length);
    writer.copy(100_000, 0, 400_000);
    const body = writer.body(OLD.length, Number.MAX_SAFE_INTEGER);
    // The header and the copy are here though nothing else is known.
    reader.decoder.push((await body.next()).value!);
    assertEquals(reader.applied.target.slice(0, 400_000), FILE.slice(0, 400_000));
    let arrived = false;
    const following = body.next().then((piece) => (arrived = true, piece));
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert(!arrived, "there is nothing to send yet");
    writer.literal(400_000, 1_300_000);
    reader.decoder.push((await following).value!);
    setTimeout(() => writer.finish(SOME_DIGEST), 5);
    for await (const piece of body) reader.decoder.push(piece);
    reader.decoder.finish();
    assertEquals(reader.applied.target, FILE);
  });
});

Deno.test("a body that waits ends at once where the next one is to be coded otherwise", async () => {
  await withFile(async (file) => {
    const writer = new PatchWriter(file);
    writer.copy(100_000, 0, 400_000);
    const body = writer.body(OLD.length, Number.MAX_SAFE_INTEGER);
    const pieces = [(await body.next()).value!];
    writer.restart();
    for await (const piece of body) pieces.push(piece);
    const applied: Applied = { target: new Uint8Array(FILE.length), ends: [] };
    const expected = { oldSize: OLD.length, newSize: FILE.length, maxCommands: 100 };
    await readBody(pieces, expected, applyTo(OLD, applied));
    assertEquals(applied.ends.map(({ last }) => last), [false]);
    assertEquals(writer.complete, false);
  });
});

Deno.test("copies leave before literals that were found earlier", async () => {
  await withFile(async (file) => {
    const writer = new PatchWriter(file);
    writer.literal(400_000, 1_300_000);
    writer.copy(100_000, 0, 400_000);
    const reader = memoryApplier(OLD, FILE.length);
    const body = writer.body(OLD.length, Number.MAX_SAFE_INTEGER);
    reader.decoder.push((await body.next()).value!);
    assertEquals(reader.decoder.totals.copies, 1);
    await body.return();
  });
});

Deno.test("in the target's order nothing overtakes, in bodies of any size", async () => {
  for (const limit of [1, 3000, Number.MAX_SAFE_INTEGER]) {
    await withFile(async (file) => {
      const writer = new PatchWriter(file, undefined, { order: "target" });
      // A literal of one byte and a copy from byte 0: to the queue they must not look like one range.
      writer.literal(0, 1);
      writer.copy(100_001, 1, 199_999);
      writer.copy(300_000, 200_000, 100_000);
      writer.literal(300_000, 5000);
      writer.literal(305_000, 5000);
      writer.copy(410_000, 310_000, 90_000);
      writer.literal(400_000, 1_300_000);
      writer.finish(SOME_DIGEST);
      const applied = { target: new Uint8Array(FILE.length), ends: [] };
      let position = 0;
      const advance = (target: number, length: number): void => {
        assertEquals(target, position, "out of order");
        position += length;
      };
      while (!writer.complete) {
        const { decoder } = memoryApplier(OLD, FILE.length, applied);
        const expected = { oldSize: OLD.length, newSize: FILE.length, maxCommands: 1000 };
        const order = new DeltaDecoder(expected, {
          copy: (_, target, length) => advance(target, length),
          literal: (target, bytes) => advance(target, bytes.length),
          zero: advance,
          end: () => {},
        });
        for await (const piece of writer.body(OLD.length, limit)) {
          decoder.push(piece);
          order.push(piece);
        }
      }
      assertEquals(applied.target, FILE);
      assertEquals([position, writer.settled], [FILE.length, FILE.length]);
      assert(writer.totals.zeroBytes > 0 && writer.totals.copies >= 2);
    });
  }
});

Deno.test("an empty new file is a body of its end", async () => {
  using folder = new TestFolder();
  using file = openPinned(folder.write("new", ""));
  const writer = new PatchWriter(file);
  writer.finish(SOME_DIGEST);
  await writer.ready();
  const reader = memoryApplier(OLD, 0);
  for await (const piece of writer.body(OLD.length, 1000)) reader.decoder.push(piece);
  reader.decoder.finish();
  assert(writer.complete && reader.applied.ends[0]!.last);
});

Deno.test("a failure breaks the body off, so that it is not taken for whole", async () => {
  await withFile(async (file) => {
    const writer = new PatchWriter(file);
    writer.copy(100_000, 0, 400_000);
    const body = writer.body(OLD.length, Number.MAX_SAFE_INTEGER);
    await body.next();
    const following = body.next();
    writer.fail(new ParasyncError("changed", "Cannot go on: the first reason"));
    writer.fail(new ParasyncError("changed", "Cannot go on: a later reason"));
    await assertRejects(() => following, ParasyncError, "the first reason");
    assert(!writer.complete);
    await assertRejects(() => writer.ready(), ParasyncError, "the first reason");
  });
});

Deno.test("a new file that changed while it was sent is never sent whole", async () => {
  await withFile(async (file) => {
    let read = false;
    const writer = new PatchWriter(file, () => {
      assert(read, "looked at before the last byte was read");
      throw new ParasyncError("changed", "Cannot use the file: it was changed meanwhile");
    });
    writer.literal(0, FILE.length);
    const body = writer.body(OLD.length, Number.MAX_SAFE_INTEGER);
    while (writer.settled < FILE.length) await body.next();
    read = true;
    writer.finish(SOME_DIGEST);
    await assertRejects(
      async () => {
        for await (const piece of body) assert(piece.length > 0);
      },
      ParasyncError,
      "it was changed meanwhile",
    );
    assert(!writer.complete);
  });
});

Deno.test("an end that does not account for the whole file is a mistake of ours", async () => {
  await withFile(async (file) => {
    const writer = new PatchWriter(file);
    writer.copy(100_000, 0, 399_999);
    writer.finish(SOME_DIGEST);
    const error = await assertRejects(() => applyBodies(writer, 1e9), ParasyncError);
    assertEquals(error.code, "internal");
  });
});

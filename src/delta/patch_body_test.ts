// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { addTotals, noTotals } from "./format.ts";
import { PatchBody } from "./patch_body.ts";
import {
  type Applied,
  applyTo,
  codingName,
  CODINGS,
  editScript,
  joined,
  randomPieces,
  readBody,
  seededBytes,
  seededNumbers,
  shuffled,
  SOME_DIGEST,
  writeEdits,
  writtenBody,
} from "./test_scripts.ts";

for (const coding of CODINGS) {
  const name = codingName(coding);

  Deno.test(`${name}: a patch in streams, its commands in any order, cut in any way, makes the new file`, async () => {
    const next = seededNumbers(31);
    for (let round = 0; round < 60; round++) {
      const longest = 1 + next(round % 12 === 0 ? 200_000 : 2_000);
      const { basis, edits, result } = editScript(next, next(40), longest);
      const sizes = { oldSize: basis.length, newSize: result.length };
      const order = round % 2 ? edits : shuffled(next, edits);
      const applied: Applied = { target: new Uint8Array(result.length).fill(0xaa), ends: [] };
      const totals = noTotals();
      const streamCount = 1 + next(3);
      for (let stream = 0; stream < streamCount; stream++) {
        const bytes = await writtenBody(sizes, coding, (encoder) => {
          writeEdits(encoder, order.filter((_, i) => i % streamCount === stream));
          addTotals(totals, encoder.totals);
          if (stream === streamCount - 1) encoder.end(SOME_DIGEST, totals);
          else encoder.part();
        });
        const pieces = round % 5 === 0 && bytes.length < 20_000
          ? [...bytes].map((byte) => Uint8Array.of(byte))
          : randomPieces(next, bytes, 1 + next(70_000));
        await readBody(pieces, { ...sizes, maxCommands: 1000 }, applyTo(basis, applied));
      }
      assertEquals(applied.target, result);
      const end = applied.ends.at(-1)!;
      assert(end.last);
      assertEquals([end.digest, end.totals], [SOME_DIGEST, totals]);
      assertEquals(applied.ends.slice(0, -1).every(({ last }) => !last), true);
    }
  });

  Deno.test(`${name}: what is taken after a flush can be carried out at once`, async () => {
    const basis = seededBytes(seededNumbers(32), 30_000);
    const sizes = { oldSize: 30_000, newSize: 60_000 };
    const body = new PatchBody(sizes, coding);
    const arrived: Uint8Array[] = [];
    const check = async (target: number, wanted: Uint8Array): Promise<void> => {
      arrived.push(...await body.take());
      const applied: Applied = { target: new Uint8Array(60_000), ends: [] };
      await readBody(arrived, { ...sizes, maxCommands: 9 }, applyTo(basis, applied)).catch(
        () => {},
      );
      assertEquals(applied.target.slice(target, target + wanted.length), wanted);
    };
    body.encoder.copy(0, 0, 30_000);
    body.encoder.flush();
    await check(0, basis);
    body.encoder.literal(30_000, basis.subarray(0, 100));
    body.encoder.flush();
    await check(30_000, basis.subarray(0, 100));
    body.encoder.literal(30_100, basis.subarray(100, 29_900));
    body.encoder.zero(59_900, 100);
    body.encoder.end(SOME_DIGEST);
    await check(30_100, basis.subarray(100, 29_900));
    assertEquals(body.bytes, joined(arrived).length);
    body.close();
  });

  Deno.test(`${name}: what a body would be without compression is known`, async () => {
    const next = seededNumbers(33);
    const { basis, edits, result } = editScript(next, 50, 3000);
    const sizes = { oldSize: basis.length, newSize: result.length };
    const body = new PatchBody(sizes, coding);
    writeEdits(body.encoder, edits);
    body.encoder.end(SOME_DIGEST);
    await body.take();
    body.close();
    const plain = await writtenBody(
      sizes,
      coding.version === 1 ? coding : { ...coding, coding: "off" },
      (encoder) => {
        writeEdits(encoder, edits);
        encoder.end(SOME_DIGEST);
      },
    );
    assertEquals(body.plainBytes, plain.length);
    if (!body.compressed) assertEquals(body.bytes, plain.length);
  });
}

for (const coding of CODINGS) {
  if (coding.version === 1 || coding.coding === "off") continue;

  Deno.test(`${coding.coding}: small literals are compressed with what came before them`, async () => {
    const line = seededBytes(seededNumbers(34), 500);
    const sizes = { oldSize: 0, newSize: 20_000 };
    const body = new PatchBody(sizes, coding);
    for (let i = 0; i < 40; i++) {
      body.encoder.literal(i * 500, line);
      body.encoder.flush();
      await body.take();
    }
    body.encoder.end(SOME_DIGEST);
    await body.take();
    body.close();
    assert(body.plainBytes > 20_000 && body.bytes < 2_000, `${body.bytes} bytes`);
  });

  Deno.test(`${coding.coding}: what cannot be compressed does not become longer, and text beside it shorter`, async () => {
    const next = seededNumbers(35);
    const noise = seededBytes(next, 3 << 20);
    const text = Uint8Array.from({ length: 1 << 20 }, () => 97 + next(4));
    for (const [data, most] of [[noise, 1.001], [text, 0.4]] as const) {
      const bytes = await writtenBody(
        { oldSize: 0, newSize: data.length },
        coding,
        (encoder) => {
          encoder.literal(0, data);
          encoder.end(SOME_DIGEST);
        },
      );
      assert(bytes.length < data.length * most + 1000, `${bytes.length} of ${data.length}`);
    }
  });
}

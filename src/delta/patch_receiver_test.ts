// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { numbers } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { PatchReceiver } from "./patch_receiver.ts";
import { TargetAssembler } from "./target_assembler.ts";
import type { DeltaCoding } from "./coding.ts";
import { DeltaEncoder } from "./encoder.ts";
import {
  codingName,
  CODINGS,
  type EditScript,
  editScript,
  encodeScript,
  joined,
  lent,
  randomPieces,
  seededBytes,
  SOME_DIGEST,
  writeEdits,
  writtenBody,
} from "./test_scripts.ts";

/** An assembler whose copies come from `basis` and go to `target`. */
function assemblerInto(basis: Uint8Array, target: Uint8Array): TargetAssembler {
  return new TargetAssembler({
    size: target.length,
    maxIntervals: 100_000,
    digest: () => new Uint8Array(STRONG_BYTES),
    lanes: {
      depth: () => 2,
      apply: async ({ sources, targets, lengths }) => {
        await Promise.resolve();
        for (let i = 0; i < lengths.length; i++) {
          target.set(basis.subarray(sources[i]!, sources[i]! + lengths[i]!), targets[i]!);
        }
        return { segments: new Float64Array(0), digests: new Uint8Array(0) };
      },
      verify: (segments) =>
        Promise.resolve({ segments, digests: new Uint8Array(segments.length * STRONG_BYTES) }),
    },
  });
}

function written(script: EditScript, coding: DeltaCoding): Promise<Uint8Array<ArrayBuffer>> {
  const sizes = { oldSize: script.basis.length, newSize: script.result.length };
  return writtenBody(sizes, coding, (encoder) => {
    writeEdits(encoder, script.edits);
    encoder.end(SOME_DIGEST);
  });
}

async function* slowly(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    await Promise.resolve();
    yield piece;
  }
}

for (const coding of CODINGS) {
  const name = codingName(coding);

  Deno.test(`${name}: a stream cut in any way makes the target, with few and never two writes at once`, async () => {
    const next = numbers(201);
    for (let round = 0; round < 20; round++) {
      const script = editScript(next, 1 + next(60), 1 + next(200_000));
      const target = new Uint8Array(script.result.length);
      const assembler = assemblerInto(script.basis, target);
      let [writes, underWay] = [0, 0];
      const receiver = new PatchReceiver(
        { oldSize: script.basis.length, newSize: target.length, maxCommands: 1000 },
        assembler,
        async (bytes, position) => {
          assertEquals(++underWay, 1, "two writes at once");
          writes++;
          for (let turns = next(4); turns > 0; turns--) await Promise.resolve();
          // What was handed in must still be what it was.
          target.set(bytes, position);
          underWay--;
        },
      );
      const delta = await written(script, coding);
      const end = await receiver.receive(lent(randomPieces(next, delta, 1 + next(70_000))));
      assert(end.last);
      await assembler.finish(end);
      assertEquals(target, script.result);
      const literals = script.edits.filter(({ kind }) => kind === "literal").length;
      assert(writes <= literals + Math.ceil(target.length / (1 << 20)), `${writes} writes`);
    }
  });

  Deno.test(`${name}: an assembler that works in order is given everything in order, to keep until it has worked`, async () => {
    const next = numbers(205);
    const script = editScript(next, 300, 20_000);
    const target = new Uint8Array(script.result.length);
    let position = 0;
    const waiting: (() => void)[] = [];
    const at = (place: number, length: number): number => {
      assertEquals(place, position);
      position += length;
      return place;
    };
    const receiver = new PatchReceiver(
      { oldSize: script.basis.length, newSize: target.length, maxCommands: 1000 },
      {
        segments: new Uint8Array(0),
        covered: 0,
        copy: (source, place, length) => {
          at(place, length);
          waiting.push(() => target.set(script.basis.subarray(source, source + length), place));
        },
        zero: at,
        literal: (place, bytes) => {
          at(place, bytes.length);
          waiting.push(() => target.set(bytes, place));
        },
        pump: async () => {
          await Promise.resolve();
          for (const work of waiting.splice(0)) work();
        },
        ended: () => {},
        finish: () => Promise.resolve(true),
        beginRepair: () => {},
        finishRepair: () => Promise.resolve(true),
        fail: () => {},
        idle: () => Promise.resolve(),
      },
      () => Promise.reject(new Error("the assembler takes the literals")),
    );
    const delta = await written(script, coding);
    await receiver.receive(lent(randomPieces(next, delta, 30_000)));
    assertEquals(target, script.result);
  });
}

Deno.test("long literals are held back while the target is slow, two buffers at most", async () => {
  const next = numbers(202);
  const data = seededBytes(next, 6 << 20);
  const pieces: Uint8Array[] = [];
  const encoder = new DeltaEncoder(
    { oldSize: 0, newSize: data.length },
    (piece) => pieces.push(piece),
  );
  encoder.literal(0, data);
  encoder.end(new Uint8Array(STRONG_BYTES));
  const target = new Uint8Array(data.length);
  let taken = 0;
  let written = 0;
  const receiver = new PatchReceiver(
    { oldSize: 0, newSize: data.length, maxCommands: 100 },
    assemblerInto(new Uint8Array(0), target),
    async (bytes, position) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      target.set(bytes, position);
      written += bytes.length;
    },
  );
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of slowly(randomPieces(next, joined(pieces), 100_000))) {
      taken += piece.length;
      assert(taken - written <= (2 << 20) + 400_000, `${taken - written} bytes pile up`);
      yield piece;
    }
  };
  await receiver.receive(counted());
  assertEquals(target, data);
});

Deno.test("a write that fails ends the stream with its reason, after the write", async () => {
  const next = numbers(203);
  const script = editScript(next, 50, 100_000);
  let settled = true;
  const receiver = new PatchReceiver(
    { oldSize: script.basis.length, newSize: script.result.length, maxCommands: 1000 },
    assemblerInto(script.basis, new Uint8Array(script.result.length)),
    async () => {
      settled = false;
      await new Promise((resolve) => setTimeout(resolve, 5));
      settled = true;
      throw new ParasyncError("no_space", "Cannot write: no space left");
    },
  );
  await assertRejects(
    () => receiver.receive(slowly(randomPieces(next, joined(encodeScript(script)), 50_000))),
    ParasyncError,
    "no space left",
  );
  assert(settled, "the write was still under way");
});

Deno.test("a stream that breaks is reported once no write is under way any more", async () => {
  const next = numbers(204);
  const script = editScript(next, 50, 100_000);
  const delta = joined(encodeScript(script));
  let underWay = 0;
  const receiver = new PatchReceiver(
    { oldSize: script.basis.length, newSize: script.result.length, maxCommands: 1000 },
    assemblerInto(script.basis, new Uint8Array(script.result.length)),
    async () => {
      underWay++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      underWay--;
    },
  );
  const breaking = async function* (): AsyncGenerator<Uint8Array> {
    yield* slowly([delta.subarray(0, delta.length >> 1)]);
    throw new ParasyncError("stream", "Cannot go on: it broke");
  };
  await assertRejects(() => receiver.receive(breaking()), ParasyncError, "it broke");
  assertEquals(underWay, 0);
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import {
  applyTo,
  joined,
  readBody,
  seededBytes,
  seededNumbers,
  writtenBody,
} from "../delta/test_scripts.ts";
import { decodeVarints, decodeWords, decodeZigzags } from "./columns.ts";
import { answerFrame, readAnswer, readRequest, requestFrame } from "./messages.ts";
import { FrameReader } from "./framing.ts";

const text = await Deno.readTextFile(new URL("../../docs/protocol.md", import.meta.url));

/** The bytes of the document's block with this title. */
function example(title: string): Uint8Array<ArrayBuffer> {
  const block = text.match(new RegExp("```hex " + title + "\n([^`]*)```"))?.[1];
  assert(block !== undefined, `docs/protocol.md has no block ${title}`);
  const digits = block.replace(/#.*/g, "").replace(/\s/g, "");
  return Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16));
}

function frameOf(title: string): Uint8Array {
  const reader = new FrameReader();
  const frames = [...reader.push(example(title))];
  reader.finish();
  assertEquals(frames.length, 1);
  return frames[0]!;
}

const HELLO = Uint8Array.from("hello", (letter) => letter.charCodeAt(0));
const BASIS = seededBytes(seededNumbers(61), 70_000);
const SIZES = { oldSize: 70_000, newSize: 70_010 };

for (
  const [title, coding] of [
    ["delta", { version: 1 }],
    ["delta 2", { version: 2, coding: "off", level: 0 }],
    ["delta 2 deflate", null],
  ] as const
) {
  const written = coding === null ? "" : ", and is what the encoder writes";
  Deno.test(`the document's ${title} does what it says${written}`, async () => {
    const applied = { target: new Uint8Array(SIZES.newSize).fill(0xaa), ends: [] };
    await readBody([example(title)], { ...SIZES, maxCommands: 4 }, applyTo(BASIS, applied));
    const expected = joined([
      BASIS.subarray(0, 65_536),
      HELLO,
      BASIS.subarray(65_536),
      new Uint8Array(5),
    ]);
    assertEquals(applied.target, expected);

    // What deflate makes of it differs from one library to the next.
    if (coding === null) return;
    const bytes = await writtenBody(SIZES, coding, (encoder) => {
      encoder.copy(0, 0, 65_536);
      encoder.literal(65_536, HELLO);
      encoder.copy(65_536, 65_541, 4_464);
      encoder.zero(70_005, 5);
      encoder.end(Uint8Array.from({ length: 32 }, (_, i) => i));
    });
    assertEquals(bytes, example(title));
  });
}

Deno.test("the document's requests are what it says", () => {
  const { frame: open } = readRequest(frameOf("request open"));
  assert(open.case === "open");
  assertEquals(
    [open.value.protocol, open.value.newSize, open.value.newMtimeNs, open.value.fingerprint],
    [1, 70_010n, 1_700_000_000_000_000_000n, "f"],
  );
  const { frame: batch } = readRequest(frameOf("request weakBatch"));
  assert(batch.case === "weakBatch");
  assertEquals([...decodeWords(batch.value.weak, "weak")], [0xcbf43926, 0xe3069283, 1]);
  assertEquals([...decodeVarints(batch.value.lengths, "lengths", 3)], [8192, 4096, 100]);
  assertEquals([batch.value.first, batch.value.last], [0, true]);
  for (const frame of [open, batch]) {
    assertEquals(requestFrame(frame), example("request " + frame.case));
  }
});

Deno.test("the document's answers are what it says", () => {
  const { frame: presence } = readAnswer(frameOf("answer presence"));
  assert(presence.case === "presence");
  assertEquals([presence.value.first, presence.value.count, ...presence.value.bitmap], [
    0,
    3,
    0b011,
  ]);
  const { frame: candidates } = readAnswer(frameOf("answer candidates"));
  assert(candidates.case === "candidates");
  const { indexDeltas, counts, places, strong } = candidates.value;
  assertEquals([...decodeVarints(indexDeltas, "index_deltas")], [0, 0]);
  assertEquals([...decodeVarints(counts, "counts", 2)], [2, 1]);
  assertEquals([...decodeZigzags(places, "places", 2)], [16_384, 8_192 - 28_672]);
  assertEquals(strong.length, 0);
  for (const frame of [presence, candidates]) {
    assertEquals(answerFrame(frame), example("answer " + frame.case));
  }
});

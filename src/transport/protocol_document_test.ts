// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  applyTo,
  joined,
  readBody,
  seededBytes,
  seededNumbers,
  writtenBody,
} from "../delta/test_scripts.ts";
import { hasBit, PROOF_BYTES } from "../matching/block_proofs.ts";
import {
  MAX_REFINED_BLOCKS,
  MAX_REFINED_COPIES,
  MAX_REFINED_RANGES,
  MAX_ROUNDS,
} from "../schemes/refine_limits.ts";
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

Deno.test("the document's segments are what it says", () => {
  const { frame: segments } = readRequest(frameOf("request segments"));
  assert(segments.case === "segments");
  const { first, digests } = segments.value;
  assertEquals([first, ...digests], [16, ...Array(32).keys()]);
  assertEquals(requestFrame(segments), example("request segments"));
  const { frame: unchanged } = readAnswer(frameOf("answer unchanged"));
  assert(unchanged.case === "unchanged");
  const { count, bitmap } = unchanged.value;
  assertEquals([unchanged.value.first, count, ...bitmap], [16, 3, 0b101]);
  assertEquals(answerFrame(unchanged), example("answer unchanged"));
});

Deno.test("the document's finer round is what it says", () => {
  const { frame: refine } = readRequest(frameOf("request refine"));
  assert(refine.case === "refine");
  const { block, checkBytes, begins, lengths, found, proofs } = refine.value;
  assertEquals([block, checkBytes], [512, 2]);
  assertEquals([...decodeVarints(begins, "begins", 2)], [1000, 8192 - 5000]);
  assertEquals([...decodeVarints(lengths, "lengths", 2)], [5000 - 1000, 9216 - 8192]);
  assertEquals([0, 2, 9].map((index) => hasBit(found, index)), [true, true, true]);
  assertEquals([found.length, found[0], found[1]], [2, 0b101, 0b10]);
  assertEquals(proofs.length, PROOF_BYTES);
  assertEquals(requestFrame(refine), example("request refine"));

  const { frame: proven } = readAnswer(frameOf("answer proven"));
  assert(proven.case === "proven");
  assertEquals([...proven.value.bitmap], [1]);
  const { frame: checksums } = readAnswer(frameOf("answer blockChecksums"));
  assert(checksums.case === "blockChecksums");
  const { first, weak, strong } = checksums.value;
  assertEquals([first, ...decodeWords(weak, "weak")], [7, 1, 2]);
  assertEquals([...strong], [0x26, 0x39, 0x83, 0x92]);
  assertEquals(first + weak.length / 4, Math.floor(4000 / block) + Math.floor(1024 / block));
  for (const frame of [proven, checksums]) {
    assertEquals(answerFrame(frame), example("answer " + frame.case));
  }
});

Deno.test("the document's limits of finer rounds are the program's", () => {
  const row = (what: string): string =>
    text.match(new RegExp(`^\\| ${what} +\\| (.*?) +\\|$`, "m"))?.[1] ?? "";
  const number = (value: number): string => value.toLocaleString("en");
  assertEquals(row("finer rounds of a session"), String(MAX_ROUNDS));
  assertEquals(
    row("blocks, ranges of a finer round"),
    `${number(MAX_REFINED_BLOCKS)} and ${number(MAX_REFINED_RANGES)}; its body is one frame`,
  );
  assertMatch(
    row("commands of a patch"),
    new RegExp(`and ${number(2 * MAX_REFINED_COPIES)} more$`),
  );
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

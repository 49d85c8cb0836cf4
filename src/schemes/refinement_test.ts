/** The server's end of the finer rounds against clients that ask for what there is, and for what there is not. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
import { crc32 } from "node:zlib";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { referenceOf, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import type { Answer } from "../../proto/gen/parasync_pb.ts";
import { ParasyncError } from "../errors.ts";
import { TestFolder } from "../files/test_folder.ts";
import { openBackend } from "../hashing/select.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { PROOF_BYTES } from "../matching/block_proofs.ts";
import { StageClock } from "../telemetry/stages.ts";
import { decodeWords, encodeVarints } from "../transport/columns.ts";
import { FRAME_HEAD_BYTES, readFrames } from "../transport/framing.ts";
import { readAnswer, requestFrame } from "../transport/messages.ts";
import { MAX_REFINED_BLOCKS, MAX_REFINED_RANGES, MAX_ROUNDS } from "./refine_limits.ts";
import { Refinement } from "./refinement.ts";

const { backend } = await openBackend("0");
const next = numbers(841);
const BASIS = randomBytes(next, 3_000_000);

interface Fields {
  readonly block?: number;
  readonly checkBytes?: number;
  readonly begins?: Uint8Array<ArrayBuffer>;
  readonly lengths?: Uint8Array<ArrayBuffer>;
  readonly found?: Uint8Array<ArrayBuffer>;
  readonly proofs?: Uint8Array<ArrayBuffer>;
}

type Range = readonly [begin: number, end: number];

/** A round that asks for blocks in ranges. */
function round(
  block: number,
  checkBytes: number,
  ranges: readonly Range[],
  fields: Fields = {},
): Fields {
  return {
    block,
    checkBytes,
    begins: encodeVarints(ranges.map(([begin], i) => begin - (ranges[i - 1]?.[1] ?? 0))),
    lengths: encodeVarints(ranges.map(([begin, end]) => end - begin)),
    ...fields,
  };
}

function frameOf(fields: Fields): Uint8Array {
  return requestFrame({ case: "refine", value: fields }).subarray(FRAME_HEAD_BYTES);
}

/** A session's rounds over a basis. */
class Rounds implements Disposable {
  readonly #folder = new TestFolder();
  readonly #lanes: TestLanes;
  readonly #refinement: Refinement;
  readonly #stop = new AbortController();

  /**
   * @param threads How many work.
   * @param basis The basis, or the size of one that is a hole; null where there is none.
   */
  constructor(threads = 2, basis: Uint8Array | number | null = BASIS) {
    this.#lanes = new TestLanes(threads);
    const path = this.#folder.write("old", typeof basis === "number" ? "" : basis ?? "");
    if (typeof basis === "number") fs.truncateSync(path, basis);
    this.#refinement = new Refinement({
      basis: basis === null ? null : referenceOf(path),
      lanes: this.#lanes.group(threads),
      clock: new StageClock(),
      signal: this.#stop.signal,
    });
  }

  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  /** What the server says to a round, frame after frame. */
  async *frames(fields: Fields | Uint8Array): AsyncGenerator<Answer["frame"]> {
    const frame = fields instanceof Uint8Array ? fields : frameOf(fields);
    for await (const bytes of readFrames(this.#refinement.answer(frame))) {
      yield readAnswer(bytes.slice()).frame;
    }
  }

  async ask(fields: Fields | Uint8Array): Promise<Answer["frame"][]> {
    return await Array.fromAsync(this.frames(fields));
  }

  /** Which proofs the server takes for right. */
  async proven(fields: Fields): Promise<number[]> {
    const [first] = await this.ask(fields);
    assert(first?.case === "proven");
    return [...first.value.bitmap];
  }

  /** The code that a round is refused with. */
  async refusal(fields: Fields | Uint8Array): Promise<string> {
    return (await assertRejects(() => this.ask(fields), ParasyncError)).code;
  }

  [Symbol.dispose](): void {
    this.#lanes[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }
}

function proofOf(...blocks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = concatenated(...blocks);
  const digest = new Uint8Array(STRONG_BYTES);
  backend.strong(bytes, 0, bytes.length, digest, 0);
  return digest.slice(0, PROOF_BYTES);
}

Deno.test("a round is answered with the checksums of every whole block of its ranges, in order", async () => {
  for (const threads of [1, 3]) {
    using rounds = new Rounds(threads);
    const ranges: readonly Range[] = [[0, 1000], [1000, 1512], [5000, 2_500_000], [
      2_999_488,
      3_000_000,
    ]];
    const frames = await rounds.ask(round(512, 3, ranges));
    assertEquals(frames[0]?.case, "proven");
    const places = ranges.flatMap(([begin, end]) =>
      Array.from({ length: Math.floor((end - begin) / 512) }, (_, i) => begin + i * 512)
    );
    let count = 0;
    for (const frame of frames.slice(1, -1)) {
      assert(frame.case === "blockChecksums");
      const { first, weak, strong } = frame.value;
      assertEquals(first, count);
      const held = decodeWords(weak, "weak").length;
      assertEquals(strong.length, 3 * held);
      for (let i = 0; i < held; i++) {
        const place = places[count + i]!;
        const check = crc32(BASIS.subarray(place, place + 512)) & 0xffffff;
        const [low, middle, high] = strong.subarray(3 * i, 3 * i + 3);
        assertEquals(low! | middle! << 8 | high! << 16, check, `block at ${place}`);
      }
      count += held;
    }
    assertEquals(count, places.length);
    const done = frames.at(-1);
    assert(done?.case === "done");
    assertEquals(done.value.chunks, count);
  }
});

Deno.test("a round that asks for nothing is answered with what it proves alone", async () => {
  using rounds = new Rounds();
  const cases = (await rounds.ask({})).map((frame) => frame.case);
  assertEquals(cases, ["proven", "done"]);
});

Deno.test("each group is proven by itself, by the blocks of the round before", async () => {
  using rounds = new Rounds();
  const block = (index: number): Uint8Array =>
    BASIS.subarray(10_000 + 64 * index, 10_064 + 64 * index);
  const asked = round(64, 1, [[10_000, 10_000 + 64 * 900]]);
  await rounds.ask(asked);
  const found = new Uint8Array(Math.ceil(900 / 8));
  // Groups 0, 2 and 3; none of group 1.
  for (const index of [0, 5, 255, 512, 899]) found[index >> 3]! |= 1 << (index & 7);
  const right = [proofOf(block(0), block(5), block(255)), proofOf(block(512)), proofOf(block(899))];
  const proofs = concatenated(...right);
  assertEquals(await rounds.proven({ ...asked, found, proofs }), [0b111]);
  for (const [group, byte] of [[0, 0], [1, 3], [2, PROOF_BYTES - 1]] as const) {
    const wrong = proofs.slice();
    wrong[group * PROOF_BYTES + byte]! ^= 1;
    assertEquals(await rounds.proven({ ...asked, found, proofs: wrong }), [0b111 ^ 1 << group]);
  }
  // A round that asked for nothing has nothing that could be found.
  assertEquals(await rounds.proven({ found, proofs }), [0b111]);
  assertEquals(await rounds.proven({ found, proofs }), [0]);
});

Deno.test("a server that knows nothing of the round before proves nothing, and goes on", async () => {
  using rounds = new Rounds();
  const asked = round(512, 1, [[0, 51_200]], {
    found: new Uint8Array(13).fill(255),
    proofs: proofOf(BASIS.subarray(0, 51_200)),
  });
  assertEquals(await rounds.proven(asked), [0]);
  // The same is right once it knows.
  assertEquals(await rounds.proven({ ...asked, found: lowBits(100) }), [1]);
});

/** A bitmap in which so many bits are set. */
function lowBits(count: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    { length: Math.ceil(count / 8) },
    (_, i) => (1 << Math.min(8, count - 8 * i)) - 1,
  );
}

const WHOLE: readonly Range[] = [[0, BASIS.length]];
const one = (value: number): Uint8Array<ArrayBuffer> => encodeVarints([value]);

const REFUSED: readonly (readonly [string, string, Fields | Uint8Array])[] = [
  ["no message", "bad_request", new Uint8Array(0)],
  ["garbage", "bad_request", randomBytes(next, 300)],
  [
    "another frame",
    "bad_request",
    requestFrame({
      case: "segments",
      value: { first: 0, digests: new Uint8Array(32) },
    }).subarray(FRAME_HEAD_BYTES),
  ],
  ["blocks of 63 bytes", "bad_request", round(63, 1, WHOLE)],
  ["blocks of 1 byte", "bad_request", round(1, 1, WHOLE)],
  ["blocks of 4,097 bytes", "bad_request", round(4097, 1, WHOLE)],
  ["5 bytes of checks", "bad_request", round(512, 5, WHOLE)],
  ["2^32 - 1 bytes of checks", "bad_request", round(512, 2 ** 32 - 1, WHOLE)],
  ["ranges and no blocks", "bad_request", round(0, 0, WHOLE)],
  ["a range past the end", "bad_request", round(512, 1, [[0, BASIS.length + 1]])],
  [
    "a range that begins past the end",
    "bad_request",
    round(512, 1, [[BASIS.length, BASIS.length + 512]]),
  ],
  ["ranges that add up to more than 2^53", "bad_request", {
    ...round(512, 1, [[0, 512]]),
    begins: encodeVarints([2 ** 53 - 1, 2 ** 53 - 1]),
    lengths: encodeVarints([512, 512]),
  }],
  ["a range shorter than a block", "bad_request", round(512, 1, [[0, 511]])],
  ["a range of nothing", "bad_request", round(512, 1, [[0, 0]])],
  ["fewer lengths than ranges", "bad_request", {
    ...round(512, 1, [[0, 512], [1000, 2000]]),
    lengths: one(512),
  }],
  ["more lengths than ranges", "bad_request", {
    ...round(512, 1, [[0, 512]]),
    lengths: encodeVarints([512, 512]),
  }],
  ["a number that is cut short", "bad_request", {
    ...round(512, 1, WHOLE),
    begins: Uint8Array.of(0x80),
  }],
  ["a number not in its shortest form", "bad_request", {
    ...round(512, 1, WHOLE),
    begins: Uint8Array.of(0x80, 0),
  }],
  ["a number above 2^53", "bad_request", {
    ...round(512, 1, WHOLE),
    lengths: new Uint8Array(9).fill(0xff).with(8, 0x7f),
  }],
  ["half a proof", "bad_request", { proofs: new Uint8Array(PROOF_BYTES + 3) }],
];

for (const [about, code, fields] of REFUSED) {
  Deno.test(`a round with ${about} is refused`, async () => {
    using rounds = new Rounds(1);
    assertEquals(await rounds.refusal(fields), code);
  });
}

Deno.test("a basis that is not there has no ranges", async () => {
  using rounds = new Rounds(1, null);
  assertEquals(await rounds.refusal(round(512, 1, [[0, 512]])), "bad_request");
  assertEquals((await rounds.ask(round(512, 1, []))).map((frame) => frame.case), [
    "proven",
    "done",
  ]);
});

Deno.test("what was found must be of the round before, with a proof for each group", async () => {
  const proof = proofOf(BASIS.subarray(0, 64));
  const found = lowBits(1);
  const spoilt: readonly (readonly [string, Fields])[] = [
    ["too few bits", { found: new Uint8Array(64), proofs: proof }],
    ["too many bits", { found: new Uint8Array(66), proofs: proof }],
    ["no bits", { proofs: proof }],
    ["none set", { found: new Uint8Array(65), proofs: proof }],
    ["a proof too many", {
      found: concatenated(found, new Uint8Array(64)),
      proofs: concatenated(proof, proof),
    }],
    ["a proof too few", { found: new Uint8Array(65).fill(1), proofs: concatenated(proof, proof) }],
  ];
  for (const [about, fields] of spoilt) {
    using rounds = new Rounds(1);
    await rounds.ask(round(64, 1, [[0, 64 * 520]]));
    assertEquals(await rounds.refusal(fields), "bad_request", about);
  }
});

Deno.test("too many ranges, blocks and rounds are refused", async () => {
  using rounds = new Rounds(1, 64 * (MAX_REFINED_BLOCKS + 1));
  const whole = 64 * MAX_REFINED_BLOCKS;
  assertEquals(await rounds.refusal(round(64, 0, [[0, whole + 64]])), "too_large");
  const ranges = Array.from(
    { length: MAX_REFINED_RANGES + 1 },
    (_, i): Range => [65 * i, 65 * i + 64],
  );
  assertEquals(await rounds.refusal(round(64, 0, ranges)), "too_large");
  for (let i = 2; i < MAX_ROUNDS; i++) await rounds.ask({});
  assertEquals(await rounds.refusal({}), "too_large");
});

Deno.test("a client that goes away in the middle of a round ends it", async () => {
  using rounds = new Rounds(2);
  const frames = rounds.frames(round(64, 4, WHOLE));
  assertEquals((await frames.next()).value?.case, "proven");
  assertEquals((await frames.next()).value?.case, "blockChecksums");
  await frames.return(undefined);
});

Deno.test("a session that is over ends its round", async () => {
  using rounds = new Rounds(1);
  const reason = new ParasyncError("changed", "Cannot go on: the session is over");
  rounds.stop(reason);
  assertEquals(await assertRejects(() => rounds.ask(round(64, 4, WHOLE))), reason);
});

Deno.test("a basis that has changed fails the round", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  const basis = referenceOf(folder.write("old", BASIS));
  folder.write("old", "shorter");
  const { signal } = new AbortController();
  const refinement = new Refinement({
    basis,
    lanes: lanes.group(1),
    clock: new StageClock(),
    signal,
  });
  const error = await assertRejects(
    () => Array.fromAsync(refinement.answer(frameOf(round(512, 1, WHOLE)))),
    ParasyncError,
  );
  assertEquals(error.code, "changed");
});

Deno.test("random changes of a good round are refused or answered, and never anything else", async () => {
  const next = numbers(842);
  const small = BASIS.subarray(0, 20_000);
  const good = frameOf(round(64, 2, [[0, 6400], [7000, 9000]], {
    found: new Uint8Array(17).fill(85),
    proofs: proofOf(small),
  }));
  for (let turn = 0; turn < 120; turn++) {
    using rounds = new Rounds(1, small);
    await rounds.ask(round(64, 2, [[0, 6400], [7000, 9000]]));
    const frame = good.slice(0, next(4) === 0 ? next(good.length) : good.length);
    for (let flips = 1 + next(3); flips > 0 && frame.length > 0; flips--) {
      frame[next(frame.length)] = next(256);
    }
    try {
      const frames = await rounds.ask(frame);
      assertEquals([frames[0]?.case, frames.at(-1)?.case], ["proven", "done"]);
    } catch (error) {
      assert(error instanceof ParasyncError && error.code !== "internal", `turn ${turn}: ${error}`);
    }
  }
});

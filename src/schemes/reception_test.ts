/** The server's end of a patch, against clients whose patches are wrong in every way. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
import { leftovers, openBasis, openReception } from "../../tests/fixtures/local_sync.ts";
import { concatenated, numbers, randomBytes, shuffled } from "../../tests/fixtures/seeded.ts";
import { TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { DeltaEncoder } from "../delta/encoder.ts";
import { addTotals, type DeltaTotals, noTotals } from "../delta/format.ts";
import { randomPieces } from "../delta/test_scripts.ts";
import { ParasyncError } from "../errors.ts";
import { TestFolder } from "../files/test_folder.ts";
import { openBackend } from "../hashing/select.ts";
import { SEGMENT_BYTES, sessionDigest } from "../hashing/session_digest.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import type { Received, Reception } from "./reception.ts";

type Command = (encoder: DeltaEncoder) => void;

const next = numbers(151);
const OLD = randomBytes(next, 1_400_000);
/** The basis's halves exchanged, with something new, zeros and the beginning again in between. */
const FILE = concatenated(
  OLD.subarray(700_000),
  randomBytes(next, 30_000),
  new Uint8Array(20_000),
  OLD.subarray(0, 600_000),
);
const COMMANDS: readonly Command[] = [
  (encoder) => encoder.copy(700_000, 0, 300_000),
  (encoder) => encoder.copy(1_000_000, 300_000, 400_000),
  (encoder) => encoder.literal(700_000, FILE.slice(700_000, 730_000)),
  (encoder) => encoder.zero(730_000, 20_000),
  (encoder) => encoder.copy(0, 750_000, 100_000),
  (encoder) => encoder.copy(100_000, 850_000, 500_000),
];

async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  const { backend } = await openBackend("0");
  const count = Math.ceil(bytes.length / SEGMENT_BYTES);
  const segments = new Uint8Array(count * STRONG_BYTES);
  for (let i = 0; i < count; i++) {
    const end = Math.min((i + 1) * SEGMENT_BYTES, bytes.length);
    backend.strong(bytes, i * SEGMENT_BYTES, end, segments, i * STRONG_BYTES);
  }
  return sessionDigest(backend, bytes.length, segments);
}

const DIGEST = await digestOf(FILE);

interface StreamOptions {
  readonly oldSize?: number;
  readonly newSize?: number;
  /** What an END states; a PART where null. */
  readonly digest?: Uint8Array | null;
  readonly totals?: DeltaTotals;
}

/** One stream of a patch. */
function stream(
  commands: readonly Command[],
  options: StreamOptions = {},
): Uint8Array<ArrayBuffer> {
  const { oldSize = OLD.length, newSize = FILE.length, digest = DIGEST } = options;
  const pieces: Uint8Array[] = [];
  const encoder = new DeltaEncoder({ oldSize, newSize }, (piece) => pieces.push(piece));
  for (const command of commands) command(encoder);
  if (digest === null) encoder.part();
  else encoder.end(digest, options.totals ?? encoder.totals);
  return concatenated(...pieces);
}

function totalsOf(commands: readonly Command[]): DeltaTotals {
  const sum = noTotals();
  const encoder = new DeltaEncoder({ oldSize: OLD.length, newSize: FILE.length }, () => {});
  for (const command of commands) command(encoder);
  addTotals(sum, encoder.totals);
  return sum;
}

async function* bodyOf(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** A reception in a folder whose target must survive whatever `use` does, or become the new file. */
async function withReception(
  use: (reception: Reception, folder: TestFolder) => Promise<unknown>,
  { threads = 2, basis = true, newSize = FILE.length } = {},
): Promise<void> {
  using folder = new TestFolder();
  using lanes = new TestLanes(threads);
  if (basis) folder.write("old", OLD);
  folder.write("target", "as it was");
  using pinned = openBasis(folder);
  const reception = await openReception(folder, pinned, newSize, lanes.group(threads));
  try {
    await use(reception, folder);
  } finally {
    await reception.discard();
    assertEquals(leftovers(folder), []);
    const target = fs.readFileSync(folder.join("target"));
    assert(target.equals(FILE) || target.toString() === "as it was", "the target is neither");
  }
}

async function refusal(received: Promise<Received>): Promise<string> {
  const error = await assertRejects(() => received, ParasyncError);
  return error.code;
}

Deno.test("a patch is taken whole, in any order of its commands and cut in any way", async () => {
  for (let round = 0; round < 20; round++) {
    await withReception(async (reception, folder) => {
      const body = stream(shuffled(next, COMMANDS));
      const received = await reception.receive(
        bodyOf(...randomPieces(next, body, round % 2 === 0 ? 100_000 : 3000)),
        "chunk",
      );
      assertEquals([received.kind, reception.covered], ["committed", FILE.length]);
      assert(fs.readFileSync(folder.join("target")).equals(FILE));
    }, { threads: 1 + round % 3 });
  }
});

Deno.test("a patch is taken in several bodies, one after the other or all at once", async () => {
  for (let round = 0; round < 12; round++) {
    await withReception(async (reception, folder) => {
      const commands = shuffled(next, COMMANDS);
      const parts = [1, 2, 3, 3].map((end, i) =>
        commands.slice(i === 0 ? 0 : [1, 2, 3][i - 1], end)
      );
      parts[3] = commands.slice(3);
      const totals = noTotals();
      for (const part of parts) addTotals(totals, totalsOf(part));
      const last = parts.pop()!;
      const bodies = parts.map((part) => stream(part, { digest: null }));
      const receive = (body: Uint8Array): Promise<Received> =>
        reception.receive(bodyOf(...randomPieces(next, body, 5000)), "chunk");
      const outcomes: Received[] = [];
      if (round % 2 === 0) {
        for (const body of bodies) outcomes.push(await receive(body));
        outcomes.push(await receive(stream(last, { totals })));
      } else {
        const all = [...bodies, stream(last, { totals })];
        outcomes.push(...await Promise.all(all.map(receive)));
      }
      assertEquals(outcomes.map(({ kind }) => kind), ["part", "part", "part", "committed"]);
      assert(fs.readFileSync(folder.join("target")).equals(FILE));
    });
  }
});

const [FIRST, SECOND, ...REST] = COMMANDS;

/** Patches that are wrong as a whole, and what they are refused with. */
const WRONG: readonly (readonly [string, string, () => Uint8Array])[] = [
  [
    "the digest of another file",
    "verification",
    () => stream(COMMANDS, { digest: DIGEST.map((byte, i) => i === 31 ? byte ^ 1 : byte) }),
  ],
  ["the right pieces in wrong places", "verification", () =>
    stream([
      (encoder) => encoder.copy(700_001, 0, 300_000),
      (encoder) => encoder.copy(1_000_000, 300_000, 400_000),
      ...REST,
    ])],
  [
    "a zero where there is something",
    "verification",
    () => stream([FIRST!, (encoder) => encoder.zero(300_000, 400_000), ...REST]),
  ],
  ["another old size", "bad_request", () => stream(COMMANDS, { oldSize: OLD.length + 1 })],
  [
    "another new size",
    "bad_request",
    () => stream([(encoder) => encoder.zero(0, 5)], { newSize: 5 }),
  ],
  [
    "two copies that overlap",
    "bad_request",
    () => stream([FIRST!, (encoder) => encoder.copy(0, 299_999, 400_000), ...REST]),
  ],
  [
    "a copy twice",
    "bad_request",
    () => stream([FIRST!, FIRST!, SECOND!, ...REST], { digest: null }),
  ],
  [
    "a literal over a copy",
    "bad_request",
    () =>
      stream([...COMMANDS, (encoder) => encoder.literal(10, new Uint8Array(9))], { digest: null }),
  ],
  [
    "bytes that nobody makes",
    "stream",
    () => stream([FIRST!, ...REST], { totals: totalsOf(COMMANDS) }),
  ],
  [
    "totals of more commands than it has",
    "bad_request",
    () => stream(COMMANDS, { totals: { ...totalsOf(COMMANDS), copies: 99 } }),
  ],
  [
    "a copy from outside of the basis",
    "bad_request",
    () => stream([(encoder) => encoder.copy(OLD.length - 100, 0, 300_000), SECOND!, ...REST]),
  ],
  [
    "a command outside of the new file",
    "bad_request",
    () => stream([...COMMANDS, (encoder) => encoder.zero(FILE.length, 1)], { digest: null }),
  ],
  ["more commands than an honest one has", "too_large", () =>
    stream(
      Array.from({ length: 60_000 }, (_, i) => (encoder) => encoder.copy(i * 2, i * 3, 1)),
      { digest: null },
    )],
  ["garbage", "bad_request", () => randomBytes(next, 5000)],
  ["nothing", "stream", () => new Uint8Array(0)],
  ["a header alone", "stream", () => stream(COMMANDS).subarray(0, 32)],
  [
    "something behind its end",
    "bad_request",
    () => concatenated(stream(COMMANDS), new Uint8Array(1)),
  ],
];

for (const [about, code, body] of WRONG) {
  Deno.test(`a patch with ${about} is refused, and everything is as it was`, async () => {
    await withReception(async (reception, folder) => {
      assertEquals(
        await refusal(
          reception.receive(bodyOf(body()), "chunk").then(async (received) => {
            // What is wrong with an unfinished patch may show at its end only.
            if (received.kind !== "part") return received;
            return await reception.receive(
              bodyOf(stream([], { totals: totalsOf(COMMANDS) })),
              "chunk",
            );
          }),
        ),
        code,
      );
      assertEquals(folder.text("target"), "as it was");
      assertEquals(leftovers(folder), []);
      assertEquals(await refusal(reception.receive(bodyOf(stream(COMMANDS)), "chunk")), "changed");
    });
  });
}

Deno.test("a patch cut short anywhere is refused", async () => {
  const body = stream(COMMANDS);
  for (let round = 0; round < 25; round++) {
    await withReception(async (reception) => {
      const cut = body.subarray(0, next(body.length));
      assertEquals(await refusal(reception.receive(bodyOf(cut), "chunk")), "stream");
    }, { threads: 1 });
  }
});

Deno.test("a patch with flipped bits is refused or harmless, and never makes another file", async () => {
  const body = stream(COMMANDS);
  for (let round = 0; round < 60; round++) {
    await withReception(async (reception) => {
      const flipped = body.slice();
      // Commands lie at the beginning and the end, literals in between.
      const at = [next(200), body.length - 1 - next(200), next(body.length)][round % 3]!;
      flipped[at]! ^= 1 << next(8);
      const received = await reception.receive(bodyOf(flipped), "chunk").catch((error) => error);
      assert(received instanceof ParasyncError || received.kind === "committed", `${received}`);
    }, { threads: 1 });
  }
});

Deno.test("without a basis nothing can be copied", async () => {
  await withReception(async (reception) => {
    assertEquals(
      await refusal(reception.receive(bodyOf(stream(COMMANDS)), "chunk")),
      "bad_request",
    );
  }, { basis: false });
});

Deno.test("an empty new file is a patch of no commands", async () => {
  await withReception(async (reception, folder) => {
    const digest = await digestOf(new Uint8Array(0));
    const body = stream([], { newSize: 0, digest });
    assertEquals((await reception.receive(bodyOf(body), "chunk")).kind, "committed");
    assertEquals(folder.text("target"), "");
    folder.write("target", "as it was");
  }, { newSize: 0 });
});

Deno.test("a connection that breaks fails the reception with its reason", async () => {
  const broken = new ParasyncError("stream", "Cannot go on: the connection broke");
  await withReception(async (reception, folder) => {
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield stream(COMMANDS).subarray(0, 10_000);
      await Promise.resolve();
      throw broken;
    };
    assertEquals(await assertRejects(() => reception.receive(body(), "chunk")), broken);
    assertEquals(folder.text("target"), "as it was");
  });
});

Deno.test("one body that fails ends the others of the same patch", async () => {
  await withReception(async (reception) => {
    const parts = [COMMANDS.slice(0, 2), COMMANDS.slice(2, 4), COMMANDS.slice(4)];
    const outcomes = await Promise.allSettled([
      reception.receive(bodyOf(stream(parts[0]!, { digest: null })), "chunk"),
      reception.receive(bodyOf(randomBytes(next, 100)), "chunk"),
      reception.receive(bodyOf(stream(parts[2]!, { totals: totalsOf(COMMANDS) })), "chunk"),
    ]);
    assertEquals(outcomes.slice(1).map(({ status }) => status), ["rejected", "rejected"]);
  });
});

Deno.test("two bodies that both claim to be the last do not wait for each other", async () => {
  await withReception(async (reception) => {
    const totals = totalsOf(COMMANDS);
    const bodies = [
      stream(COMMANDS.slice(0, 3), { totals }),
      stream(COMMANDS.slice(3), { totals }),
    ];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => timer = setTimeout(() => resolve("they hang"), 5000));
    const settled = Promise.allSettled(
      bodies.map((body) => reception.receive(bodyOf(body), "chunk")),
    );
    const outcome = await Promise.race([settled, late]);
    clearTimeout(timer);
    assert(outcome !== "they hang", "they hang");
  });
});

Deno.test("a reception that is given up ends the bodies under way and removes what there is", async () => {
  await withReception(async (reception, folder) => {
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => go = resolve);
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield stream(COMMANDS).subarray(0, 20_000);
      await gate;
      yield stream(COMMANDS).subarray(20_000);
    };
    const received = refusal(reception.receive(body(), "chunk"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await reception.discard();
    assertEquals(leftovers(folder), []);
    go();
    assertEquals(await received, "interrupted");
  });
});

Deno.test("a basis that changes during the patch is the reason, whatever came of it", async () => {
  await withReception(async (reception, folder) => {
    const body = async function* (): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      fs.truncateSync(folder.join("old"), 1_000_000);
      yield stream(COMMANDS);
    };
    assertEquals(await refusal(reception.receive(body(), "chunk")), "changed");
  });
});

Deno.test("a target that changed since the session began is left as it is", async () => {
  await withReception(async (reception, folder) => {
    const body = async function* (): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      folder.write("target", "somebody else's");
      yield stream(COMMANDS);
    };
    assertEquals(await refusal(reception.receive(body(), "chunk")), "changed");
    assertEquals(folder.text("target"), "somebody else's");
    folder.write("target", "as it was");
  });
});

/** A patch whose first copy comes from the wrong place: what a false weak match leads to. */
const FALSE_MATCH: readonly Command[] = [
  (encoder) => encoder.copy(5, 0, 300_000),
  ...COMMANDS.slice(1),
];

const repairOf = (...segments: number[]): Uint8Array =>
  stream(
    segments.map((segment) => (encoder) =>
      encoder.literal(
        segment * SEGMENT_BYTES,
        FILE.slice(segment * SEGMENT_BYTES, (segment + 1) * SEGMENT_BYTES),
      )
    ),
    { digest: null },
  );

Deno.test("a false match is told by its segment and repaired by sending that whole", async () => {
  await withReception(async (reception, folder) => {
    const received = await reception.receive(bodyOf(stream(FALSE_MATCH)), "target");
    assert(received.kind === "mismatch");
    const { backend } = await openBackend("0");
    const expected = new Uint8Array(2 * STRONG_BYTES);
    backend.strong(FILE, 0, SEGMENT_BYTES, expected, 0);
    backend.strong(FILE, SEGMENT_BYTES, FILE.length, expected, STRONG_BYTES);
    assert(received.segments.subarray(0, 32).some((byte, i) => byte !== expected[i]));
    assertEquals(received.segments.slice(32), expected.slice(32));
    assertEquals(folder.text("target"), "as it was");
    const repaired = await reception.receive(bodyOf(repairOf(0)), "target", true);
    assertEquals(repaired.kind, "committed");
    assert(fs.readFileSync(folder.join("target")).equals(FILE));
  });
});

Deno.test("a repair out of turn, of the wrong segments or with wrong bytes is refused", async () => {
  await withReception(async (reception) => {
    assertEquals(
      await refusal(reception.receive(bodyOf(repairOf(0)), "target", true)),
      "bad_request",
    );
  });
  const copying = stream([(encoder) => encoder.copy(0, 0, SEGMENT_BYTES)], { digest: null });
  await withReception(async (reception) => {
    await reception.receive(bodyOf(stream(FALSE_MATCH)), "target");
    assertEquals(await refusal(reception.receive(bodyOf(copying), "target", true)), "bad_request");
  });
  for (const repair of [repairOf(1), repairOf()]) {
    await withReception(async (reception) => {
      await reception.receive(bodyOf(stream(FALSE_MATCH)), "target");
      assertEquals(
        await refusal(reception.receive(bodyOf(repair), "target", true)),
        "verification",
      );
    });
  }
});

Deno.test("a repair cannot put bytes where nobody verifies them", async () => {
  await withReception(async (reception) => {
    await reception.receive(bodyOf(stream(FALSE_MATCH)), "target");
    const sly = stream([
      (encoder) => encoder.literal(0, FILE.slice(0, SEGMENT_BYTES)),
      // A part of a segment that was right: it is not complete anew, so its digest is the old one.
      (encoder) => encoder.literal(SEGMENT_BYTES + 10, randomBytes(next, 100)),
    ], { digest: null });
    await refusal(reception.receive(bodyOf(sly), "target", true));
  });
});

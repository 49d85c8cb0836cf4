/** The server's end of a patch, against clients whose patches are wrong in every way. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { leftovers } from "../../tests/fixtures/local_sync.ts";
import {
  bodyOf,
  COMMANDS,
  DIGEST,
  FILE,
  OLD,
  refusal,
  stream,
  totalsOf,
  withReception,
} from "../../tests/fixtures/patches.ts";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";

const next = numbers(153);

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
      // More than a finer round's smallest blocks could make.
      Array.from({ length: 300_000 }, (_, i) => (encoder) => encoder.copy(i * 2, i * 3, 1)),
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

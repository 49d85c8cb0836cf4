/** The server's end of a patch where the target confirms: false matches, and their repair. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import {
  bodyOf,
  type Command,
  COMMANDS,
  FILE,
  refusal,
  stream,
  withReception,
} from "../../tests/fixtures/patches.ts";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";

const next = numbers(154);

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

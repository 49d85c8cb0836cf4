// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { OLD, Siege, TARGET } from "./siege.ts";
import { sessionDigest } from "./speaker.ts";
import { refusalOf } from "./wire/answers.ts";
import { join } from "./wire/bytes.ts";
import * as delta from "./wire/delta.ts";

/** What the honest stream makes: two pieces of the old file, exchanged, and `hello` between. */
const NEW = join(OLD.subarray(4000, 8000), "hello", OLD.subarray(0, 3000));
const SIZE = NEW.length;
const HELLO = join("hello");
const TOTALS: delta.Totals = [2, 1, 0, 7000, 5, 0];

const FIRST = delta.copy(4000, 0, 4000);
const SECOND = delta.literal(4000, HELLO);
const THIRD = delta.copy(0, 4005, 3000);

/** Commands whose ranges overlap, are missing or are of another basis, and what they are refused as. */
const COMMANDS: Readonly<
  Record<string, readonly [commands: readonly Uint8Array[], totals: delta.Totals, code: string]>
> = {
  "nothing": [[], TOTALS, "stream"],
  "the first command alone": [[FIRST], TOTALS, "stream"],
  "a hole in the middle": [[FIRST, THIRD], TOTALS, "stream"],
  "a byte missing at the end": [
    [FIRST, SECOND, delta.copy(0, 4005, 2999)],
    TOTALS,
    "stream",
  ],
  "one command twice": [[FIRST, FIRST, SECOND, THIRD], [3, 1, 0, 7000, 5, 0], "bad_request"],
  "an overlap of one byte": [
    [FIRST, delta.literal(3999, HELLO), delta.copy(0, 4004, 3001)],
    [2, 1, 0, 7000, 5, 0],
    "bad_request",
  ],
  "an overlap that hides a hole": [
    [FIRST, delta.copy(0, 3000, 3005)],
    [2, 0, 0, 7005, 0, 0],
    "bad_request",
  ],
  "zeros over a copy": [
    [FIRST, delta.zero(0, 3005)],
    [1, 0, 1, 4000, 0, 3005],
    "bad_request",
  ],
  "copies from elsewhere": [
    [delta.copy(4001, 0, 4000), SECOND, THIRD],
    TOTALS,
    "verification",
  ],
  "another literal": [[FIRST, delta.literal(4000, join("hallo")), THIRD], TOTALS, "verification"],
};

Deno.test("ranges that overlap, are missing or are of another file leave the old file", async (test) => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  const digest = await sessionDigest(NEW);
  const header = delta.header(1, 0, OLD.length, SIZE);
  for (const [name, [commands, totals, code]] of Object.entries(COMMANDS)) {
    await test.step(`${name} is ${code}`, async () => {
      const { key } = await speaker.open(TARGET, SIZE);
      const body = join(header, ...commands, delta.end(SIZE, totals, digest));
      assertEquals(refusalOf(await speaker.patch(TARGET, key, body)), code);
      assertEquals(refusalOf(await speaker.patch(TARGET, key, body)), "changed");
      await siege.unharmed();
    });
  }
  await test.step("the same in several bodies", async () => {
    const part = (...commands: readonly Uint8Array[]): Uint8Array =>
      join(header, ...commands, delta.part(SIZE, [1, 0, 0, 4000, 0, 0]));
    const { key } = await speaker.open(TARGET, SIZE);
    assertEquals((await speaker.patch(TARGET, key, part(FIRST))).body, "PART");
    const { status } = await speaker.patch(TARGET, key, part(FIRST));
    // An overlap may be found at once or when the patch should be complete.
    if (status === 200) {
      const end = join(header, delta.end(SIZE, TOTALS, digest));
      assertEquals(refusalOf(await speaker.patch(TARGET, key, end)), "bad_request");
    }
    await siege.unharmed();
  });
  await siege.withstood();
});

Deno.test("a digest that is not the result's leaves the old file, and a repair cannot help it", async (test) => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  const header = delta.header(1, 0, OLD.length, SIZE);
  const wrong = new Uint8Array(32).fill(7);
  const body = join(header, FIRST, SECOND, THIRD, delta.end(SIZE, TOTALS, wrong));
  await test.step("confirm=chunk", async () => {
    const { key } = await speaker.open(TARGET, SIZE, "&confirm=chunk");
    assertEquals(refusalOf(await speaker.patch(TARGET, key, body)), "verification");
    await siege.unharmed();
  });
  const repairs: Record<string, readonly [body: Uint8Array, code: string]> = {
    "a repair with the same bytes": [
      join(header, delta.literal(0, NEW), delta.part(SIZE, [0, 1, 0, 0, SIZE, 0])),
      "verification",
    ],
    "a repair that copies": [
      join(header, delta.copy(0, 0, SIZE), delta.part(SIZE, [1, 0, 0, SIZE, 0, 0])),
      "bad_request",
    ],
    "a repair of a part of a segment": [
      join(header, delta.literal(0, NEW.slice(1)), delta.part(SIZE, [0, 1, 0, 0, SIZE - 1, 0])),
      "bad_request",
    ],
    "a repair that ends the patch again": [
      join(header, delta.literal(0, NEW), delta.end(SIZE, [0, 1, 0, 0, SIZE, 0], wrong)),
      "bad_request",
    ],
  };
  for (const [name, [repair, code]] of Object.entries(repairs)) {
    await test.step(name, async () => {
      const query = "&confirm=target";
      const { key } = await speaker.open(TARGET, SIZE, query);
      const answer = await speaker.patch(TARGET, key, body, query);
      assertEquals([answer.status, answer.body.length], [200, 32]);
      const refusal = refusalOf(await speaker.patch(TARGET, key, repair, `${query}&repair=1`));
      assertEquals(refusal, code);
      await siege.unharmed();
    });
  }
  await test.step("a repair that nobody asked for", async () => {
    const { key } = await speaker.open(TARGET, SIZE, "&confirm=target");
    const repair = repairs["a repair with the same bytes"]![0];
    const answer = await speaker.patch(TARGET, key, repair, "&confirm=target&repair=1");
    assertEquals(refusalOf(answer), "bad_request");
    await siege.unharmed();
  });
  await siege.withstood();
});

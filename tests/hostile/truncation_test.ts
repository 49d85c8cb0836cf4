// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import zlib from "node:zlib";
import { sessionDigest } from "./speaker.ts";
import { OLD, Siege, TARGET } from "./siege.ts";
import { refusalOf } from "./wire/answers.ts";
import { join, varint } from "./wire/bytes.ts";
import * as delta from "./wire/delta.ts";
import { frame, open, refine, segments, weakBatch } from "./wire/messages.ts";

/** A file for each of those who work side by side, since sessions of one target keep each other out. */
const COPIES = ["copy-0", "copy-1", "copy-2", "copy-3"];

/** Runs jobs a few at a time: each waits for a server most of its time. */
async function each(
  count: number,
  siege: Siege,
  job: (index: number, copy: string) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(COPIES.map(async (copy) => {
    siege.space.old(copy, OLD);
    while (next < count) await job(next++, copy);
    await siege.space.untouched(copy, OLD);
  }));
}

Deno.test("every message to /csums_queue is refused when it is cut short at any byte", async (test) => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  const opening = open({ newSize: 70_010, fingerprint: speaker.fingerprint });
  const keys = weakBatch({ weak: new Uint8Array(12), lengths: join(varint(8192), varint(4096)) });
  const messages = {
    Open: [new Uint8Array(0), opening],
    WeakBatch: [frame(opening), keys],
    Segments: [frame(opening), segments(0, new Uint8Array(32))],
  };
  for (const [name, [before, message]] of Object.entries(messages)) {
    await test.step(name, async () => {
      await each(message!.length, siege, async (length, copy) => {
        const cut = message!.subarray(0, length);
        // A message that is damaged, and a frame that says more than there is.
        for (const last of [frame(cut), frame(cut, message!.length)]) {
          const answer = await speaker.ask(copy, join(before!, last), "&confirm=target");
          const refusal = refusalOf(answer);
          assert(["bad_request", "stream", "unsupported_version"].includes(refusal), refusal);
        }
      });
    });
  }
  await siege.withstood();
});

Deno.test("a Refine is refused when it is cut short at any byte, and leaves no session", async () => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  const message = refine({
    block: 512,
    checkBytes: 2,
    begins: join(varint(1000), varint(3192)),
    lengths: join(varint(4000), varint(1024)),
  });
  for (let length = 0; length < message.length; length++) {
    const { key } = await speaker.open(TARGET, OLD.length, "&confirm=target");
    const cut = frame(message.subarray(0, length), length % 2 === 0 ? length : message.length);
    const refusal = refusalOf(await speaker.refine(TARGET, key, cut));
    assert(["bad_request", "stream"].includes(refusal), `${length}: ${refusal}`);
    const after = refusalOf(await speaker.patch(TARGET, key, new Uint8Array(0)));
    assertEquals(after, "changed");
  }
  await siege.withstood();
});

/** The new file of the deltas below: all of the old one's beginning, `hello`, and five zeros. */
const NEW = join(OLD.subarray(0, 4096), "hello", new Uint8Array(5));

async function deltas(): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const digest = await sessionDigest(NEW);
  const totals: delta.Totals = [1, 1, 1, 4096, 5, 5];
  const data = join("hello");
  const commands = join(
    delta.v2.copy(0, 0, 4096),
    delta.v2.literal(0, 5),
    delta.v2.zero(0, 5),
    delta.v2.end(totals, digest),
  );
  const made: Record<string, Uint8Array<ArrayBuffer>> = {
    "version 1": join(
      delta.header(1, 0, OLD.length, NEW.length),
      delta.copy(0, 0, 4096),
      delta.literal(4096, data),
      delta.zero(4101, 5),
      delta.end(NEW.length, totals, digest),
    ),
    "version 2": join(
      delta.header(2, 0, OLD.length, NEW.length),
      delta.batch(commands, data),
    ),
    "version 2, deflate": join(
      delta.header(2, 1, OLD.length, NEW.length),
      delta.batch(commands, data, {
        coded: new Uint8Array(zlib.deflateRawSync(join(commands, data), {
          finishFlush: zlib.constants.Z_SYNC_FLUSH,
        })),
      }),
    ),
  };
  // A runtime without it refuses the coding, which another test says.
  if ("zstdCompressSync" in zlib) {
    const coded = new Uint8Array(zlib.zstdCompressSync(join(commands, data)));
    const batch = delta.batch(commands, data, { coded });
    made["version 2, zstd"] = join(delta.header(2, 2, OLD.length, NEW.length), batch);
  }
  return made;
}

Deno.test("a delta is refused when it is cut short at any byte, and whole it makes the file", async (test) => {
  await using siege = await Siege.begin();
  const { speaker, space } = siege;
  for (const [name, body] of Object.entries(await deltas())) {
    await test.step(name, async () => {
      await each(body.length, siege, async (length, copy) => {
        const { key } = await speaker.open(copy, NEW.length);
        const refusal = refusalOf(await speaker.patch(copy, key, body.subarray(0, length)));
        assert(["stream", "bad_request"].includes(refusal), `${length}: ${refusal}`);
      });
      const { key } = await speaker.open(TARGET, NEW.length);
      assertEquals(refusalOf(await speaker.patch(TARGET, key, body)), "");
      await space.untouched(TARGET, NEW);
      space.old(TARGET, OLD);
    });
  }
  await siege.withstood();
});

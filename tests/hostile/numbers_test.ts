// @ts-types="../../src/types/std_assert.d.ts"
import { assert } from "@std/assert";
import { rawRequest } from "../raw_request.ts";
import { OLD, Siege, TARGET } from "./siege.ts";
import { sessionDigest } from "./speaker.ts";
import { refusalOf } from "./wire/answers.ts";
import { join, varint, type Wide, WILD, zigzag } from "./wire/bytes.ts";
import * as delta from "./wire/delta.ts";
import { frame, open, refine, segments, weakBatch } from "./wire/messages.ts";

const DIGEST = new Uint8Array(32);
const NEW_SIZE = 5000;

/** A number that lies behind the basis. */
function behind(wild: bigint): bigint {
  return wild >= 2n ** 63n ? wild : wild + BigInt(OLD.length);
}

/** What a number that cannot be may be refused as. */
const REFUSALS = ["bad_request", "too_large", "unsupported_version", "stream", "verification"];

/** Bodies of `POST /csums_queue` with a number anywhere; `first` says what must come before. */
const MESSAGES: Readonly<Record<string, (wild: bigint) => Uint8Array<ArrayBuffer>>> = {
  "the number of a batch's first key": (wild) => frame(weakBatch({ first: wild | 1n })),
  "the length of a key": (wild) =>
    frame(weakBatch({ weak: new Uint8Array(4), lengths: varint(wild === 1n ? 2n ** 40n : wild) })),
  "a length with bytes too many": (wild) =>
    frame(weakBatch({ weak: new Uint8Array(4), lengths: varint(wild, 10) })),
  "the number of the first segment": (wild) => frame(segments(wild | 1n, DIGEST)),
  "a field of bytes that is longer than its message": (wild) =>
    frame(join(varint(18), varint(wild + 9n))),
  "the length of a frame": (wild) => frame(new Uint8Array(0), wild | (1n << 23n)),
  "the number of a field": (wild) => frame(join(varint(18), varint(9), varint((wild << 3n) | 7n))),
};

Deno.test("no number in a message makes a server do anything but refuse it", async (test) => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  const first = frame(open({ newSize: NEW_SIZE, fingerprint: speaker.fingerprint }));
  for (const [name, make] of Object.entries(MESSAGES)) {
    await test.step(name, async () => {
      for (const wild of WILD) {
        const answer = await speaker.ask(TARGET, join(first, make(wild)), "&confirm=target");
        const refusal = refusalOf(answer);
        assert(REFUSALS.includes(refusal), `${wild}: ${refusal}`);
      }
    });
  }
  await test.step("the new file's size and the protocol's number", async () => {
    for (const wild of WILD) {
      const size = frame(open({ newSize: wild, fingerprint: speaker.fingerprint }));
      // A size that can be is taken; what follows is no message.
      const answer = await speaker.ask(TARGET, join(size, frame(new Uint8Array(3))));
      assert(REFUSALS.includes(refusalOf(answer)), `${wild}: ${refusalOf(answer)}`);
      const fields = { protocol: wild + 2n, newSize: 1, fingerprint: speaker.fingerprint };
      const refusal = refusalOf(await speaker.ask(TARGET, frame(open(fields))));
      assert(["unsupported_version", "bad_request", "stream"].includes(refusal), refusal);
    }
  });
  await siege.withstood();
});

Deno.test("no number of a finer round makes a server do anything but refuse it", async (test) => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  const one = (value: Wide): Uint8Array<ArrayBuffer> => varint(value);
  const rounds: Record<string, (wild: bigint) => Uint8Array<ArrayBuffer>> = {
    "where a range begins": (wild) =>
      refine({ block: 64, begins: one(behind(wild)), lengths: one(64) }),
    "how long a range is": (wild) =>
      refine({ block: 64, begins: one(0), lengths: one(wild < 64n ? wild : behind(wild)) }),
    "where the second range begins": (wild) =>
      refine({
        block: 64,
        begins: join(one(0), one(behind(wild))),
        lengths: join(one(64), one(64)),
      }),
    "the size of a block": (wild) =>
      refine({ block: wild === 0n ? 63n : wild, begins: one(0), lengths: one(63) }),
    "the bytes of a check": (wild) =>
      refine({ block: 64, checkBytes: wild + 5n, begins: one(100_000), lengths: one(64) }),
    "ranges without blocks": (wild) => refine({ block: 0, begins: one(wild), lengths: one(wild) }),
    "more ranges than there may be": (wild) =>
      refine({
        block: 64,
        begins: new Uint8Array(300_000),
        lengths: new Uint8Array(300_000).fill(Number(wild & 63n)),
      }),
    "a bit for blocks that nobody made": () =>
      refine({ block: 1, found: new Uint8Array(9), proofs: new Uint8Array(7) }),
  };
  for (const [name, make] of Object.entries(rounds)) {
    await test.step(name, async () => {
      for (const wild of WILD) {
        const { key } = await speaker.open(TARGET, NEW_SIZE, "&confirm=target");
        const refusal = refusalOf(await speaker.refine(TARGET, key, frame(make(wild))));
        assert(REFUSALS.includes(refusal), `${wild}: ${refusal}`);
      }
    });
  }
  await siege.withstood();
});

/** Streams with a number anywhere; whatever it is, the result cannot be a file of that digest. */
const STREAMS: Readonly<Record<string, (wild: bigint) => readonly Uint8Array[]>> = {
  "where a copy comes from": (wild) => [delta.copy(wild, 0, NEW_SIZE)],
  "where a copy goes": (wild) => [delta.copy(0, wild, NEW_SIZE)],
  "how long a copy is": (wild) => [delta.copy(0, 0, wild)],
  "where a literal goes": (wild) => [delta.literal(wild, new Uint8Array(NEW_SIZE))],
  "how long a literal is": (wild) => [delta.literal(0, new Uint8Array(NEW_SIZE), wild)],
  "where zeros go": (wild) => [delta.zero(wild, NEW_SIZE)],
  "how many zeros there are": (wild) => [delta.zero(0, wild)],
  "which command it is": (wild) => [delta.head(5 + Number(wild & 0x7fn), 1), new Uint8Array(80)],
};

const BATCHES: Readonly<Record<string, (wild: bigint) => Uint8Array>> = {
  "where a copy comes from": (wild) => delta.v2.copy(wild, 0, NEW_SIZE),
  "where a copy goes": (wild) => delta.v2.copy(0, wild, NEW_SIZE),
  "a copy from before the beginning": (wild) => delta.v2.copy(-wild - 1n, 0, NEW_SIZE),
  "a copy to before the beginning": (wild) => delta.v2.copy(0, -wild - 1n, NEW_SIZE),
  "how long a copy is": (wild) => delta.v2.copy(0, 0, BigInt.asUintN(60, wild)),
  "how many zeros there are": (wild) => delta.v2.zero(0, BigInt.asUintN(60, wild)),
  "a number of ten bytes": (wild) => join(varint(wild, 10), zigzag(0)),
};

Deno.test("no number in a delta makes a server write outside of the new file", async (test) => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  const digest = await sessionDigest(new Uint8Array(NEW_SIZE).fill(1));
  const totals: delta.Totals = [1, 0, 0, NEW_SIZE, 0, 0];
  const end = delta.end(NEW_SIZE, totals, digest);
  const header = (version: number): Uint8Array => delta.header(version, 0, OLD.length, NEW_SIZE);
  const refused = async (wild: bigint, body: Uint8Array): Promise<void> => {
    const { key } = await speaker.open(TARGET, NEW_SIZE);
    const refusal = refusalOf(await speaker.patch(TARGET, key, body));
    assert(REFUSALS.includes(refusal), `${wild}: ${refusal}`);
  };
  for (const [name, make] of Object.entries(STREAMS)) {
    await test.step(`version 1: ${name}`, async () => {
      for (const wild of WILD) await refused(wild, join(header(1), ...make(wild), end));
    });
  }
  for (const [name, make] of Object.entries(BATCHES)) {
    await test.step(`version 2: ${name}`, async () => {
      for (const wild of WILD) {
        const commands = join(make(wild), delta.v2.end(totals, digest));
        await refused(wild, join(header(2), delta.batch(commands, new Uint8Array(0))));
      }
    });
  }
  await test.step("the header's sizes, its flags and what a batch says of itself", async () => {
    const commands = join(delta.v2.copy(0, 0, NEW_SIZE), delta.v2.end(totals, digest));
    for (const wild of WILD) {
      const none = new Uint8Array(0);
      const odd = wild + 3n;
      const low = Number(odd & 0xffffn) | 4;
      await refused(wild, join(delta.header(1, 0, odd, NEW_SIZE), end));
      await refused(wild, join(delta.header(1, 0, OLD.length, odd), end));
      await refused(wild, join(delta.header(1, low, OLD.length, NEW_SIZE), end));
      await refused(wild, join(delta.header(2, low, OLD.length, NEW_SIZE), end));
      await refused(wild, join(delta.header(1, 0, OLD.length, NEW_SIZE, odd & 0xffffn), end));
      await refused(wild, join(header(2), delta.batch(commands, none, { commands: wild })));
      await refused(wild, join(header(2), delta.batch(commands, none, { data: wild | 1n })));
      const claims = { coded: commands, codedBytes: wild };
      const coded = delta.header(2, 1, OLD.length, NEW_SIZE);
      await refused(wild, join(coded, delta.batch(commands, none, claims)));
    }
  });
  await test.step("the totals of an end", async () => {
    const whole = delta.copy(0, 0, NEW_SIZE);
    for (const wild of WILD) {
      for (let i = 0; i < totals.length; i++) {
        const odd = totals.map((total, j) => i === j ? wild + 2n + BigInt(NEW_SIZE) : total);
        const last = delta.end(NEW_SIZE, odd as unknown as delta.Totals, digest);
        await refused(wild, join(header(1), whole, last));
      }
      await refused(wild, join(header(1), whole, delta.end(wild, totals, digest)));
    }
  });
  await siege.withstood();
});

Deno.test("no number in a query makes a server do anything but refuse it", async (test) => {
  // What is possible opens sessions that nobody ends.
  await using siege = await Siege.begin(["--session-ttl=1s"]);
  const { speaker } = siege;
  const texts = [
    ...WILD.map(String),
    "-1",
    "1e9",
    "0x10",
    " 1",
    "1 ",
    "",
    "NaN",
    "Infinity",
    "1.5",
  ];
  // What of these may be: absent is another thing than empty.
  const possible: readonly (readonly [name: string, may: RegExp])[] = [
    ["thread_num", /^1$/],
    ["mode", /^[01]$/],
    ["allocated", /^[0-9]{1,15}$/],
    ["look", /^[01]$/],
    ["chunk", /^never$/],
  ];
  for (const [name, may] of possible) {
    await test.step(name, async () => {
      for (const text of texts) {
        const query = `&${name}=${encodeURIComponent(text)}`;
        const { refusal } = await speaker.open(TARGET, 10, query);
        const wanted = may.test(text) ? ["", "no_space"] : ["bad_request"];
        assert(wanted.includes(refusal), `${query}: ${refusal}`);
      }
    });
  }
  await test.step("/signature", async () => {
    for (const text of texts) {
      for (const name of ["block", "new_size", "new_mtime_ns"]) {
        const target = `/signature?basis_filename=${TARGET}&target=replace&${name}=${text.trim()}`;
        const { status } = await rawRequest(speaker.port, { target });
        assert([200, 400, 413, 507].includes(status), `${target}: ${status}`);
      }
    }
  });
  await siege.withstood();
});

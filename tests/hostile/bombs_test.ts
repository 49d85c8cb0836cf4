// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import zlib from "node:zlib";
import { eventually } from "../workspace.ts";
import { memoryOf, OLD, Siege, TARGET } from "./siege.ts";
import { refusalOf } from "./wire/answers.ts";
import { join } from "./wire/bytes.ts";
import * as delta from "./wire/delta.ts";

/** What a bomb becomes: far more than the memory that a siege allows. */
const INFLATED = 1 << 30;
const CHUNK = new Uint8Array(1 << 22);
const SIZE = 1 << 20;

/** By how much the server's memory may be larger while bombs go off, in MiB. */
const MOST_MIB = 300;

async function bombOf(coding: "deflate" | "zstd"): Promise<Uint8Array<ArrayBuffer>> {
  const stream = coding === "deflate"
    ? zlib.createDeflateRaw({ level: 9 })
    : zlib.createZstdCompress();
  const pieces: Uint8Array[] = [];
  stream.on("data", (piece: Uint8Array) => pieces.push(piece));
  const ended = new Promise((resolve) => stream.on("end", resolve));
  for (let at = 0; at < INFLATED; at += CHUNK.length) {
    await new Promise<void>((resolve) => stream.write(CHUNK, () => resolve()));
  }
  stream.end();
  await ended;
  return join(...pieces);
}

const CODINGS = "createZstdCompress" in zlib ? ["deflate", "zstd"] as const : ["deflate"] as const;

for (const coding of CODINGS) {
  Deno.test(`a ${coding} bomb is refused by the length that its batch states`, async (test) => {
    await using siege = await Siege.begin();
    const { speaker, server } = siege;
    const bomb = await bombOf(coding);
    assert(bomb.length < 2_228_224, `the bomb has ${bomb.length} bytes, too many for a batch`);
    const before = memoryOf(server.program.pid);
    let most = 0;
    const watching = setInterval(() => most = Math.max(most, memoryOf(server.program.pid)), 20);
    const header = delta.header(2, coding === "deflate" ? 1 : 2, OLD.length, SIZE);
    const none = new Uint8Array(0);
    const claims: Record<string, delta.BatchClaims> = {
      "a byte": { commands: 1, data: 0 },
      "the most of a batch": { commands: 65_536, data: 1_048_576 },
      "all that is left": { commands: 65_536, data: SIZE },
      "more than a batch may have": { commands: 65_537, data: 1_048_577 },
      "a gigabyte": { commands: INFLATED, data: 0 },
    };
    try {
      for (const [name, claim] of Object.entries(claims)) {
        await test.step(`one that says it is ${name}`, async () => {
          const { key } = await speaker.open(TARGET, SIZE);
          const body = join(header, delta.batch(none, none, { ...claim, coded: bomb }));
          assertEquals(refusalOf(await speaker.patch(TARGET, key, body)), "bad_request");
          await siege.unharmed();
        });
      }
      await test.step("many batches of the most that one may have", async () => {
        const { key } = await speaker.open(TARGET, SIZE);
        const batch = delta.batch(new Uint8Array(65_536), CHUNK.subarray(0, 1 << 20), {
          coded: "plain",
        });
        const body = join(header, ...Array.from({ length: 8 }, () => batch));
        assertEquals(refusalOf(await speaker.patch(TARGET, key, body)), "bad_request");
      });
    } finally {
      clearInterval(watching);
    }
    assert(most - before < MOST_MIB, `its memory grew by ${most - before} MiB`);
    await siege.withstood();
  });
}

Deno.test("a body that HTTP says is compressed is taken as it is", async () => {
  await using siege = await Siege.begin();
  const { port } = siege.server;
  const body = new Uint8Array(zlib.gzipSync(new Uint8Array(10_000_000)));
  const headers = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "gzip",
  };
  const url = `http://127.0.0.1:${port}/csums_queue?basis_filename=${TARGET}&target=replace`;
  const response = await fetch(url, { method: "POST", headers, body });
  await response.body?.cancel();
  await eventually("it is refused", () => siege.space.artefacts().length === 0 || undefined);
  await siege.withstood();
});

Deno.test("thread counts, chunk sizes and holes beyond measure cost a server nothing", async (test) => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  for (const threads of ["256", "257", "1000000", "999999999", "9999999999999999999999"]) {
    await test.step(`${threads} threads`, async () => {
      const { refusal } = await speaker.open(TARGET, 10, `&thread_num=${threads}&look=1`);
      assertEquals(refusal, threads === "256" ? "" : "bad_request");
    });
  }
  const sizes = {
    "64:64:65": ["", "bad_request"],
    "64:64:1048576": [""],
    "1:1:1": ["bad_request"],
    "4096:8192:99999999": ["bad_request"],
    "0:8192:12288": ["bad_request"],
  };
  for (const [chunk, wanted] of Object.entries(sizes)) {
    await test.step(`chunks of ${chunk}`, async () => {
      const { refusal } = await speaker.open(TARGET, 10, `&chunk=${chunk}&look=1`);
      assert(wanted.includes(refusal), refusal);
    });
  }
  await test.step("a file larger than any disk", async () => {
    for (const size of [2 ** 40, 2 ** 45, 2 ** 52]) {
      const { refusal, key } = await speaker.open(TARGET, size);
      if (refusal === "") {
        const digest = new Uint8Array(32);
        const end = delta.end(size, [0, 0, 1, 0, 0, size], digest);
        const body = join(delta.header(1, 0, OLD.length, size), delta.zero(0, size - 1), end);
        assert(refusalOf(await speaker.patch(TARGET, key, body)) !== "");
      } else assert(["too_large", "no_space"].includes(refusal), refusal);
    }
  });
  await siege.withstood();
});

/**
 * What loses data or hangs in the programs of the ParaSync artifact does neither here, whatever the scheme.
 *
 * | the original                                            | tests                                                    |
 * | ------------------------------------------------------- | -------------------------------------------------------- |
 * | 1 copies begin at 0 where a strong checksum is long     | here                                                     |
 * | 2 takes an equal size for an equal file                 | here and everywhere: contents are compared               |
 * | 3 modes 1 and 2 match nothing                           | schemes_test "all four modes of parasync give one delta" |
 * | 4 skysync_f loses blocks behind an insertion, the tail  | here                                                     |
 * | 5 skysync_c loses matches out of order, overruns arrays | here                                                     |
 * | 6 rsync's client reads the server's disk                | here                                                     |
 * | 7 a delta ends where a buffer is full                   | here                                                     |
 * | 8 sends structures as they lie in memory                | messages_test, columns_test, protocol_document_test      |
 * | 9 a weak checksum of 0 is no match                      | schemes_test "whose weak checksum is 0"; here for hw     |
 * | 10 says OK before it has applied the delta              | here                                                     |
 * | 11 takes a short write for a whole one                  | positional_test "short writes and short reads"           |
 * | 12 checks neither ranges nor totals nor the digest      | reception_refusal_test, reception_order_test; here       |
 * | 13 copies from a basis that changed meanwhile           | here                                                     |
 * | 14 an empty file cannot be mapped                       | schemes_test "sizes at which something begins",          |
 * |                                                         | mutations_test "each of a few inputs"                    |
 * | 15 no threads, or more than bytes                       | sync_query_test, usage_test, pool_test; here             |
 * | 16 waits forever where nothing matches                  | here                                                     |
 * | 17 never ends where one message does not hold all       | here                                                     |
 * | 18 chunks lie on the stack                              | here                                                     |
 * | 19 threads write one map, one byte, unguarded           | bitmap_chunker_test, modes_test, weak_matcher_test; here |
 * | 20 chunks depend on the number of threads               | here; bitmap_chunker_test, derived_scan_test             |
 */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
import { blockParameters, type ChunkParameters } from "../../src/chunking/parameters.ts";
import { ParasyncError } from "../../src/errors.ts";
import { TestFolder } from "../../src/files/test_folder.ts";
import { CRC32C } from "../../src/hashing/crc_combine.ts";
import { openSuite } from "../../src/hashing/suite.ts";
import type { PatchAnswer, Peer, SyncOutcome } from "../../src/schemes/scheme.ts";
import { type SchemeName, SCHEMES } from "../../src/schemes/scheme_name.ts";
import type { Job } from "../../src/workers/jobs.ts";
import { LaneGroup } from "../../src/workers/lane_group.ts";
import { withZeroCrc } from "../fixtures/crafted_blocks.ts";
import {
  leftovers,
  type LocalSyncOptions,
  SHORT_CHUNKS,
  syncInFolder,
} from "../fixtures/local_sync.ts";
import { concatenated, numbers, randomBytes, shuffled } from "../fixtures/seeded.ts";
import { type SchemeVariant, VARIANTS } from "../fixtures/scheme_variants.ts";
import { HookedLane, TestLanes } from "../fixtures/test_lanes.ts";

const USUAL: ChunkParameters = { min: 4096, avg: 8192, max: 12288 };

function variantOf(scheme: SchemeName): SchemeVariant {
  return { scheme, mode: "streaming", name: scheme };
}

/** Syncs in a folder as a scheme does, with chunks or blocks of these sizes. */
function syncAs(
  folder: TestFolder,
  { scheme, mode }: SchemeVariant,
  options: LocalSyncOptions,
): Promise<SyncOutcome> {
  const { parameters } = options;
  return syncInFolder(folder, {
    confirm: SCHEMES[scheme].modes ? "chunk" : "target",
    ...options,
    scheme,
    mode,
    parameters: SCHEMES[scheme].opens === "signature"
      ? blockParameters(parameters.avg)
      : parameters,
  });
}

/** Syncs and compares what came out byte by byte. */
async function synced(
  old: Uint8Array,
  file: Uint8Array,
  variant: SchemeVariant,
  options: LocalSyncOptions,
  about = "",
): Promise<SyncOutcome> {
  using folder = new TestFolder();
  folder.write("old", old);
  folder.write("new", file);
  const outcome = await syncAs(folder, variant, options).catch((error) => {
    throw new Error(`${variant.name} ${about}: ${error}`, { cause: error });
  });
  assert(fs.readFileSync(folder.join("target")).equals(file), `${variant.name} ${about}: differs`);
  assertEquals(leftovers(folder), []);
  return outcome;
}

/** A server with something between it and the client. */
function around(peer: Peer, changes: Partial<Peer>): Peer {
  return {
    match: (frames) => peer.match(frames),
    signature: () => peer.signature(),
    acknowledge: (key) => peer.acknowledge(key),
    roundTrip: (...of) => peer.roundTrip(...of),
    refine: (key, frame) => peer.refine(key, frame),
    patch: (key, pieces, repair) => peer.patch(key, pieces, repair),
    ...changes,
  };
}

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece.slice());
  return concatenated(...all);
}

async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

for (const variant of VARIANTS) {
  Deno.test(`${variant.name}: copies come from where the basis has them, whichever the strong checksum`, async () => {
    using lanes = new TestLanes(2);
    const next = numbers(901);
    const old = randomBytes(next, 200_000);
    // Nothing of it lies at the beginning of the basis, and each run goes to another place than it had.
    const file = concatenated(
      old.subarray(150_000),
      old.subarray(30_000, 90_000),
      old.subarray(100_000, 150_000),
    );
    for (const hw of ["0", "auto"] as const) {
      const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(2, hw) };
      const { totals } = await synced(old, file, variant, options, `hw=${hw}`);
      assert(totals.literalBytes < 10 * SHORT_CHUNKS.max, `${totals.literalBytes} bytes, hw=${hw}`);
    }
  });

  Deno.test(`${variant.name}: a file far larger than any buffer is copied whole`, async () => {
    using lanes = new TestLanes(2);
    const old = randomBytes(numbers(902), (18 << 20) + 12_345);
    const options = { parameters: USUAL, lanes: lanes.group(2) };
    const { totals, upBytes } = await synced(old, old, variant, options);
    assertEquals([totals.copiedBytes, totals.literalBytes], [old.length, 0]);
    assert(upBytes < old.length / 100, `${upBytes} bytes were sent`);
  });

  Deno.test(`${variant.name}: the server says that a file is committed when it is, and not before`, async () => {
    using lanes = new TestLanes(2);
    using folder = new TestFolder();
    const next = numbers(903);
    const [old, insertion] = [randomBytes(next, 100_000), randomBytes(next, 5000)];
    const file = concatenated(old.subarray(0, 33_333), insertion, old.subarray(33_333));
    folder.write("old", old);
    folder.write("new", file);
    let found: Uint8Array | undefined;
    await syncAs(folder, variant, {
      parameters: SHORT_CHUNKS,
      lanes: lanes.group(2),
      between: (peer) =>
        around(peer, {
          async patch(...args): Promise<PatchAnswer> {
            const answer = await peer.patch(...args);
            if (answer.committed) found = fs.readFileSync(folder.join("target"));
            return answer;
          },
        }),
    });
    assertEquals(found?.length, file.length);
    assert(concatenated(found!).every((byte, i) => byte === file[i]), "committed otherwise");
  });

  Deno.test(`${variant.name}: a failure while the server applies the delta is told to the client`, async () => {
    using good = new TestLanes(1);
    using hooked = new TestLanes(1);
    using folder = new TestFolder();
    const next = numbers(904);
    const old = randomBytes(next, 100_000);
    folder.write("old", old);
    folder.write("new", concatenated(randomBytes(next, 5000), old));
    folder.write("target", "as it was");
    const before = ({ kind }: Job): void => {
      if (kind !== "apply" && kind !== "append") return;
      throw new ParasyncError("file_io", "Cannot apply the delta: I/O error");
    };
    const basisLanes = new LaneGroup([new HookedLane(hooked.take(1)[0]!, { before })], "0");
    const options = { parameters: SHORT_CHUNKS, lanes: good.group(1), basisLanes };
    const error = await assertRejects(() => syncAs(folder, variant, options), ParasyncError);
    assertEquals([error.code, error.message], ["file_io", "Cannot apply the delta: I/O error"]);
    assertEquals([folder.text("target"), leftovers(folder)], ["as it was", []]);
  });

  Deno.test(`${variant.name}: a delta that arrives otherwise than it was sent never becomes the file`, async () => {
    using lanes = new TestLanes(1);
    const next = numbers(905);
    const old = randomBytes(next, 60_000);
    const file = concatenated(old.subarray(20_000), randomBytes(next, 3000), old);
    const damages: Record<string, (body: Uint8Array) => Uint8Array> = {
      "with another digest at its end": (body) =>
        body.map((b, i) => i === body.length - 1 ? ~b : b),
      "without its end": (body) => body.subarray(0, body.length - 40),
      "without its middle": (body) =>
        concatenated(body.subarray(0, body.length >> 1), body.subarray((body.length >> 1) + 9)),
      "with more behind its end": (body) => concatenated(body, Uint8Array.of(0)),
      "of nothing": () => new Uint8Array(0),
    };
    for (const [about, damage] of Object.entries(damages)) {
      using folder = new TestFolder();
      folder.write("old", old);
      folder.write("new", file);
      folder.write("target", "as it was");
      const options: LocalSyncOptions = {
        parameters: SHORT_CHUNKS,
        lanes: lanes.group(1),
        between: (peer) =>
          around(peer, {
            async patch(key, pieces, repair): Promise<PatchAnswer> {
              return await peer.patch(key, bodyOf(damage(await collected(pieces))), repair);
            },
          }),
      };
      const error = await assertRejects(() => syncAs(folder, variant, options), ParasyncError);
      assert(["bad_request", "stream", "verification"].includes(error.code), `${about}: ${error}`);
      assertEquals([folder.text("target"), leftovers(folder)], ["as it was", []], about);
    }
  });

  Deno.test(`${variant.name}: a basis that changes between the first request and the patch is told, and the target left`, async () => {
    using lanes = new TestLanes(2);
    const next = numbers(906);
    const old = randomBytes(next, 100_000);
    const changes: Record<string, (path: string) => void> = {
      "changed in place": (path) => fs.writeFileSync(path, old.map((byte) => byte ^ 1)),
      "longer": (path) => fs.appendFileSync(path, "more"),
      "shorter": (path) => fs.truncateSync(path, 50_000),
      "replaced by its like": (path) => {
        fs.writeFileSync(`${path}.2`, old);
        fs.renameSync(`${path}.2`, path);
      },
    };
    for (const [about, change] of Object.entries(changes)) {
      using folder = new TestFolder();
      const path = folder.write("old", old);
      // Long ago, so that a change is one whatever the file system's clock makes of it.
      fs.utimesSync(path, 1e9, 1e9);
      folder.write("new", concatenated(old.subarray(0, 40_000), randomBytes(next, 99), old));
      folder.write("target", "as it was");
      let once = false;
      const options: LocalSyncOptions = {
        parameters: SHORT_CHUNKS,
        lanes: lanes.group(2),
        between: (peer) =>
          around(peer, {
            patch(...args): Promise<PatchAnswer> {
              if (!once) change(path);
              once = true;
              return peer.patch(...args);
            },
          }),
      };
      const error = await assertRejects(() => syncAs(folder, variant, options), ParasyncError);
      assertEquals([error.code, about], ["changed", about], `${error}`);
      assertEquals([folder.text("target"), leftovers(folder)], ["as it was", []], about);
    }
  });

  Deno.test(`${variant.name}: eight threads find an end where there are fewer bytes, or nothing matches`, async () => {
    using lanes = new TestLanes(8);
    const next = numbers(907);
    const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(8) };
    for (
      const [oldBytes, newBytes] of [[0, 0], [0, 3], [3, 0], [1, 1], [5, 7], [300, 3]] as const
    ) {
      const [old, file] = [randomBytes(next, oldBytes), randomBytes(next, newBytes)];
      await synced(old, file, variant, options, `${oldBytes} to ${newBytes} bytes`);
    }
    for (const [oldBytes, newBytes] of [[0, 90_000], [90_000, 0], [90_000, 50_000]] as const) {
      const [old, file] = [randomBytes(next, oldBytes), randomBytes(next, newBytes)];
      const { totals } = await synced(old, file, variant, options, `${oldBytes} to ${newBytes}`);
      assertEquals([totals.copies, totals.literalBytes], [0, newBytes]);
    }
  });

  Deno.test(`${variant.name}: more chunks than one message or batch holds all arrive`, async () => {
    using lanes = new TestLanes(2);
    const next = numbers(908);
    // 65,536 blocks go into one message, 4096 keys into one batch.
    const blocks = SCHEMES[variant.scheme].opens === "signature";
    const old = randomBytes(next, blocks ? 4_300_000 : 1_300_000);
    const file = concatenated(randomBytes(next, 100), old.subarray(1_000_000), old);
    const parameters = { min: 64, avg: 64, max: 128 };
    const outcome = await synced(old, file, variant, { parameters, lanes: lanes.group(2) });
    const { totals, chunksOld } = outcome;
    assert(chunksOld > (blocks ? 65_536 : 10_000), `${chunksOld} chunks`);
    assert(totals.literalBytes < 2000, `${totals.literalBytes} literal bytes`);
  });

  Deno.test(`${variant.name}: chunks of a MiB are matched like short ones`, async () => {
    using lanes = new TestLanes(2);
    const next = numbers(909);
    const mib = 1 << 20;
    const old = randomBytes(next, 4 * mib + 1234);
    const file = concatenated(old.subarray(mib, 3 * mib), old.subarray(0, mib), old);
    // Blocks on both ends' grids: hardly any place of the file is a candidate.
    const parameters = SCHEMES[variant.scheme].opens === "signature"
      ? blockParameters(mib)
      : { min: mib - 1, avg: 1 << 19, max: mib };
    using folder = new TestFolder();
    folder.write("old", old);
    folder.write("new", file);
    const { scheme, mode } = variant;
    const confirm = SCHEMES[scheme].modes ? "chunk" : "target";
    const options = { scheme, mode, parameters, confirm, lanes: lanes.group(2) } as const;
    const { totals } = await syncInFolder(folder, options);
    assert(fs.readFileSync(folder.join("target")).equals(file));
    assert(totals.copiedBytes >= 6 * mib, `${totals.copiedBytes} bytes were copied`);
  });

  Deno.test(`${variant.name}: chunks and what is made of them do not depend on the number of threads`, async () => {
    using lanes = new TestLanes(8);
    const next = numbers(910);
    const old = randomBytes(next, 2_300_000);
    const file = concatenated(
      old.subarray(1_000_000),
      randomBytes(next, 77_777),
      old.subarray(0, 1_100_000),
    );
    const seen = new Set<string>();
    for (const threads of [1, 2, 3, 8]) {
      const options = { parameters: USUAL, lanes: lanes.group(threads) };
      const outcome = await synced(old, file, variant, options, `${threads} threads`);
      const { totals, chunksOld, chunksNew, chunksMatched, digest } = outcome;
      seen.add(
        JSON.stringify({ totals, chunksOld, chunksNew, chunksMatched, digest: [...digest] }),
      );
    }
    assertEquals(seen.size, 1, [...seen].join("\n"));
  });
}

Deno.test("rsync and skysync_f find every block behind an insertion, one right behind the other, and the short end", async () => {
  using lanes = new TestLanes(2);
  const next = numbers(911);
  const block = 8192;
  const blocks = Array.from({ length: 6 }, () => randomBytes(next, block));
  const tail = randomBytes(next, 1000);
  const old = concatenated(...blocks, tail);
  const [b0, b1, b2, b3, _b4, b5] = blocks;
  const inserted = [randomBytes(next, 3), randomBytes(next, 1)] as const;
  const file = concatenated(inserted[0], b0!, b1!, inserted[1], b3!, b5!, b2!, tail);
  for (const scheme of ["rsync", "skysync_f"] as const) {
    const options = { parameters: USUAL, lanes: lanes.group(2) };
    const { totals } = await synced(old, file, variantOf(scheme), options);
    // b0 and b1 are one copy, and nothing but what was inserted is sent.
    assertEquals([totals.copies, totals.literalBytes], [5, 4], scheme);
  }
});

Deno.test("skysync_c matches chunks whose places in the basis are in any order and not one behind the other", async () => {
  using lanes = new TestLanes(1);
  const next = numbers(912);
  const old = randomBytes(next, 300_000);
  const pieces = Array.from({ length: 50 }, (_, i) => old.subarray(i * 6000, (i + 1) * 6000));
  const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(1) };
  const file = concatenated(...shuffled(next, pieces));
  const { totals } = await synced(old, file, variantOf("skysync_c"), options);
  assert(totals.copies >= 40, `${totals.copies} copies`);
  // At each seam chunks are cut anew until both files have a cut at the same place.
  assert(totals.literalBytes < 50 * 4 * SHORT_CHUNKS.max, `${totals.literalBytes} literal bytes`);
});

Deno.test("skysync_c takes many more old chunks than new ones, and many more new than old", async () => {
  using lanes = new TestLanes(1);
  const next = numbers(913);
  const long = randomBytes(next, 400_000);
  const short = long.slice(123_456, 126_000);
  const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(1) };
  const fewer = await synced(long, short, variantOf("skysync_c"), options);
  assert(fewer.chunksOld > 50 * fewer.chunksNew && fewer.totals.copiedBytes > 1000);
  const more = await synced(short, long, variantOf("skysync_c"), options);
  assert(more.chunksNew > 50 * more.chunksOld && more.totals.copiedBytes > 1000);
});

Deno.test("the client of rsync and of skysync_f needs what the server sends and never the basis", async () => {
  using lanes = new TestLanes(1);
  using basisLanes = new TestLanes(1);
  const next = numbers(914);
  const old = randomBytes(next, 100_000);
  const file = concatenated(old.subarray(50_000), randomBytes(next, 100), old);
  for (const scheme of ["rsync", "skysync_f"] as const) {
    using folder = new TestFolder();
    const path = folder.write("old", old);
    folder.write("new", file);
    const options: LocalSyncOptions = {
      parameters: SHORT_CHUNKS,
      lanes: lanes.group(1),
      basisLanes: basisLanes.group(1),
      between: (peer) =>
        around(peer, {
          async signature() {
            const { session, body } = await peer.signature();
            const whole = await collected(body);
            // From here until its delta is whole the client is alone.
            fs.renameSync(path, `${path}.away`);
            return { session, body: bodyOf(whole) };
          },
          async patch(key, pieces, repair): Promise<PatchAnswer> {
            const delta = await collected(pieces);
            fs.renameSync(`${path}.away`, path);
            return await peer.patch(key, bodyOf(delta), repair);
          },
        }),
    };
    const { totals } = await syncAs(folder, variantOf(scheme), options);
    assert(fs.readFileSync(folder.join("target")).equals(file), scheme);
    assert(totals.literalBytes < 1000, `${scheme}: ${totals.literalBytes} literal bytes`);
  }
});

Deno.test("dsync matches a chunk whose CRC-32C is 0, which hw selects", async () => {
  using lanes = new TestLanes(1);
  const next = numbers(915);
  const { weak } = await openSuite({ weak: "crc32c", strong: "sha256" }, "0");
  const crc = (bytes: Uint8Array<ArrayBuffer>): number => weak(bytes, 0, bytes.length);
  const chunk = withZeroCrc(randomBytes(next, 1024), crc, CRC32C);
  assertEquals(crc(chunk), 0);
  const old = concatenated(randomBytes(next, 1024), chunk);
  const parameters = { min: 1023, avg: 1 << 19, max: 1024 };
  const options = { parameters, lanes: lanes.group(1, "auto") };
  const { totals } = await synced(old, chunk, variantOf("dsync"), options);
  assertEquals([totals.copiedBytes, totals.literalBytes], [1024, 0]);
});

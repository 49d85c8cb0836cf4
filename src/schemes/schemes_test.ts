/** All schemes: what comes out is the new file, whatever the scheme, the mode, the files and the lanes. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { crc32 } from "node:zlib";
import { sameCrc, sameRollsum, withZeroCrc } from "../../tests/fixtures/crafted_blocks.ts";
import { DATA_KINDS, dataOf } from "../../tests/fixtures/data_kinds.ts";
import { EDIT_KINDS, edited } from "../../tests/fixtures/edit_kinds.ts";
import {
  leftovers,
  type LocalSyncOptions,
  SHORT_CHUNKS,
  syncInFolder,
} from "../../tests/fixtures/local_sync.ts";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { type SchemeVariant, VARIANTS } from "../../tests/fixtures/scheme_variants.ts";
import { TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { blockParameters, type ChunkParameters } from "../chunking/parameters.ts";
import { TestFolder } from "../files/test_folder.ts";
import { NATIVE_AVAILABLE } from "../hashing/test_backends.ts";
import { MODES } from "../matching/mode_name.ts";
import { SCHEMES } from "./scheme_name.ts";
import { DeltaDecoder } from "../delta/decoder.ts";
import type { Peer, SyncOutcome } from "./scheme.ts";

const USUAL: ChunkParameters = { min: 4096, avg: 8192, max: 12288 };
const HARDWARE = NATIVE_AVAILABLE ? ["0", "1"] as const : ["0"] as const;

/** Short chunks or usual ones, for chunks and for blocks. */
function sizesFor({ scheme }: SchemeVariant, parameters: ChunkParameters): ChunkParameters {
  return SCHEMES[scheme].opens === "signature" ? blockParameters(parameters.avg) : parameters;
}

async function syncAndCompare(
  old: Uint8Array | null,
  file: Uint8Array,
  variant: SchemeVariant,
  options: LocalSyncOptions,
  about: string,
): Promise<SyncOutcome> {
  using folder = new TestFolder();
  if (old !== null) folder.write("old", old);
  folder.write("new", file);
  const { scheme, mode } = variant;
  const parameters = sizesFor(variant, options.parameters);
  const confirm = SCHEMES[scheme].modes ? "chunk" : "target";
  const outcome = await syncInFolder(folder, { confirm, ...options, scheme, mode, parameters })
    .catch((error) => {
      throw new Error(`${variant.name}, ${about}: ${error}`, { cause: error });
    });
  assert(fs.readFileSync(folder.join("target")).equals(file), `${variant.name}, ${about}: differs`);
  assertEquals(leftovers(folder), [], about);
  const { copiedBytes, literalBytes, zeroBytes } = outcome.totals;
  assertEquals(copiedBytes + literalBytes + zeroBytes, file.length, `${variant.name}, ${about}`);
  assertEquals([outcome.oldBytes, outcome.newBytes], [old?.length ?? 0, file.length], about);
  return outcome;
}

for (const variant of VARIANTS) {
  Deno.test(`${variant.name}: every edit of every kind of data comes out as the new file`, async () => {
    using lanes = new TestLanes(8);
    const next = numbers(701);
    for (const kind of DATA_KINDS) {
      for (const edit of EDIT_KINDS) {
        const old = dataOf(kind, next(40_000), next);
        const file = edited(edit, old, next);
        const threads = [1, 2, 3, 8][next(4)]!;
        const hw = HARDWARE[next(HARDWARE.length)]!;
        const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(threads, hw) };
        const about = `${edit} of ${old.length} bytes of ${kind}, hw=${hw}, ${threads} threads`;
        await syncAndCompare(old, file, variant, options, about);
      }
    }
  });

  Deno.test(`${variant.name}: sizes at which something begins come out right, on every number of threads`, async () => {
    using lanes = new TestLanes(8);
    const next = numbers(702);
    const { min, avg, max } = USUAL;
    const edges = [min, avg, max].flatMap((size) => [size - 1, size, size + 1]);
    const segment = 1 << 20;
    for (const size of [0, 1, 47, 48, ...edges, segment - 1, segment, segment + 1, 3_300_000]) {
      const threads = [1, 2, 3, 8][next(4)]!;
      const hw = HARDWARE[next(HARDWARE.length)]!;
      const options = { parameters: USUAL, lanes: lanes.group(threads, hw) };
      for (const oldSize of [0, 1, size, size + 5000]) {
        const old = dataOf("mixed", oldSize, next);
        const file = concatenated(randomBytes(next, 3), old, randomBytes(next, size)).slice(
          0,
          size,
        );
        await syncAndCompare(old, file, variant, options, `${oldSize} to ${size} bytes, hw=${hw}`);
      }
    }
    const options = { parameters: USUAL, lanes: lanes.group(2) };
    await syncAndCompare(null, randomBytes(next, 100_000), variant, options, "no basis");
  });

  Deno.test(`${variant.name}: each number of threads with each backend gives the new file`, async () => {
    using lanes = new TestLanes(8);
    const next = numbers(708);
    const old = dataOf("mixed", 1_500_000, next);
    for (const size of [0, 4095, 12_289, 1_400_000]) {
      const file = edited("move", edited("insert", old.slice(0, size), next), next);
      for (const threads of [1, 2, 3, 8]) {
        for (const hw of HARDWARE) {
          const options = { parameters: USUAL, lanes: lanes.group(threads, hw) };
          const about = `${size} bytes, hw=${hw}, ${threads} threads`;
          await syncAndCompare(old.slice(0, size), file, variant, options, about);
        }
      }
    }
  });

  Deno.test(`${variant.name}: what is equal is copied, and little is sent for little that is new`, async () => {
    using lanes = new TestLanes(2);
    const next = numbers(703);
    const old = randomBytes(next, 600_000);
    const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(2) };
    const same = await syncAndCompare(old, old, variant, options, "identical");
    assertEquals([same.totals.literalBytes, same.totals.copies], [0, 1]);
    const insert = concatenated(
      old.subarray(0, 250_000),
      randomBytes(next, 9),
      old.subarray(250_000),
    );
    const { totals } = await syncAndCompare(old, insert, variant, options, "insert");
    assert(totals.literalBytes < 5 * SHORT_CHUNKS.max, `${totals.literalBytes} bytes for 9`);
    const reversed = concatenated(old.subarray(250_000), old.subarray(0, 250_000));
    const moved = await syncAndCompare(old, reversed, variant, options, "halves exchanged");
    assert(moved.totals.literalBytes < 8 * SHORT_CHUNKS.max, `${moved.totals.literalBytes} bytes`);
  });

  Deno.test(`${variant.name}: blocks with equal weak checksums and other contents do not mix`, async () => {
    using lanes = new TestLanes(2);
    const next = numbers(704);
    // Blocks of one size on both ends' grids: chunks have no candidates to be cut at.
    const block = 1024;
    const parameters = { min: block - 1, avg: 1 << 19, max: block };
    const first = randomBytes(next, block);
    const collide = variant.scheme === "rsync" ? sameRollsum : sameCrc;
    const twins = [first, ...Array.from({ length: 40 }, (_, i) => collide(first, 12 + 20 * i))];
    const old = concatenated(...twins.slice(0, 30));
    const file = concatenated(...twins.slice(10).reverse());
    for (const hw of HARDWARE) {
      using folder = new TestFolder();
      folder.write("old", old);
      folder.write("new", file);
      const { scheme, mode } = variant;
      const sizes = SCHEMES[scheme].opens === "signature" ? blockParameters(block) : parameters;
      const confirm = SCHEMES[scheme].modes ? "chunk" : "target";
      const options = {
        lanes: lanes.group(2, hw),
        scheme,
        mode,
        parameters: sizes,
        confirm,
      } as const;
      await syncInFolder(folder, options);
      assert(fs.readFileSync(folder.join("target")).equals(file), `${variant.name}, hw=${hw}`);
    }
  });

  Deno.test(`${variant.name}: equal blocks by the thousand are copied`, async () => {
    using lanes = new TestLanes(2);
    const next = numbers(705);
    const block = randomBytes(next, SHORT_CHUNKS.max);
    const old = concatenated(...Array.from({ length: 3000 }, () => block), randomBytes(next, 1000));
    const file = concatenated(randomBytes(next, 50), old);
    const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(2) };
    const { totals } = await syncAndCompare(old, file, variant, options, "equal blocks");
    assert(totals.literalBytes < 4000, `${totals.literalBytes} literal bytes`);
  });
}

Deno.test("all four modes of parasync give one delta, on any number of threads", async () => {
  using lanes = new TestLanes(8);
  const next = numbers(706);
  for (const kind of ["mixed", "archive", "period 7", "random"] as const) {
    const old = dataOf(kind, 300_000, next);
    const file = edited("move", edited("insert", edited("duplicate", old, next), next), next);
    let first: string[] | undefined;
    for (const mode of MODES) {
      for (const threads of [1, 2, 3, 8]) {
        const variant = { scheme: "parasync", mode, name: mode } as const;
        const commands: string[] = [];
        const between = (peer: Peer): Peer => listening(peer, old.length, file.length, commands);
        const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(threads), between };
        await syncAndCompare(old, file, variant, options, kind);
        // They leave in any order.
        const delta = commands.sort();
        first ??= delta;
        assertEquals(delta, first, `${kind}, ${mode}, ${threads} threads`);
      }
    }
  }
});

/** A peer that notes every copy, and of literals every byte's place. */
function listening(peer: Peer, oldSize: number, newSize: number, commands: string[]): Peer {
  return {
    match: (frames) => peer.match(frames),
    signature: () => peer.signature(),
    acknowledge: (key) => peer.acknowledge(key),
    roundTrip: (...of) => peer.roundTrip(...of),
    refine: (key, frame) => peer.refine(key, frame),
    patch: (key, pieces, repair) => {
      const decoder = new DeltaDecoder({ oldSize, newSize, maxCommands: 1e6 }, {
        copy: (source, target, length) => commands.push(`copy ${source} ${target} ${length}`),
        literal: (target, bytes) => {
          for (let i = 0; i < bytes.length; i++) commands.push(`literal ${target + i}`);
        },
        zero: (target, length) => commands.push(`zero ${target} ${length}`),
        end: () => {},
      });
      const noted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const piece of pieces) {
          decoder.push(piece.slice());
          yield piece;
        }
      };
      return peer.patch(key, noted(), repair);
    },
  };
}

Deno.test("a chunk or block whose weak checksum is 0 is matched like any other", async () => {
  using lanes = new TestLanes(1);
  const next = numbers(707);
  const block = withZeroCrc(randomBytes(next, 1024), (bytes) => crc32(bytes));
  assertEquals(crc32(block), 0);
  for (const variant of VARIANTS) {
    // hw=0: dsync has CRC-32 there. The first block of rollsum 0 is one that begins with what adds up to it.
    const file = variant.scheme === "rsync" ? zeroRollsum(1024) : block;
    using folder = new TestFolder();
    folder.write("old", concatenated(randomBytes(next, 1024), file));
    folder.write("new", file);
    const { scheme, mode } = variant;
    const parameters = SCHEMES[scheme].opens === "signature"
      ? blockParameters(1024)
      : { min: 1023, avg: 1 << 19, max: 1024 };
    const confirm = SCHEMES[scheme].modes ? "chunk" : "target";
    const { totals } = await syncInFolder(folder, {
      lanes: lanes.group(1),
      scheme,
      mode,
      parameters,
      confirm,
    });
    assertEquals([totals.copiedBytes, totals.literalBytes], [1024, 0], variant.name);
  }
});

/** A block whose rollsum is 0: both sums are multiples of 2^16. */
function zeroRollsum(length: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(length).fill(33);
  // Each byte counts 31 more: 64 a byte, and 64 · 1024 = 2^16. The other sum, 64 · 1024 · 1025 / 2, is 2^15
  // too much; moving 32 from one place to one 1024 places away is impossible, so 64 goes 512 places on.
  block[0] = 33 - 32;
  block[length - 1] = 33 + 32;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (length - i) * (block[i]! + 31);
  for (let i = 1; sum % 65536 !== 0; i++) {
    const excess = sum % 65536;
    // Moving one unit from place i to place j > i takes j - i away.
    const distance = Math.min(excess, length - 2 - i);
    block[i]! -= 1;
    block[i + distance]! += 1;
    sum -= distance;
  }
  return block;
}

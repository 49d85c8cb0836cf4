/**
 * What `deno task bench` leaves out of the delta: bodies by their version and coding, coverage, and a target put
 * together in order beside one at any place.
 *
 * Run with `deno bench -A bench/delta_bench.ts`.
 */
import fs from "node:fs";
import { join } from "node:path";
import { availableCodings, type DeltaCoding } from "../src/delta/coding.ts";
import type { CommandEncoder } from "../src/delta/command_encoder.ts";
import { Coverage } from "../src/delta/coverage.ts";
import { DeltaDecoder, type DeltaSink } from "../src/delta/decoder.ts";
import { DeltaEncoder } from "../src/delta/encoder.ts";
import { PatchBody } from "../src/delta/patch_body.ts";
import { plainDelta } from "../src/delta/plain_delta.ts";
import { newSessionKey } from "../src/files/artefact.ts";
import { currentIdentity } from "../src/files/current_identity.ts";
import { openPinned } from "../src/files/pinned_file.ts";
import { Root } from "../src/files/root.ts";
import { STRONG_BYTES } from "../src/hashing/backend.ts";
import { openBackend } from "../src/hashing/select.ts";
import { SEGMENT_BYTES, sessionDigest } from "../src/hashing/session_digest.ts";
import { Reception } from "../src/schemes/reception.ts";
import { StageClock } from "../src/telemetry/stages.ts";
import { LaneGroup } from "../src/workers/lane_group.ts";
import { WorkerLane } from "../src/workers/lane_handle.ts";
import { RandomBytes } from "./random_bytes.ts";

const DIGEST = new Uint8Array(32);
const IGNORE: DeltaSink = { copy() {}, literal() {}, zero() {}, end() {} };
const COMMANDS = 100_000;
const LITERAL_BYTES = 8192;
const PIECE_BYTES = 64 * 1024;

async function received(
  encode: (emit: (piece: Uint8Array<ArrayBuffer>) => void) => void,
): Promise<Uint8Array[]> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  encode((piece) => parts.push(piece));
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    pieces.push(bytes.subarray(at, at + PIECE_BYTES));
  }
  return pieces;
}

/** One body of 20,000 copies and literals of 300 bytes of prose in turn. */
async function writeBody(coding: DeltaCoding): Promise<Uint8Array<ArrayBuffer>[]> {
  const sizes = { oldSize: 1e9, newSize: 20_000 * 800 };
  const body = new PatchBody(sizes, coding);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  writeEdits(body.encoder);
  body.encoder.end(DIGEST);
  pieces.push(...await body.take());
  body.close();
  return pieces;
}

function writeEdits(encoder: CommandEncoder): void {
  for (let i = 0; i < 20_000; i++) {
    encoder.copy((i * 7919) % 1_000_000_000, i * 800, 500);
    encoder.literal(i * 800 + 500, prose.subarray(i * 300, i * 300 + 300));
  }
}

async function readPieces(pieces: readonly Uint8Array[]): Promise<void> {
  const expected = { oldSize: 1e9, newSize: 20_000 * 800, maxCommands: COMMANDS };
  const decoder = new DeltaDecoder(expected, IGNORE);
  const arriving = async function* (): AsyncGenerator<Uint8Array> {
    yield* pieces;
  };
  for await (const piece of plainDelta(arriving(), expected)) decoder.push(piece);
  decoder.finish();
}

const picks = new Uint16Array(1_500_000);
new RandomBytes("prose").read(new Uint8Array(picks.buffer), 0);
// Few words are frequent, as in any language.
const prose = new TextEncoder().encode(
  Array.from(picks, (pick) => (pick * (pick % 61) * 7919 % 60_466_177).toString(36)).join(" "),
);

const codings: readonly DeltaCoding[] = [
  { version: 1 },
  { version: 2, coding: "off", level: 0 },
  ...availableCodings().map((coding) => ({ version: 2, coding, level: 6 }) as const),
];
for (const coding of codings) {
  const name = coding.version === 1 ? "version 1" : `version 2, ${coding.coding}`;
  const pieces = await writeBody(coding);
  Deno.bench(`write 20,000 copies and 6 MB of literals, ${name}`, { group: "write" }, async () => {
    await writeBody(coding);
  });
  Deno.bench(`read 20,000 copies and 6 MB of literals, ${name}`, { group: "read" }, async () => {
    await readPieces(pieces);
  });
}

/** Every chunk of an 8 GiB target, in an order that is far from its own (the stride shares no factor with it). */
function scattered(count: number): Coverage {
  const coverage = new Coverage({
    size: count * 8192,
    segmentBytes: 2 ** 20,
    maxIntervals: 10_000_000,
  });
  for (let i = 0; i < count; i++) coverage.add(((i * 618_033) % count) * 8192, 8192);
  coverage.assertExact();
  return coverage;
}

Deno.bench("cover 1,000,000 chunks in order", () => {
  const coverage = new Coverage({ size: 8192e6, segmentBytes: 2 ** 20, maxIntervals: 1000 });
  for (let i = 0; i < 1_000_000; i++) coverage.add(i * 8192, 8192);
  coverage.assertExact();
});
Deno.bench("cover 1,000,000 chunks out of order", () => {
  scattered(1_000_000);
});

const TARGET_BYTES = 64 * SEGMENT_BYTES;
const USUAL = { min: 4096, avg: 8192, max: 12288 };

/** A patch of 64 MiB, as it comes from the network, and the file that it makes. */
interface Patch {
  readonly pieces: Uint8Array[];
  readonly result: Uint8Array;
}

const { backend } = await openBackend("auto");
const folder = fs.realpathSync(Deno.makeTempDirSync({ prefix: "delta-bench-" }));
addEventListener("unload", () => fs.rmSync(folder, { recursive: true, force: true }));
const old = new Uint8Array(TARGET_BYTES);
new RandomBytes("old").read(old, 0);
fs.writeFileSync(join(folder, "old"), old);
const fresh = new Uint8Array(TARGET_BYTES);
new RandomBytes("new").read(fresh, 0);
const lanes = new LaneGroup([new WorkerLane(), new WorkerLane()], "auto");

function digestOf(bytes: Uint8Array): Uint8Array {
  const segments = new Uint8Array(bytes.length / SEGMENT_BYTES * STRONG_BYTES);
  for (let i = 0; i * SEGMENT_BYTES < bytes.length; i++) {
    const begin = i * SEGMENT_BYTES;
    backend.strong(bytes, begin, begin + SEGMENT_BYTES, segments, i * STRONG_BYTES);
  }
  return sessionDigest(backend, bytes.length, segments);
}

/** A patch whose target is cut into ranges of `bytes`; every `every`-th is a literal, the others are copies. */
async function patchOf(bytes: number, every: number): Promise<Patch> {
  const result = new Uint8Array(TARGET_BYTES);
  const count = TARGET_BYTES / bytes;
  const sizes = { oldSize: TARGET_BYTES, newSize: TARGET_BYTES };
  const pieces = await received((emit) => {
    const encoder = new DeltaEncoder(sizes, emit);
    for (let i = 0; i < count; i++) {
      const target = i * bytes;
      const data = i % every === every - 1
        ? fresh.subarray(target, target + bytes)
        // From the other end, so that no copy continues the one before.
        : old.subarray(TARGET_BYTES - target - bytes, TARGET_BYTES - target);
      result.set(data, target);
      if (data.buffer === fresh.buffer) encoder.literal(target, data);
      else encoder.copy(data.byteOffset, target, bytes);
    }
    encoder.end(digestOf(result));
  });
  return { pieces, result };
}

/** A server's end, from the first byte of the patch to the rename. */
async function receive(
  { pieces, result }: Patch,
  order: "any" | "target",
  bench: Deno.BenchContext,
): Promise<void> {
  const location = Root.open(folder).locate("target");
  using basis = openPinned(join(folder, "old"));
  const { path, identity, size } = basis;
  const reference = { path, name: path, identity, size, turn: null };
  bench.start();
  const reception = await Reception.open({
    location,
    key: newSessionKey(),
    basis,
    basisReference: reference,
    newSize: result.length,
    allocated: undefined,
    parameters: USUAL,
    order,
    lanes,
    clock: new StageClock(),
    commit: { expectTarget: currentIdentity(location), fsync: false },
  });
  const received = await reception.receive(
    (async function* (): AsyncGenerator<Uint8Array> {
      yield* pieces;
    })(),
    "chunk",
  );
  bench.end();
  await lanes.release([reference]);
  if (received.kind !== "committed" || !fs.readFileSync(join(folder, "target")).equals(result)) {
    throw new Error("the target is not what the patch makes");
  }
  fs.unlinkSync(join(folder, "target"));
}

for (
  const [about, patch] of [
    ["64 MiB of 16 MiB copies", await patchOf(16 * SEGMENT_BYTES, 8)],
    ["64 MiB, 8 KiB copies and literals in turn", await patchOf(LITERAL_BYTES, 2)],
    ["64 MiB of literals", await patchOf(SEGMENT_BYTES, 1)],
  ] as const
) {
  for (const order of ["any", "target"] as const) {
    Deno.bench({
      name: `receive ${about}, ${order === "any" ? "at any place" : "in order"}`,
      group: about,
      n: 12,
      warmup: 3,
      // Deno waits only for what is written as an async function.
      fn: async (bench) => await receive(patch, order, bench),
    });
  }
}

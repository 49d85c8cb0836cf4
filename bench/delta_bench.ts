/** What the delta's own parts cost per command and per byte: `deno bench -A bench/delta_bench.ts`. */
import { Coverage } from "../src/delta/coverage.ts";
import { DeltaDecoder, type DeltaSink } from "../src/delta/decoder.ts";
import { DeltaEncoder } from "../src/delta/encoder.ts";
import { decodeVarints, encodeVarints } from "../src/transport/columns.ts";
import { FRAME_HEAD_BYTES } from "../src/transport/framing.ts";
import { readRequest, requestFrame } from "../src/transport/messages.ts";

const DIGEST = new Uint8Array(32);
const IGNORE: DeltaSink = { copy() {}, literal() {}, zero() {}, end() {} };
const COMMANDS = 100_000;
const LITERAL_BYTES = 8192;
const PIECE_BYTES = 64 * 1024;

/** Copies that never continue each other, so that none are merged. */
function encodeCopies(emit: (piece: Uint8Array<ArrayBuffer>) => void): void {
  const size = COMMANDS * 8;
  const encoder = new DeltaEncoder({ oldSize: 2 * size, newSize: size }, emit);
  for (let i = 0; i < COMMANDS; i++) encoder.copy(2 * size - 8 * (i + 1), i * 8, 8);
  encoder.end(DIGEST);
}

const literalData = new Uint8Array(LITERAL_BYTES);

function encodeLiterals(count: number, emit: (piece: Uint8Array<ArrayBuffer>) => void): void {
  const encoder = new DeltaEncoder({ oldSize: 0, newSize: count * LITERAL_BYTES }, emit);
  for (let i = 0; i < count; i++) encoder.literal(i * LITERAL_BYTES, literalData);
  encoder.end(DIGEST);
}

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

function decode(pieces: Uint8Array[], oldSize: number, newSize: number): void {
  const decoder = new DeltaDecoder({ oldSize, newSize, maxCommands: COMMANDS }, IGNORE);
  for (const piece of pieces) decoder.push(piece);
  decoder.finish();
}

const copies = await received(encodeCopies);
const literals = await received((emit) => encodeLiterals(4096, emit));

Deno.bench("encode 100,000 copies", () => encodeCopies(() => {}));
Deno.bench(
  "decode 100,000 copies, 64 KiB pieces",
  () => decode(copies, COMMANDS * 16, COMMANDS * 8),
);
Deno.bench("encode 32 MiB of 8 KiB literals", () => encodeLiterals(4096, () => {}));
Deno.bench(
  "decode 32 MiB of 8 KiB literals, 64 KiB pieces",
  () => decode(literals, 0, 4096 * LITERAL_BYTES),
);

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

const lengths = Uint32Array.from({ length: 100_000 }, (_, i) => 4096 + (i * 7919) % 8192);
const lengthColumn = encodeVarints(lengths);
const batch = {
  case: "weakBatch",
  value: { weak: new Uint8Array(400_000), lengths: lengthColumn },
} as const;
const batchFrame = requestFrame(batch).subarray(FRAME_HEAD_BYTES);

Deno.bench("code 100,000 chunk lengths as varints", () => {
  encodeVarints(lengths);
});
Deno.bench("read 100,000 chunk lengths from varints", () => {
  decodeVarints(lengthColumn, "lengths");
});
Deno.bench("write a batch of 100,000 keys as a frame", () => {
  requestFrame(batch);
});
Deno.bench("read a batch of 100,000 keys from a frame", () => {
  readRequest(batchFrame);
});

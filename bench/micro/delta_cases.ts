/** The delta: written, read, and carried out on a file. */
import fs from "node:fs";
import { join } from "node:path";
import { DeltaDecoder, type DeltaSink } from "../../src/delta/decoder.ts";
import { DeltaEncoder } from "../../src/delta/encoder.ts";
import { newSessionKey } from "../../src/files/artefact.ts";
import { currentIdentity } from "../../src/files/current_identity.ts";
import { openPinned } from "../../src/files/pinned_file.ts";
import { Root } from "../../src/files/root.ts";
import { type HashBackend, STRONG_BYTES } from "../../src/hashing/backend.ts";
import { SEGMENT_BYTES, sessionDigest } from "../../src/hashing/session_digest.ts";
import { Reception } from "../../src/schemes/reception.ts";
import { StageClock } from "../../src/telemetry/stages.ts";
import { LaneGroup } from "../../src/workers/lane_group.ts";
import { WorkerLane } from "../../src/workers/lane_handle.ts";
import { RandomBytes } from "../random_bytes.ts";
import { type Case, insist, type Materials } from "./case.ts";

const COMMANDS = 100_000;
const LITERAL_BYTES = 8192;
const LITERALS = 4096;
const PIECE_BYTES = 64 * 1024;
const TARGET_BYTES = 64 * SEGMENT_BYTES;
const DIGEST = new Uint8Array(STRONG_BYTES);
const USUAL = { min: 4096, avg: 8192, max: 12288 };

type Pieces = Uint8Array<ArrayBuffer>[];

/** Copies that never continue each other, so that none are merged. */
function encodeCopies(): Pieces {
  const pieces: Pieces = [];
  const size = COMMANDS * 8;
  const encoder = new DeltaEncoder({ oldSize: 2 * size, newSize: size }, (piece) => {
    pieces.push(piece);
  });
  for (let i = 0; i < COMMANDS; i++) encoder.copy(2 * size - 8 * (i + 1), i * 8, 8);
  encoder.end(DIGEST);
  return pieces;
}

function encodeLiterals(data: Uint8Array<ArrayBuffer>): Pieces {
  const pieces: Pieces = [];
  const size = LITERALS * LITERAL_BYTES;
  const encoder = new DeltaEncoder({ oldSize: 0, newSize: size }, (piece) => {
    pieces.push(piece);
  });
  for (let i = 0; i < LITERALS; i++) encoder.literal(i * LITERAL_BYTES, data);
  encoder.end(DIGEST);
  return pieces;
}

/** As the network hands it on. */
async function received(parts: Pieces): Promise<Uint8Array[]> {
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return Array.from(
    { length: Math.ceil(bytes.length / PIECE_BYTES) },
    (_, i) => bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES),
  );
}

async function codingCases(): Promise<Case[]> {
  const data = new Uint8Array(LITERAL_BYTES);
  new RandomBytes("literal").read(data, 0);
  const bytes = LITERALS * LITERAL_BYTES;
  let [copies, literals] = [encodeCopies(), encodeLiterals(data)];
  const [copyPieces, literalPieces] = [await received(copies), await received(literals)];
  const decode = (
    pieces: Uint8Array[],
    oldSize: number,
    newSize: number,
  ): { readonly copies: number; readonly literalBytes: number } => {
    const seen = { copies: 0, literalBytes: 0 };
    const sink: DeltaSink = {
      copy: () => void seen.copies++,
      literal: (_target, piece) => void (seen.literalBytes += piece.length),
      zero() {},
      end() {},
    };
    const decoder = new DeltaDecoder({ oldSize, newSize, maxCommands: COMMANDS }, sink);
    for (const piece of pieces) decoder.push(piece);
    decoder.finish();
    return seen;
  };
  let [copiesRead, literalBytesRead] = [0, 0];
  const sizeOf = (pieces: readonly Uint8Array[]): number =>
    pieces.reduce((sum, { length }) => sum + length, 0);
  const counted = { count: COMMANDS, each: "copy" } as const;
  return [{
    group: "delta encode",
    name: "copies",
    work: counted,
    run: () => void (copies = encodeCopies()),
    check: () => insist(sizeOf(copies) === sizeOf(copyPieces), "copies are lost"),
  }, {
    group: "delta encode",
    name: "literals of 8 KiB",
    work: { bytes },
    limit: "copy",
    run: () => void (literals = encodeLiterals(data)),
    check: () => insist(sizeOf(literals) === sizeOf(literalPieces), "literals are lost"),
  }, {
    group: "delta decode",
    name: "copies",
    work: counted,
    run: () => void (copiesRead = decode(copyPieces, COMMANDS * 16, COMMANDS * 8).copies),
    check: () => insist(copiesRead === COMMANDS, "copies are lost"),
  }, {
    group: "delta decode",
    // Without a limit: they are handed on where they lie.
    name: "literals of 8 KiB",
    work: { bytes },
    run: () => void (literalBytesRead = decode(literalPieces, 0, bytes).literalBytes),
    check: () => insist(literalBytesRead === bytes, "literals are lost"),
  }];
}

function digestOf(backend: HashBackend, bytes: Uint8Array): Uint8Array {
  const segments = new Uint8Array(bytes.length / SEGMENT_BYTES * STRONG_BYTES);
  for (let i = 0; i * SEGMENT_BYTES < bytes.length; i++) {
    const begin = i * SEGMENT_BYTES;
    backend.strong(bytes, begin, begin + SEGMENT_BYTES, segments, i * STRONG_BYTES);
  }
  return sessionDigest(backend, bytes.length, segments);
}

/** A server's end, from the first byte of the patch to the rename; every `every`-th range is a literal. */
async function applyCase(
  { folder, backends }: Materials,
  lanes: LaneGroup,
  name: string,
  bytes: number,
  every: number,
): Promise<Case> {
  const [old, fresh, result] = [0, 1, 2].map(() => new Uint8Array(TARGET_BYTES)) as [
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
  ];
  new RandomBytes("old").read(old, 0);
  new RandomBytes("new").read(fresh, 0);
  fs.writeFileSync(join(folder, "apply.old"), old);
  const parts: Pieces = [];
  const sizes = { oldSize: TARGET_BYTES, newSize: TARGET_BYTES };
  const encoder = new DeltaEncoder(sizes, (piece) => void parts.push(piece));
  for (let at = 0, i = 0; at < TARGET_BYTES; at += bytes, i++) {
    const literal = i % every === every - 1;
    // Copies come from the other end, so that none continues the one before.
    const from = TARGET_BYTES - at - bytes;
    const data = literal ? fresh.subarray(at, at + bytes) : old.subarray(from, from + bytes);
    result.set(data, at);
    if (literal) encoder.literal(at, data);
    else encoder.copy(from, at, bytes);
  }
  encoder.end(digestOf(backends.at(-1)!, result));
  const pieces = await received(parts);
  const targetName = `apply.${bytes}-${every}`;
  const target = join(folder, targetName);
  return {
    group: "delta apply",
    name,
    work: { bytes: TARGET_BYTES },
    limit: "write",
    run: async () => {
      fs.rmSync(target, { force: true });
      const location = Root.open(folder).locate(targetName);
      using basis = openPinned(join(folder, "apply.old"));
      const { path, identity, size } = basis;
      const reference = { path, name: path, identity, size, turn: null };
      const reception = await Reception.open({
        location,
        key: newSessionKey(),
        basis,
        basisReference: reference,
        newSize: TARGET_BYTES,
        allocated: undefined,
        parameters: USUAL,
        order: "any",
        lanes,
        clock: new StageClock(),
        commit: { expectTarget: currentIdentity(location), fsync: false },
      });
      const arriving = async function* (): AsyncGenerator<Uint8Array> {
        yield* pieces;
      };
      const { kind } = await reception.receive(arriving(), "chunk");
      await lanes.release([reference]);
      insist(kind === "committed", "a patch is not committed");
    },
    check: () => insist(fs.readFileSync(target).equals(result), "the target is another"),
  };
}

/** The coding in memory, and the work of a server's end. */
export async function deltaCases(materials: Materials): Promise<readonly Case[]> {
  const workers = [new WorkerLane(), new WorkerLane()];
  materials.onEnd(() => workers.forEach((worker) => worker.close()));
  const lanes = new LaneGroup(workers, "auto");
  return [
    ...await codingCases(),
    await applyCase(materials, lanes, "copies of 16 MiB and literals", 16 * SEGMENT_BYTES, 4),
    await applyCase(materials, lanes, "copies and literals of 8 KiB in turn", LITERAL_BYTES, 2),
    await applyCase(materials, lanes, "literals alone", SEGMENT_BYTES, 1),
  ];
}

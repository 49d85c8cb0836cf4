/** What the tests of deltas share: seeded numbers, edit scripts, an encoder of them and an applier. */
import { joinPieces } from "./batch.ts";
import { availableCodings, type DeltaCoding } from "./coding.ts";
import type { CommandEncoder } from "./command_encoder.ts";
import { DeltaDecoder, type DeltaEnd, type DeltaExpectations, type DeltaSink } from "./decoder.ts";
import { DeltaEncoder } from "./encoder.ts";
import type { DeltaSizes } from "./format.ts";
import { PatchBody } from "./patch_body.ts";
import { plainDelta } from "./plain_delta.ts";

/**
 * Reproducible numbers (mulberry32).
 *
 * @param seed Any 32-bit integer.
 * @returns A function that gives an integer in [0, below) each time.
 */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}

/** `length` reproducible bytes. */
export function seededBytes(
  next: (below: number) => number,
  length: number,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => next(256));
}

/** One edit: bytes of the basis, new bytes, or zeros, at a place in the target. */
export type Edit =
  | {
    readonly kind: "copy";
    readonly source: number;
    readonly target: number;
    readonly length: number;
  }
  | { readonly kind: "literal"; readonly target: number; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly kind: "zero"; readonly target: number; readonly length: number };

/** A basis, the edits that lead from it to a new file, in the target's order, and that file. */
export interface EditScript {
  readonly basis: Uint8Array<ArrayBuffer>;
  readonly edits: Edit[];
  readonly result: Uint8Array<ArrayBuffer>;
}

/**
 * A script of random edits.
 *
 * @param next Where the numbers come from.
 * @param edits How many.
 * @param longest The longest edit, in bytes.
 * @returns The script; some of its copies and zeros continue the one before.
 */
export function editScript(
  next: (below: number) => number,
  edits: number,
  longest: number,
): EditScript {
  const basis = seededBytes(next, longest + next(3 * longest));
  const script: Edit[] = [];
  const pieces: Uint8Array[] = [];
  let target = 0;
  let continued = 0;
  for (let i = 0; i < edits; i++) {
    const length = 1 + next(longest);
    const kind = next(4);
    let piece: Uint8Array<ArrayBuffer>;
    if (kind === 0) {
      piece = new Uint8Array(length);
      script.push({ kind: "zero", target, length });
    } else if (kind === 1) {
      piece = seededBytes(next, length);
      script.push({ kind: "literal", target, data: piece });
    } else {
      const follows = kind === 2 && continued + length <= basis.length;
      const source = follows ? continued : next(basis.length - length + 1);
      piece = basis.subarray(source, source + length);
      continued = source + length;
      script.push({ kind: "copy", source, target, length });
    }
    pieces.push(piece);
    target += length;
  }
  const result = new Uint8Array(target);
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return { basis, edits: script, result };
}

/** A digest that no test computes, only carries. */
export const SOME_DIGEST: Uint8Array<ArrayBuffer> = Uint8Array.from(
  { length: 32 },
  (_, i) => i + 1,
);

/**
 * The pieces of a delta of one stream.
 *
 * @param script The files, whose edits are written in the order they are in.
 * @returns The pieces, in order.
 */
export function encodeScript(script: EditScript): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const encoder = new DeltaEncoder(
    { oldSize: script.basis.length, newSize: script.result.length },
    (piece) => pieces.push(piece),
  );
  writeEdits(encoder, script.edits);
  encoder.end(SOME_DIGEST);
  return pieces;
}

/** Every way to write a delta that this runtime has. */
export const CODINGS: readonly DeltaCoding[] = [
  { version: 1 },
  { version: 2, coding: "off", level: 0 },
  ...availableCodings().map((coding) => ({ version: 2, coding, level: 3 }) as const),
];

/** What a way to write a delta is called. */
export function codingName(coding: DeltaCoding): string {
  return coding.version === 1 ? "version 1" : `version 2, ${coding.coding}`;
}

/**
 * One stream of a delta, written in any way.
 *
 * @param sizes The files' sizes.
 * @param coding In which version, and how compressed.
 * @param write Writes its commands and its end.
 */
export async function writtenBody(
  sizes: DeltaSizes,
  coding: DeltaCoding,
  write: (encoder: CommandEncoder) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = new PatchBody(sizes, coding);
  write(body.encoder);
  const bytes = joined(await body.take());
  body.close();
  return bytes;
}

/**
 * Reads a stream as a server does.
 *
 * @param pieces The stream; its memory is written over once the next piece is asked for.
 * @param expected What is known of it.
 * @param sink Takes the commands.
 */
export async function readBody(
  pieces: Iterable<Uint8Array>,
  expected: DeltaExpectations,
  sink: DeltaSink,
): Promise<void> {
  const decoder = new DeltaDecoder(expected, sink);
  for await (const piece of plainDelta(lent(pieces), expected)) decoder.push(piece);
  decoder.finish();
}

/** Pieces in memory that is used again once the next one is asked for. */
export async function* lent(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    await Promise.resolve();
    const memory = piece.slice();
    yield memory;
    memory.fill(0xee);
  }
}

/** Writes edits, in the order they are in. */
export function writeEdits(encoder: CommandEncoder, edits: readonly Edit[]): void {
  for (const edit of edits) {
    if (edit.kind === "copy") encoder.copy(edit.source, edit.target, edit.length);
    else if (edit.kind === "zero") encoder.zero(edit.target, edit.length);
    else encoder.literal(edit.target, edit.data);
  }
}

/** What an applier in memory gave. */
export interface Applied {
  /** The target; a byte that no command made is 0xaa. */
  readonly target: Uint8Array<ArrayBuffer>;
  /** The stream's end, once it has come. */
  readonly ends: DeltaEnd[];
}

/**
 * A decoder that applies what it reads to a target in memory.
 *
 * @param basis The basis.
 * @param newSize Size of the target.
 * @param into What earlier streams of the patch gave, to go on with.
 * @returns The decoder, and what it gives as it goes.
 */
export function memoryApplier(
  basis: Uint8Array,
  newSize: number,
  into: Applied = { target: new Uint8Array(newSize).fill(0xaa), ends: [] },
): { decoder: DeltaDecoder; applied: Applied } {
  const expected = { oldSize: basis.length, newSize, maxCommands: 1_000_000 };
  return { decoder: new DeltaDecoder(expected, applyTo(basis, into)), applied: into };
}

/** Takes commands and carries them out in memory. */
export function applyTo(basis: Uint8Array, { target, ends }: Applied): DeltaSink {
  return {
    copy: (source, at, length) => target.set(basis.subarray(source, source + length), at),
    literal: (at, bytes) => target.set(bytes, at),
    zero: (at, length) => target.fill(0, at, at + length),
    end: (end) => ends.push(end),
  };
}

/** All pieces in one. */
export const joined = joinPieces;

/** Cuts bytes into random pieces, empty ones among them. */
export function randomPieces(
  next: (below: number) => number,
  bytes: Uint8Array,
  longest: number,
): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + next(longest + 1));
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}

/** The same items in a random order. */
export function shuffled<T>(next: (below: number) => number, items: readonly T[]): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = next(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

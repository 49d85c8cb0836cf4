/** Both versions of the delta, written from docs/protocol.md command by command: any value can be had. */
import { crc32, join, little, u32, u64, varint, type Wide, zigzag } from "./bytes.ts";

/** Six totals: copies, literals, zeros, and the bytes of each. */
export type Totals = readonly [Wide, Wide, Wide, Wide, Wide, Wide];

/** A header, with a check that is right. */
export function header(
  version: number,
  flags: number,
  oldSize: Wide,
  newSize: Wide,
  reserved: Wide = 0,
): Uint8Array<ArrayBuffer> {
  const fields = join(
    "PSD1",
    little(version, 2),
    little(flags, 2),
    u64(oldSize),
    u64(newSize),
    u32(reserved),
  );
  return join(fields, u32(crc32(fields)));
}

/** A command's first u64: its number and, in the upper 56 bits, a length. */
export function head(command: number, length: Wide): Uint8Array<ArrayBuffer> {
  return u64((BigInt(length) << 8n) | BigInt(command));
}

/** COPY of version 1. */
export function copy(source: Wide, target: Wide, length: Wide): Uint8Array<ArrayBuffer> {
  return join(head(1, length), u64(source), u64(target));
}

/** LITERAL of version 1, of a length that need not be that of its data. */
export function literal(
  target: Wide,
  data: Uint8Array,
  length: Wide = data.length,
): Uint8Array<ArrayBuffer> {
  return join(head(0, length), u64(target), data);
}

/** ZERO of version 1. */
export function zero(target: Wide, length: Wide): Uint8Array<ArrayBuffer> {
  return join(head(3, length), u64(target));
}

/** END of version 1. */
export function end(size: Wide, totals: Totals, digest: Uint8Array): Uint8Array<ArrayBuffer> {
  return join(head(2, size), ...totals.map(u64), digest);
}

/** PART of version 1. */
export function part(size: Wide, totals: Totals): Uint8Array<ArrayBuffer> {
  return join(head(4, size), ...totals.map(u64));
}

/** LITERAL, COPY and ZERO of version 2; offsets are less where the command before ended. */
export const v2 = {
  literal: (target: Wide, length: Wide) => join(varint(BigInt(length) * 4n), zigzag(target)),
  copy: (source: Wide, target: Wide, length: Wide) =>
    join(varint(BigInt(length) * 4n + 1n), zigzag(target), zigzag(source)),
  zero: (target: Wide, length: Wide) => join(varint(BigInt(length) * 4n + 2n), zigzag(target)),
  part: (totals: Totals) => join(varint(3), ...totals.map((total) => varint(total))),
  end: (totals: Totals, digest: Uint8Array) =>
    join(varint(7), ...totals.map((total) => varint(total)), digest),
};

/** What a batch says of itself where that is not the truth. */
export interface BatchClaims {
  readonly commands?: Wide;
  readonly data?: Wide;
  /** In a coded stream: what the rest has been compressed to, and how much that is said to be. */
  readonly coded?: Uint8Array | "plain";
  readonly codedBytes?: Wide;
}

/** A batch of version 2. */
export function batch(
  commands: Uint8Array,
  data: Uint8Array,
  claims: BatchClaims = {},
): Uint8Array<ArrayBuffer> {
  const { coded } = claims;
  const lengths = [
    varint(claims.commands ?? commands.length),
    varint(claims.data ?? data.length),
  ];
  if (coded === undefined) return join(...lengths, commands, data);
  if (coded === "plain") return join(...lengths, varint(claims.codedBytes ?? 0), commands, data);
  return join(...lengths, varint(claims.codedBytes ?? coded.length), coded);
}

import { ParasyncError } from "../errors.ts";

/** Version 1: commands of whole u64s. */
export const FIXED_VERSION = 1;

/** Version 2: commands of varints in batches, which may be compressed. */
export const BATCH_VERSION = 2;

/** "PSD1" as a little-endian u32. */
export const DELTA_MAGIC = 0x31445350;

/** Bytes in the header. */
export const HEADER_BYTES = 32;

/** The longest literal in one command, in bytes; longer ones are split. */
export const MAX_LITERAL_BYTES = 1024 * 1024;

/** The most bytes of commands in one batch of version 2. */
export const MAX_BATCH_COMMANDS = 64 * 1024;

/** The most bytes of data in one batch of version 2. */
export const MAX_BATCH_DATA = MAX_LITERAL_BYTES;

/**
 * The commands of version 1, by the low byte of their first u64; its upper 56 bits are the command's length. A
 * literal is 0 and a copy 1, as in the delta files of the original.
 */
export const Command = {
  /** u64 target offset, then the data. */
  LITERAL: 0,
  /** u64 basis offset, u64 target offset. */
  COPY: 1,
  /** The end of the patch: six u64 totals of all of its streams and the 32-byte session digest. */
  END: 2,
  /** u64 target offset; the bytes are zeros and stay a hole. */
  ZERO: 3,
  /** The end of this stream, while others of the patch follow: its own six totals. */
  PART: 4,
} as const;

/**
 * The commands of version 2, by the low two bits of their first varint; the rest of it is the command's length.
 */
export const Operation = {
  LITERAL: 0,
  COPY: 1,
  ZERO: 2,
  /** The end: of this stream where the length is 0, of the patch where it is 1. */
  END: 3,
} as const;

/** Bytes in each command of version 1 before a literal's data, by the command's number. */
export const COMMAND_BYTES: readonly number[] = [16, 24, 88, 16, 56];

/** Where the session digest lies in END of version 1. */
export const DIGEST_OFFSET = 56;

/** Bytes in the session digest. */
export const DIGEST_BYTES = 32;

/** The two files a delta leads from and to. */
export interface DeltaSizes {
  /** Size of the basis, in bytes. */
  readonly oldSize: number;
  /** Size of the new file, in bytes. */
  readonly newSize: number;
}

/** What a delta holds, counted. */
export interface DeltaTotals {
  /** COPY commands. */
  copies: number;
  /** LITERAL commands. */
  literals: number;
  /** ZERO commands. */
  zeros: number;
  /** Bytes that COPY commands produce. */
  copiedBytes: number;
  /** Bytes that LITERAL commands carry. */
  literalBytes: number;
  /** Bytes that ZERO commands produce. */
  zeroBytes: number;
}

/** The order of the totals on the wire. */
export const TOTALS: readonly (keyof DeltaTotals)[] = [
  "copies",
  "literals",
  "zeros",
  "copiedBytes",
  "literalBytes",
  "zeroBytes",
];

/** @returns Totals of nothing. */
export function noTotals(): DeltaTotals {
  return { copies: 0, literals: 0, zeros: 0, copiedBytes: 0, literalBytes: 0, zeroBytes: 0 };
}

/**
 * Adds one delta's totals to another's, for patches of several streams.
 *
 * @param sum What is added to.
 * @param part What is added.
 */
export function addTotals(sum: DeltaTotals, part: Readonly<DeltaTotals>): void {
  for (const key of TOTALS) sum[key] += part[key];
}

/**
 * Asserts that a patch holds what its end announces.
 *
 * @param announced What its end states.
 * @param found What its streams held.
 * @throws {ParasyncError} `bad_request` where they differ.
 */
export function requireTotals(
  announced: Readonly<DeltaTotals>,
  found: Readonly<DeltaTotals>,
): void {
  for (const name of TOTALS) {
    if (announced[name] === found[name]) continue;
    throw new ParasyncError(
      "bad_request",
      `Cannot accept patch: it announces ${announced[name]} ${name} and has ${found[name]}`,
    );
  }
}

/**
 * Writes a u64.
 *
 * @param view Where to.
 * @param at Its offset.
 * @param value A safe integer, not negative.
 */
export function putU64(view: DataView, at: number, value: number): void {
  // setUint32 takes its argument modulo 2^32.
  view.setUint32(at, value, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

/**
 * Reads a u64.
 *
 * @param view Where from.
 * @param at Its offset.
 * @returns A safe integer.
 * @throws {ParasyncError} `bad_request` when it is above 2^53 - 1.
 */
export function getU64(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  if (high >= 2 ** 21) {
    throw new ParasyncError("bad_request", "Cannot read delta: a number is above 2^53 - 1");
  }
  return high * 2 ** 32 + view.getUint32(at, true);
}

/**
 * Writes a command's first u64.
 *
 * @param view Where to.
 * @param at Its offset.
 * @param command One of {@linkcode Command}.
 * @param length The command's length, a safe integer.
 */
export function putHead(view: DataView, at: number, command: number, length: number): void {
  view.setUint32(at, command + (length % 2 ** 24) * 256, true);
  view.setUint32(at + 4, Math.floor(length / 2 ** 24), true);
}

/**
 * Reads the length in a command's first u64.
 *
 * @param view Where from.
 * @param at The command's offset.
 * @returns A safe integer.
 * @throws {ParasyncError} `bad_request` when it is above 2^53 - 1.
 */
export function getLength(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  if (high >= 2 ** 29) {
    throw new ParasyncError("bad_request", "Cannot read delta: a length is above 2^53 - 1");
  }
  return high * 2 ** 24 + (view.getUint32(at, true) >>> 8);
}

/**
 * Writes a header.
 *
 * @param view Where to.
 * @param at Its offset.
 * @param version {@linkcode FIXED_VERSION} or {@linkcode BATCH_VERSION}.
 * @param flags How what follows is coded; 0 in version 1.
 * @param sizes The files' sizes.
 */
export function putHeader(
  view: DataView,
  at: number,
  version: number,
  flags: number,
  sizes: DeltaSizes,
): void {
  view.setUint32(at, DELTA_MAGIC, true);
  view.setUint16(at + 4, version, true);
  view.setUint16(at + 6, flags, true);
  putU64(view, at + 8, sizes.oldSize);
  putU64(view, at + 16, sizes.newSize);
  view.setUint32(at + 24, 0, true);
  view.setUint32(at + 28, headerCheck(view, at), true);
}

/**
 * CRC-32 (IEEE) of the header's first 28 bytes, bit by bit: a table or an import would cost more than the
 * 28 bytes do.
 *
 * @param view Where the header is.
 * @param at Its offset.
 * @returns An unsigned 32-bit integer.
 */
export function headerCheck(view: DataView, at: number): number {
  let crc = 0xffffffff;
  for (let i = 0; i < HEADER_BYTES - 4; i++) {
    crc ^= view.getUint8(at + i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

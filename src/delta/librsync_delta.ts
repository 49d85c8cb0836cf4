/**
 * librsync's delta format: what `rdiff delta` writes and `rdiff patch` reads. A magic number, commands in the order
 * of the new file, and an end; all numbers are big-endian. It states neither the files' sizes nor a digest.
 */
import type { DeltaTotals } from "./format.ts";

/** The number that every delta begins with. */
export const LIBRSYNC_DELTA_MAGIC = 0x72730236;

/** Bytes in the header, which is the magic number. */
export const LIBRSYNC_DELTA_HEADER_BYTES = 4;

/** Where the kinds of commands begin among the values of their first byte. */
export const LibrsyncCommand = {
  /** The end of the delta. */
  END: 0x00,
  /** From 0x01 to this: a literal of so many bytes. */
  LAST_SHORT_LITERAL: 0x40,
  /** Plus i: a literal whose length follows in the i-th of {@linkcode PARAMETER_WIDTHS}. */
  LITERAL: 0x41,
  /** Plus 4i + j: a copy whose place and length follow in the i-th and j-th of {@linkcode PARAMETER_WIDTHS}. */
  COPY: 0x45,
  /** From here on: nothing that is known. */
  RESERVED: 0x55,
} as const;

/** How many bytes a number in a command may take. */
export const PARAMETER_WIDTHS: readonly number[] = [1, 2, 4, 8];

/** Bytes in the longest command, without a literal's data: a copy with both numbers in 8 bytes. */
export const MOST_COMMAND_BYTES = 17;

/** What a delta holds, counted. */
export type LibrsyncTotals = Pick<
  DeltaTotals,
  "copies" | "literals" | "copiedBytes" | "literalBytes"
>;

/** @returns Totals of nothing. */
export function noLibrsyncTotals(): LibrsyncTotals {
  return { copies: 0, literals: 0, copiedBytes: 0, literalBytes: 0 };
}

/**
 * The shortest width that a number fits in.
 *
 * @param value A safe integer, not negative.
 * @returns Which of {@linkcode PARAMETER_WIDTHS}.
 */
export function widthIndexOf(value: number): number {
  if (value < 2 ** 8) return 0;
  if (value < 2 ** 16) return 1;
  return value < 2 ** 32 ? 2 : 3;
}

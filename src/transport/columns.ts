import { ParasyncError } from "../errors.ts";

/** The largest magnitude a zigzag column carries: its code must be a safe integer too. */
export const MAX_ZIGZAG = (Number.MAX_SAFE_INTEGER - 1) / 2;

/** Longest varint of a safe integer: 53 bits, seven a byte. */
const MAX_VARINT_BYTES = 8;

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * Codes a column of unsigned integers as varints (protobuf's base 128, shortest form).
 *
 * @param values Safe integers, none negative.
 * @returns The column, one to eight bytes a value.
 * @throws {ParasyncError} `internal` for any other number.
 */
export function encodeVarints(values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(values.length * MAX_VARINT_BYTES);
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= 0 && Number.isSafeInteger(value))) throw notCodable(value);
    at = putVarint(out, at, value);
  }
  return out.slice(0, at);
}

/**
 * Codes a column of signed integers as zigzag varints: 0, -1, 1, -2 … become 0, 1, 2, 3 …
 *
 * @param values Integers of magnitude {@linkcode MAX_ZIGZAG} at most.
 * @returns The column, one to eight bytes a value.
 * @throws {ParasyncError} `internal` for any other number.
 */
export function encodeZigzags(values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(values.length * MAX_VARINT_BYTES);
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(Number.isInteger(value) && Math.abs(value) <= MAX_ZIGZAG)) throw notCodable(value);
    at = putVarint(out, at, value >= 0 ? value * 2 : -value * 2 - 1);
  }
  return out.slice(0, at);
}

/**
 * Reads a column of varints.
 *
 * @param column The column's bytes.
 * @param name What the column is, for the error.
 * @param count How many values it must hold; any number when absent.
 * @returns Its values.
 * @throws {ParasyncError} `bad_request` for a value that is cut short, above 2^53 - 1 or not in its
 * shortest form, and for another number of values than asked for.
 */
export function decodeVarints(
  column: Uint8Array,
  name: string,
  count?: number,
): Float64Array<ArrayBuffer> {
  const held = countVarints(column);
  if (count !== undefined && held !== count) {
    throw malformed(name, `it has ${held} values and ${count} were expected`);
  }
  const values = new Float64Array(held);
  let at = 0;
  for (let i = 0; i < held; i++) {
    // One and two bytes are nearly all of every column, and integers of 14 bits need no care.
    const first = column[at++]!;
    if (first < 0x80) {
      values[i] = first;
      continue;
    }
    const second = column[at++]!;
    if (second < 0x80) {
      if (second === 0) throw malformed(name, "a value is not in its shortest form");
      values[i] = (first & 0x7f) | (second << 7);
      continue;
    }
    let value = (first & 0x7f) | ((second & 0x7f) << 7);
    let scale = 2 ** 14;
    let byte: number;
    do {
      byte = column[at++]!;
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw malformed(name, "a value is above 2^53 - 1");
      scale *= 128;
      // Zeros would otherwise go on for ever without the value growing.
      if (scale === 2 ** 56 && byte >= 0x80) throw malformed(name, "a value is above 2^53 - 1");
    } while (byte >= 0x80);
    if (byte === 0) throw malformed(name, "a value is not in its shortest form");
    values[i] = value;
  }
  if (at !== column.length) throw malformed(name, "its last value is cut short");
  return values;
}

/**
 * Reads a column of zigzag varints.
 *
 * @param column The column's bytes.
 * @param name What the column is, for the error.
 * @param count How many values it must hold; any number when absent.
 * @returns Its values.
 * @throws {ParasyncError} `bad_request`, as {@linkcode decodeVarints} does.
 */
export function decodeZigzags(
  column: Uint8Array,
  name: string,
  count?: number,
): Float64Array<ArrayBuffer> {
  const values = decodeVarints(column, name, count);
  for (let i = 0; i < values.length; i++) {
    const code = values[i]!;
    values[i] = code % 2 === 0 ? code / 2 : -(code + 1) / 2;
  }
  return values;
}

/**
 * A column of unsigned 32-bit integers, four little-endian bytes each.
 *
 * @param values The integers.
 * @returns The column; on little-endian machines a view of `values`.
 */
export function encodeWords(values: Uint32Array): Uint8Array {
  if (LITTLE_ENDIAN) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const out = new Uint8Array(values.byteLength);
  const view = new DataView(out.buffer);
  for (let i = 0; i < values.length; i++) view.setUint32(i * 4, values[i]!, true);
  return out;
}

/**
 * Reads a column of unsigned 32-bit integers.
 *
 * @param column The column's bytes.
 * @param name What the column is, for the error.
 * @returns Its values, in memory of their own.
 * @throws {ParasyncError} `bad_request` for a number of bytes that four does not divide.
 */
export function decodeWords(column: Uint8Array, name: string): Uint32Array<ArrayBuffer> {
  if (column.length % 4 !== 0) throw malformed(name, "its last value is cut short");
  // The copy aligns them, and lets go of the frame the column came in.
  if (LITTLE_ENDIAN) return new Uint32Array(new Uint8Array(column).buffer);
  const view = new DataView(column.buffer, column.byteOffset, column.byteLength);
  return Uint32Array.from({ length: column.length / 4 }, (_, i) => view.getUint32(i * 4, true));
}

function putVarint(out: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    out[at++] = (rest % 0x80) + 0x80;
    rest = Math.floor(rest / 0x80);
  }
  out[at++] = rest;
  return at;
}

/** Each varint has exactly one byte below 0x80, its last. */
function countVarints(column: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < column.length; i++) count += column[i]! < 0x80 ? 1 : 0;
  return count;
}

function notCodable(value: number): ParasyncError {
  return new ParasyncError("internal", `Cannot code column: ${value} is out of its range`);
}

function malformed(name: string, reason: string): ParasyncError {
  return new ParasyncError("bad_request", `Cannot read column ${name}: ${reason}`);
}

/** Numbers as docs/protocol.md writes them, in range or not. Nothing here comes from the program's sources. */

/** A number that may be out of any range. */
export type Wide = number | bigint;

/** Sizes, counts and offsets that decoders have been wrong about. */
export const WILD: readonly bigint[] = [
  0n,
  1n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 51n,
  2n ** 52n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 56n - 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

const encoder = new TextEncoder();

/** All parts in one; text as UTF-8. */
export function join(...parts: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const pieces = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part);
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The lowest `width` bytes of a number, the lowest first. */
export function little(value: Wide, width: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(width);
  if (typeof value === "number" && value >= 0 && value < 2 ** 31) {
    for (let i = 0; i < Math.min(width, 4); i++) bytes[i] = value >>> (8 * i);
    return bytes;
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let i = 0; i < width; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

/** Four bytes, the lowest first. */
export function u32(value: Wide): Uint8Array<ArrayBuffer> {
  return little(value, 4);
}

/** Eight bytes, the lowest first. */
export function u64(value: Wide): Uint8Array<ArrayBuffer> {
  return little(value, 8);
}

/**
 * A varint of up to 64 bits.
 *
 * @param value What it says.
 * @param bytes At least so many bytes: more than the value needs is not the shortest form.
 */
export function varint(value: Wide, bytes = 1): Uint8Array<ArrayBuffer> {
  if (bytes === 1 && value >= 0 && value < 0x80) return Uint8Array.of(Number(value));
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  } while (rest > 0n || out.length < bytes);
  out[out.length - 1]! &= 0x7f;
  return Uint8Array.from(out);
}

/** A signed number as a varint. */
export function zigzag(value: Wide): Uint8Array<ArrayBuffer> {
  const wide = BigInt(value);
  return varint(wide >= 0n ? wide * 2n : -wide * 2n - 1n);
}

/** CRC-32 as in gzip, bit by bit. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

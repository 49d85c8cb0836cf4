import { CRC32, type CrcAlgebra } from "./crc_combine.ts";

/** Powers for fewer bytes than this are looked up, each from a table of 64 KiB. */
const FINE_BYTES = 1 << 14;

/** Up to so many bytes a power is the product of two that are looked up. */
const COARSE_BYTES = 1 << 20;

/**
 * What bytes that follow, or are taken away again, do to a checksum: the multiplication by x^(8n) that all
 * laws of {@linkcode CrcAlgebra} come down to, for the lengths of blocks and chunks, 45 ns each. Working
 * the power out by squares takes 1.5 µs, longer than the checksum of a chunk.
 */
export class CrcShift {
  readonly #algebra: CrcAlgebra;
  readonly #fall = new Uint32Array(16);
  readonly #multiples = new Int32Array(16);
  readonly #forward: PowerTable;
  readonly #backward: PowerTable;

  /** @param algebra The polynomial's laws. */
  constructor(algebra: CrcAlgebra) {
    this.#algebra = algebra;
    const by4 = 0x08000000; // x^4
    for (let bits = 0; bits < 16; bits++) this.#fall[bits] = algebra.multiply(by4, bits);
    this.#forward = forwardPowers(algebra);
    this.#backward = backwardPowers(algebra);
  }

  /**
   * @param crc A checksum, or the sum of two.
   * @param n How many bytes follow.
   * @returns x^(8n)·crc, an unsigned 32-bit integer.
   */
  forward(crc: number, n: number): number {
    return this.#times(crc, n, this.#forward, n);
  }

  /**
   * The inverse of {@linkcode forward}.
   *
   * @param crc A checksum, or the sum of two.
   * @param n How many bytes are taken away.
   * @returns x^(-8n)·crc, an unsigned 32-bit integer.
   */
  backward(crc: number, n: number): number {
    return this.#times(crc, n, this.#backward, -n);
  }

  #times(crc: number, n: number, { fine, coarse }: PowerTable, signed: number): number {
    if (n < FINE_BYTES) return this.#multiply(fine[n]!, crc);
    if (n > COARSE_BYTES) return this.#multiply(this.#algebra.shift(signed), crc);
    const rest = this.#multiply(fine[n & (FINE_BYTES - 1)]!, crc);
    return this.#multiply(coarse[n >>> 14]!, rest);
  }

  /** The product four bits of `a` at a time: 26 ns, where the algebra's own takes ten times as long. */
  #multiply(a: number, b: number): number {
    const fall = this.#fall;
    const m = this.#multiples;
    const b1 = (b >>> 1) ^ fall[(b & 1) << 3]!;
    const b2 = (b >>> 2) ^ fall[(b & 3) << 2]!;
    const b3 = (b >>> 3) ^ fall[(b & 7) << 1]!;
    m[1] = b3;
    m[2] = b2;
    m[3] = b2 ^ b3;
    m[4] = b1;
    m[5] = b1 ^ b3;
    m[6] = b1 ^ b2;
    m[7] = b1 ^ b2 ^ b3;
    for (let bits = 8; bits < 16; bits++) m[bits] = b ^ m[bits - 8]!;
    let product = m[a & 15]!;
    for (let at = 4; at < 32; at += 4) {
      product = (product >>> 4) ^ fall[product & 15]! ^ m[(a >>> at) & 15]!;
    }
    return product >>> 0;
  }
}

/** x^(±8n): of n itself below {@linkcode FINE_BYTES}, of n multiples of it beyond. */
interface PowerTable {
  readonly fine: Uint32Array;
  readonly coarse: Uint32Array;
}

function forwardPowers(algebra: CrcAlgebra): PowerTable {
  const low = byteTable((byte) => algebra.multiply(algebra.shift(1), byte));
  const fine = powers(FINE_BYTES, (power) => (power >>> 8) ^ low[power & 255]!);
  return { fine, coarse: coarsePowers(algebra, FINE_BYTES) };
}

function backwardPowers(algebra: CrcAlgebra): PowerTable {
  const high = byteTable((byte) => algebra.multiply(algebra.shift(-1), (byte << 24) >>> 0));
  const fine = powers(FINE_BYTES, (power) => (power << 8) ^ high[power >>> 24]!);
  return { fine, coarse: coarsePowers(algebra, -FINE_BYTES) };
}

function coarsePowers(algebra: CrcAlgebra, step: number): Uint32Array {
  const factor = algebra.shift(step);
  const count = COARSE_BYTES / FINE_BYTES + 1;
  return powers(count, (power) => algebra.multiply(factor, power));
}

/** 1, and each next one out of the one before. */
function powers(count: number, next: (power: number) => number): Uint32Array {
  const all = new Uint32Array(count);
  all[0] = 0x80000000;
  for (let n = 1; n < count; n++) all[n] = next(all[n - 1]!);
  return all;
}

function byteTable(entry: (byte: number) => number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => entry(byte));
}

const shifts = new Map<CrcAlgebra, CrcShift>();

/**
 * The shift of one polynomial; its tables, 128 KiB, are made once in a thread, at their first use.
 *
 * @param algebra The polynomial's laws; CRC-32 of IEEE 802.3 unless another is wanted.
 * @returns The shift.
 */
export function crcShift(algebra: CrcAlgebra = CRC32): CrcShift {
  let shift = shifts.get(algebra);
  if (shift === undefined) shifts.set(algebra, shift = new CrcShift(algebra));
  return shift;
}

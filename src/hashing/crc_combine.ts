/**
 * The algebra of CRCs with 32 bits: the checksum of a whole from those of its parts, and back.
 *
 * Polynomials over GF(2) are held bit-reversed, as the checksums are: bit 31 is x^0, bit 0 is x^31.
 * The usual initial value and final xor cancel in all three laws (see zlib's crc32_combine).
 */

const ONE = 0x80000000;

// x^(8·2^k) for k = 0…52: enough for every length that is a safe integer.
const POWERS = 53;

/** The laws for one polynomial. */
export class CrcAlgebra {
  readonly #polynomial: number;
  readonly #forward: Uint32Array;
  readonly #backward: Uint32Array;

  /**
   * Prepares the powers of x that the laws need.
   *
   * @param polynomial The generator, bit-reversed and without its leading term.
   */
  constructor(polynomial: number) {
    this.#polynomial = polynomial;
    this.#forward = this.#squares(0x40000000); // x
    this.#backward = this.#squares(((ONE ^ polynomial) << 1) | 1); // x^-1
  }

  /**
   * The product of two polynomials modulo the generator.
   *
   * @param a One, bit-reversed.
   * @param b The other, bit-reversed.
   * @returns The product, an unsigned 32-bit integer.
   */
  multiply(a: number, b: number): number {
    let product = 0;
    for (let bit = ONE; bit !== 0; bit >>>= 1) {
      if ((a & bit) !== 0) product ^= b;
      b = (b >>> 1) ^ ((b & 1) === 0 ? 0 : this.#polynomial);
    }
    return product >>> 0;
  }

  /**
   * x^(8n) modulo the generator: what n bytes that follow do to a checksum.
   *
   * @param n How many bytes; negative takes them away again.
   * @returns The power, bit-reversed.
   */
  shift(n: number): number {
    const squares = n < 0 ? this.#backward : this.#forward;
    let power = ONE;
    for (let k = 0, rest = Math.abs(n); rest > 0; k++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) power = this.multiply(power, squares[k]!);
    }
    return power;
  }

  /**
   * The checksum of A‖B.
   *
   * @param a The checksum of A.
   * @param b The checksum of B.
   * @param lengthB The length of B in bytes.
   * @returns The checksum of the whole.
   */
  concat(a: number, b: number, lengthB: number): number {
    return (this.multiply(this.shift(lengthB), a) ^ b) >>> 0;
  }

  /**
   * The checksum of B in A‖B.
   *
   * @param whole The checksum of A‖B.
   * @param a The checksum of A.
   * @param lengthB The length of B in bytes.
   * @returns The checksum of the suffix.
   */
  suffix(whole: number, a: number, lengthB: number): number {
    return this.concat(a, whole, lengthB); // xor is its own inverse
  }

  /**
   * The checksum of A in A‖B.
   *
   * @param whole The checksum of A‖B.
   * @param b The checksum of B.
   * @param lengthB The length of B in bytes.
   * @returns The checksum of the prefix.
   */
  prefix(whole: number, b: number, lengthB: number): number {
    return this.multiply(this.shift(-lengthB), whole ^ b);
  }

  /**
   * The two tables of a checksum that rolls over a window (rolling CRC, SkySync §3): with
   * `r = ~crc`, the window moves on by one byte by
   * `r = (r >>> 8) ^ enter[(r ^ in) & 255] ^ leave[out]`.
   *
   * @param window The window's length in bytes.
   * @returns `enter` is the ordinary byte table; `leave[b]` takes away byte b, which is `window` bytes
   * back, and puts the initial value where it belongs.
   */
  rollingTables(window: number): { enter: Uint32Array; leave: Uint32Array } {
    const shift = this.shift(window);
    const initial = this.multiply(shift ^ this.shift(window + 1), 0xffffffff);
    const enter = new Uint32Array(256);
    const leave = new Uint32Array(256);
    for (let byte = 0; byte < 256; byte++) {
      enter[byte] = this.multiply(this.#forward[0]!, byte);
      leave[byte] = this.multiply(shift, enter[byte]!) ^ initial;
    }
    return { enter, leave };
  }

  #squares(x: number): Uint32Array {
    let power = x >>> 0;
    for (let doubling = 0; doubling < 3; doubling++) power = this.multiply(power, power);
    const squares = new Uint32Array(POWERS);
    for (let k = 0; k < POWERS; k++) {
      squares[k] = power;
      power = this.multiply(power, power);
    }
    return squares;
  }
}

/** CRC-32 of IEEE 802.3, the weak checksum. */
export const CRC32: CrcAlgebra = new CrcAlgebra(0xedb88320);

/** CRC-32C (Castagnoli). */
export const CRC32C: CrcAlgebra = new CrcAlgebra(0x82f63b78);

/**
 * Who computes checksums. Two implementations give the same values: `native` (ISA-L and BLAKE3 shared
 * libraries through FFI) and `portable` (node:zlib and WebAssembly). `hw` never changes a byte on the wire.
 */
export interface HashBackend {
  /** Which implementation this is. */
  readonly name: "native" | "portable";
  /** The libraries really used, for people: for example "libisal.so.2 + libblake3.so.0". */
  readonly description: string;

  /**
   * CRC-32 (IEEE 802.3, the weak checksum) of `memory[begin, end)`.
   *
   * @param memory The bytes; may view WebAssembly memory.
   * @param begin First byte.
   * @param end One past the last byte.
   * @returns An unsigned 32-bit integer.
   */
  weak(memory: Uint8Array, begin: number, end: number): number;

  /**
   * BLAKE3-256 (the strong checksum) of `memory[begin, end)`, written to `out[at, at + 32)`.
   *
   * @param memory The bytes; may view WebAssembly memory.
   * @param begin First byte.
   * @param end One past the last byte.
   * @param out Where the 32 bytes go.
   * @param at Where in `out` they start.
   */
  strong(memory: Uint8Array, begin: number, end: number, out: Uint8Array, at: number): void;
}

/** What the user asked for: portable, native where it can be had, or native or nothing. */
export type HardwareChoice = "0" | "1" | "auto" | "require";

/** Bytes in a strong checksum. */
export const STRONG_BYTES = 32;

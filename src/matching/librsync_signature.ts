/**
 * librsync's signature format: what `rdiff signature` writes and `rdiff delta` reads. All numbers are big-endian:
 * a magic number, the bytes in a block, the bytes in a strong checksum, and then for each block its weak
 * checksum and its strong one.
 */
import type { RollName } from "../chunking/kernel/roll_kernel.ts";
import { BLOCK_BYTES } from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_LENGTHS } from "../hashing/suite.ts";

/** The checksums of a signature. */
export interface SignatureKinds {
  readonly rolling: Exclude<RollName, "crc32">;
  readonly hash: "md4" | "blake2b";
}

/** What stands at the beginning of a signature. */
export interface SignatureHeader extends SignatureKinds {
  /** Bytes in a block; the last one may be shorter. */
  readonly block: number;
  /** Bytes of each strong checksum, from its front; at least 1. */
  readonly strongBytes: number;
}

/** Bytes in the header. */
export const SIGNATURE_HEADER_BYTES = 12;

/** The most blocks to take, as many as a session takes keys. */
const MOST_BLOCKS = 8 << 20;

const MAGIC: readonly (SignatureKinds & { readonly magic: number })[] = [
  { magic: 0x72730136, rolling: "rollsum", hash: "md4" },
  { magic: 0x72730137, rolling: "rollsum", hash: "blake2b" },
  { magic: 0x72730146, rolling: "rabinkarp", hash: "md4" },
  { magic: 0x72730147, rolling: "rabinkarp", hash: "blake2b" },
];

/** The header as it is written. */
export function encodeSignatureHeader(header: SignatureHeader): Uint8Array<ArrayBuffer> {
  const { magic } = MAGIC.find(({ rolling, hash }) =>
    rolling === header.rolling && hash === header.hash
  )!;
  const bytes = new Uint8Array(SIGNATURE_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  view.setUint32(4, header.block);
  view.setUint32(8, header.strongBytes);
  return bytes;
}

/**
 * Blocks as they are written.
 *
 * @param weaks Their weak checksums.
 * @param strong Their strong checksums, `computedBytes` each.
 * @param computedBytes Bytes in a strong checksum as it was computed.
 * @param strongBytes How many of these are written.
 */
export function encodeSignatureBlocks(
  weaks: Uint32Array,
  strong: Uint8Array,
  computedBytes: number,
  strongBytes: number,
): Uint8Array<ArrayBuffer> {
  const width = 4 + strongBytes;
  const bytes = new Uint8Array(weaks.length * width);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < weaks.length; i++) {
    view.setUint32(i * width, weaks[i]!);
    const from = i * computedBytes;
    bytes.set(strong.subarray(from, from + strongBytes), i * width + 4);
  }
  return bytes;
}

/** Reads a signature as it arrives, believing nothing. */
export class SignatureDecoder {
  readonly #name: string;
  #header: SignatureHeader | undefined;
  #weaks = new Uint32Array(0);
  #strong = new Uint8Array(0);
  #count = 0;
  /** The header or block that spans pieces. */
  readonly #partial = new Uint8Array(
    SIGNATURE_HEADER_BYTES + Math.max(...Object.values(STRONG_LENGTHS)),
  );
  #filled = 0;
  /** Bytes taken so far. */
  bytes = 0;

  /** @param name What the signature is called in messages. */
  constructor(name: string) {
    this.#name = name;
  }

  /** The header, once it is here. */
  get header(): SignatureHeader | undefined {
    return this.#header;
  }

  /** How many blocks are here. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes the next piece.
   *
   * @param piece Any number of bytes.
   * @throws {ParasyncError} `bad_request` for what is no signature, `too_large` for one of too many blocks.
   */
  push(piece: Uint8Array): void {
    this.bytes += piece.length;
    let at = 0;
    while (at < piece.length) {
      const needed = this.#header === undefined
        ? SIGNATURE_HEADER_BYTES
        : 4 + this.#header.strongBytes;
      if (this.#filled === 0 && this.#header !== undefined && piece.length - at >= needed) {
        at += this.#takeBlocks(piece, at, Math.floor((piece.length - at) / needed));
        continue;
      }
      const taken = Math.min(piece.length - at, needed - this.#filled);
      this.#partial.set(piece.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled < needed) return;
      this.#filled = 0;
      if (this.#header === undefined) this.#takeHeader();
      else this.#takeBlocks(this.#partial, 0, 1);
    }
  }

  /**
   * Says that the signature is over.
   *
   * @returns The header and the columns of its blocks.
   * @throws {ParasyncError} `stream` where it is cut short.
   */
  finish(): {
    readonly header: SignatureHeader;
    readonly weaks: Uint32Array;
    readonly strong: Uint8Array;
  } {
    const header = this.#header;
    if (header === undefined || this.#filled > 0) {
      throw new ParasyncError("stream", `Cannot read ${this.#name}: the signature is cut short`);
    }
    return {
      header,
      weaks: this.#weaks.subarray(0, this.#count),
      strong: this.#strong.subarray(0, this.#count * header.strongBytes),
    };
  }

  #takeHeader(): void {
    const view = new DataView(this.#partial.buffer);
    const kinds = MAGIC.find(({ magic }) => magic === view.getUint32(0));
    if (kinds === undefined) throw this.#refused("it is no signature of librsync");
    const { rolling, hash } = kinds;
    const block = view.getUint32(4);
    if (block < 1 || block > BLOCK_BYTES) {
      throw this.#refused(`its blocks have ${block} bytes and at most ${BLOCK_BYTES} are possible`);
    }
    const strongBytes = view.getUint32(8);
    if (strongBytes < 1 || strongBytes > STRONG_LENGTHS[hash]) {
      throw this.#refused(`its strong checksums have ${strongBytes} bytes`);
    }
    this.#header = { rolling, hash, block, strongBytes };
  }

  /** @returns How many bytes were taken. */
  #takeBlocks(piece: Uint8Array, at: number, count: number): number {
    const { strongBytes } = this.#header!;
    const width = 4 + strongBytes;
    this.#makeRoom(this.#count + count, strongBytes);
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let i = 0; i < count; i++) {
      const from = at + i * width;
      this.#weaks[this.#count] = view.getUint32(from);
      this.#strong.set(piece.subarray(from + 4, from + width), this.#count * strongBytes);
      this.#count++;
    }
    return count * width;
  }

  #makeRoom(needed: number, strongBytes: number): void {
    if (needed <= this.#weaks.length) return;
    if (needed > MOST_BLOCKS) {
      throw new ParasyncError(
        "too_large",
        `Cannot read ${this.#name}: it has more than ${MOST_BLOCKS} blocks; use larger ones`,
      );
    }
    const room = Math.min(MOST_BLOCKS, Math.max(needed, 2 * this.#weaks.length, 1024));
    const [weaks, strong] = [this.#weaks, this.#strong];
    this.#weaks = new Uint32Array(room);
    this.#weaks.set(weaks);
    this.#strong = new Uint8Array(room * strongBytes);
    this.#strong.set(strong);
  }

  #refused(reason: string): ParasyncError {
    return new ParasyncError("bad_request", `Cannot read ${this.#name}: ${reason}`);
  }
}

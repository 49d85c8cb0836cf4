import { createHash } from "../node.ts";

/** How the records of a file are made. */
export interface RecordParameters {
  /** Bytes in an aligned block; 8192 in SkySync. */
  readonly block: number;
  /** Which checksums, for example "crc32+sha256". */
  readonly suite: string;
  /** Bytes in a strong checksum. */
  readonly strongBytes: number;
}

/**
 * The checksums of a file's aligned blocks, the last of which may be short: what collaborative delta
 * generation takes from the storage below instead of computing it (SkySync, FAST'26, §3).
 */
export interface BlockRecords extends RecordParameters {
  /** The file's size in bytes. */
  readonly size: number;
  /** Weak checksums in order. */
  readonly weaks: Uint32Array;
  /** Strong checksums in order, one behind the other. */
  readonly strong: Uint8Array;
}

/**
 * The most blocks that are stored: 64 GiB in blocks of 8 KiB, 300 MB of records with SHA-256. Larger files
 * take larger blocks.
 */
export const MAX_RECORDS = 2 ** 23;

/** How many records a file of `size` bytes has. */
export function recordCount(size: number, block: number): number {
  return Math.ceil(size / block);
}

/** Whether the columns are as long as the file's size asks for. */
export function areConsistent({ size, block, strongBytes, weaks, strong }: BlockRecords): boolean {
  const count = recordCount(size, block);
  return Number.isSafeInteger(size) && size >= 0 && Number.isSafeInteger(block) && block > 0 &&
    weaks.length === count && strong.length === count * strongBytes;
}

const MAGIC = "parasync sums 1\n";
const DIGEST_BYTES = 32;

/**
 * A store file's layout: 16 bytes of magic with the format's version, the key as text, spaces up to the
 * next multiple of 4, weak checksums as little-endian words (the byte order of every platform that the
 * runtime exists for), strong checksums, SHA-256 of all that.
 *
 * The key says everything that the records depend on. Since the reader knows which key it wants, it
 * also knows every length beforehand, and nothing of the file has to be believed.
 */
function headOf(key: string): Uint8Array {
  const text = new TextEncoder().encode(MAGIC + key);
  const head = new Uint8Array(Math.ceil(text.length / 4) * 4).fill(0x20);
  head.set(text);
  return head;
}

/**
 * The pieces of a store file in order; the columns are not copied.
 *
 * @param key What the records depend on, in any fixed form.
 * @param records The records.
 */
export function encodeRecords(key: string, { weaks, strong }: BlockRecords): Uint8Array[] {
  const pieces = [
    headOf(key),
    new Uint8Array(weaks.buffer, weaks.byteOffset, weaks.byteLength),
    strong,
  ];
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return [...pieces, new Uint8Array(hash.digest())];
}

/** How long a store file is that holds what is wanted. */
export function encodedLength(key: string, size: number, parameters: RecordParameters): number {
  const count = recordCount(size, parameters.block);
  return headOf(key).length + count * (4 + parameters.strongBytes) + DIGEST_BYTES;
}

/**
 * Reads a store file.
 *
 * @param bytes Its content, {@linkcode encodedLength} bytes from a buffer's begin; the records are views of it.
 * @param key The key that is wanted.
 * @param size The file's size in bytes.
 * @param parameters How the records must have been made.
 * @returns The records; "other" where they are for another key, "damaged" where they are not what was written.
 */
export function decodeRecords(
  bytes: Uint8Array<ArrayBuffer>,
  key: string,
  size: number,
  parameters: RecordParameters,
): BlockRecords | "other" | "damaged" {
  const head = headOf(key);
  if (!sameBytes(bytes.subarray(0, head.length), head)) return "other";
  const count = recordCount(size, parameters.block);
  const strongAt = head.length + 4 * count;
  const digestAt = strongAt + count * parameters.strongBytes;
  const digest = createHash("sha256").update(bytes.subarray(0, digestAt)).digest();
  if (!sameBytes(bytes.subarray(digestAt), digest)) return "damaged";
  return {
    ...parameters,
    size,
    weaks: new Uint32Array(bytes.buffer, bytes.byteOffset + head.length, count),
    strong: bytes.subarray(strongAt, digestAt),
  };
}

/** Of heads and digests, a few hundred bytes. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

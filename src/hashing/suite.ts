/** The checksums of the six schemes, by name, and who computes them. */
import type { HardwareChoice, HashBackend } from "./backend.ts";
import { isNative } from "./native_backend.ts";
import { openBackend } from "./select.ts";
import { viewOf } from "./view.ts";

/** A weak checksum of a whole chunk or block: CRC-32 of IEEE 802.3, or Castagnoli's. */
export type WeakName = "crc32" | "crc32c";

/** A strong checksum; `blake2b` is BLAKE2b with a digest of 32 bytes. */
export type StrongName = "blake3" | "sha256" | "sha1" | "blake2b" | "md4";

/** The checksums that a scheme compares by. */
export interface Suite {
  readonly weak: WeakName;
  readonly strong: StrongName;
}

/** CRC-32 and BLAKE3: what parasync compares by, and what every session's digest is made of. */
export const DEFAULT_SUITE: Suite = { weak: "crc32", strong: "blake3" };

/** Bytes in each strong checksum. */
export const STRONG_LENGTHS: Readonly<Record<StrongName, number>> = {
  blake3: 32,
  sha256: 32,
  sha1: 20,
  blake2b: 32,
  md4: 16,
};

/** Who computes the checksums of a suite; as a {@linkcode HashBackend}, but that a strong one may be shorter. */
export interface Checksums extends HashBackend {
  /** Bytes in a strong checksum; `strong` writes so many. */
  readonly strongBytes: number;
}

/** Castagnoli's polynomial, bit-reversed. */
const CASTAGNOLI = 0x82f63b78;

/**
 * Opens the checksums of a suite. `hw` says who computes them and never changes a value.
 *
 * SHA-1 and SHA-256 are the runtime's own (node:crypto, 1.1 GB/s in pieces of 8 KiB), which uses the processor's
 * instructions for them and is twice and four times as fast as hash-wasm; MD4 and BLAKE2b, for which there are
 * no such instructions, are hash-wasm's (0.83 and 0.64 GB/s).
 *
 * @param suite Which checksums.
 * @param hw Who computes them, as for {@linkcode openBackend}.
 * @throws {ParasyncError} `usage`, if native is required and missing.
 */
export async function openSuite(suite: Suite, hw: HardwareChoice): Promise<Checksums> {
  const { backend } = await openBackend(hw);
  const strongBytes = STRONG_LENGTHS[suite.strong];
  const { name, description } = backend;
  const [weak, strong] = await Promise.all([
    suite.weak === "crc32" ? backend.weak : castagnoli(backend),
    suite.strong === "blake3" ? backend.strong : strongBy(suite.strong),
  ]);
  return { name, description, strongBytes, weak, strong };
}

async function castagnoli(backend: HashBackend): Promise<HashBackend["weak"]> {
  if (isNative(backend)) return backend.crc32c;
  const { createCRC32 } = await import("hash-wasm");
  const crc = await createCRC32(CASTAGNOLI);
  return (memory, begin, end) => {
    const digest = crc.init().update(viewOf(memory, begin, end)).digest("binary");
    return new DataView(digest.buffer, digest.byteOffset, digest.byteLength).getUint32(0);
  };
}

async function strongBy(name: Exclude<StrongName, "blake3">): Promise<HashBackend["strong"]> {
  if (name === "sha256" || name === "sha1") {
    const { createHash } = await import("node:crypto");
    return (memory, begin, end, out, at) => {
      out.set(createHash(name).update(viewOf(memory, begin, end)).digest(), at);
    };
  }
  const { createBLAKE2b, createMD4 } = await import("hash-wasm");
  const hasher = name === "md4" ? await createMD4() : await createBLAKE2b(256);
  return (memory, begin, end, out, at) => {
    out.set(hasher.init().update(viewOf(memory, begin, end)).digest("binary"), at);
  };
}

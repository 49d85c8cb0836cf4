/** Checksums without shared libraries: the runtime's zlib where it has a CRC-32, else WebAssembly. */
import { type HashBackend } from "./backend.ts";
import { viewOf } from "./view.ts";

/** Who computes the weak checksum of a portable backend. */
export type PortableWeak = "zlib" | "hash-wasm";

/**
 * Creates a portable backend. It is asynchronous to create (WebAssembly is compiled) and synchronous
 * afterwards.
 *
 * @param weak Who computes the weak checksum; by default zlib, where the runtime's has it.
 * @returns The backend.
 */
export async function createPortable(weak?: PortableWeak): Promise<HashBackend> {
  const { createBLAKE3 } = await import("hash-wasm");
  const zlibWeak = weak === "hash-wasm" ? undefined : await weakByZlib();
  const weakOf = zlibWeak ?? await weakByHashWasm();
  const blake3 = await createBLAKE3();
  return {
    name: "portable",
    description: zlibWeak ? "node:zlib + hash-wasm" : "hash-wasm",
    weak(memory: Uint8Array, begin: number, end: number): number {
      return weakOf(viewOf(memory, begin, end));
    },
    strong(memory: Uint8Array, begin: number, end: number, out: Uint8Array, at: number): void {
      out.set(blake3.init().update(viewOf(memory, begin, end)).digest("binary"), at);
    },
  };
}

type WeakFunction = (bytes: Uint8Array<ArrayBuffer>) => number;

async function weakByZlib(): Promise<WeakFunction | undefined> {
  // A namespace, so that a runtime whose zlib has no crc32 is no error.
  const zlib = await import("node:zlib");
  if (typeof zlib.crc32 !== "function") return;
  const { crc32 } = zlib;
  return (bytes) => crc32(bytes);
}

async function weakByHashWasm(): Promise<WeakFunction> {
  const { createCRC32 } = await import("hash-wasm");
  const crc32 = await createCRC32();
  return (bytes) => {
    const digest = crc32.init().update(bytes).digest("binary");
    return new DataView(digest.buffer, digest.byteOffset, digest.byteLength).getUint32(0);
  };
}

/** Checksums without shared libraries: the runtime's zlib where it has a CRC-32, else WebAssembly. */
import { type HashBackend } from "./backend.ts";
import { Blake3Kernel } from "./blake3_kernel.ts";
import { viewOf } from "./view.ts";

/**
 * Creates a portable backend. It is asynchronous to create (WebAssembly is compiled) and synchronous
 * afterwards.
 *
 * @param hashWasmAlone Whether to leave out what is faster, as where there is neither: zlib's CRC-32, and the
 * BLAKE3 kernel, which needs SIMD.
 * @returns The backend.
 */
export async function createPortable(hashWasmAlone = false): Promise<HashBackend> {
  const byZlib = hashWasmAlone ? undefined : await weakByZlib();
  const weakOf = byZlib ?? await weakByHashWasm();
  const kernel = hashWasmAlone ? undefined : Blake3Kernel.open();
  const strong = kernel?.strong.bind(kernel) ?? await strongByHashWasm();
  return {
    name: "portable",
    description: `${byZlib ? "node:zlib" : "hash-wasm"} + ${kernel ? "SIMD BLAKE3" : "hash-wasm"}`,
    weak: (memory, begin, end) => weakOf(viewOf(memory, begin, end)),
    strong,
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

async function strongByHashWasm(): Promise<HashBackend["strong"]> {
  const { createBLAKE3 } = await import("hash-wasm");
  const blake3 = await createBLAKE3();
  return (memory, begin, end, out, at) => {
    out.set(blake3.init().update(viewOf(memory, begin, end)).digest("binary"), at);
  };
}

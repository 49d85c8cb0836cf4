/** Checksums by shared libraries: ISA-L for the weak, libblake3 or LLVM for the strong. */
import { type Blake3Library, HASHER_BYTES, openBlake3 } from "../../ffi/blake3.ts";
import { type IsalLibrary, openIsal } from "../../ffi/isal.ts";
import { STRONG_BYTES } from "./backend.ts";
import type { NativeBackend } from "./native_backend.ts";
import { viewOf } from "./view.ts";

export type { NativeBackend } from "./native_backend.ts";

const ALL_ONES = 0xffffffff;
const STRONG_LENGTH = BigInt(STRONG_BYTES);

/**
 * Opens both libraries; with only one of them there is no native backend, so that "native" always
 * means the same thing.
 *
 * @param overrides Names or paths to open instead of what the environment or this system suggests.
 * @returns The backend, or one line for people about what is missing.
 */
export function openNative(
  overrides: { readonly isal?: string; readonly blake3?: string } = {},
): NativeBackend | { readonly missing: string } {
  const isal = openIsal(overrides.isal);
  const blake3 = openBlake3(overrides.blake3);
  if ("symbols" in isal && "symbols" in blake3) return nativeBackend(isal, blake3);
  const lines: string[] = [];
  for (const library of [isal, blake3]) {
    if ("missing" in library) lines.push(library.missing);
    else library.close();
  }
  return { missing: lines.join("; ") };
}

/**
 * A backend over opened libraries.
 *
 * Ranges are passed as `subarray` and BigInt: on both supported runtimes that costs as little as an
 * address kept as a BigInt (200 ns for the CRC of 8 KiB), where a length passed as a number costs 250 ns
 * more, and an address would outlive memory that was transferred or grown.
 */
function nativeBackend(isal: IsalLibrary, blake3: Blake3Library): NativeBackend {
  const { crc32, crc32c } = isal.symbols;
  const { init, update, finalize } = blake3.symbols;
  const hasher = new Uint8Array(HASHER_BYTES);
  const result = new Uint8Array(STRONG_BYTES);
  return {
    name: "native",
    description: `${isal.name} + ${blake3.name}`,
    weak(memory: Uint8Array, begin: number, end: number): number {
      return crc32(0, viewOf(memory, begin, end), BigInt(end - begin));
    },
    crc32c(memory: Uint8Array, begin: number, end: number): number {
      // The C type of the length is int; nobody has chunks or blocks of more than a MiB.
      return ~crc32c(viewOf(memory, begin, end), end - begin, ALL_ONES) >>> 0;
    },
    strong(memory: Uint8Array, begin: number, end: number, out: Uint8Array, at: number): void {
      init(hasher);
      update(hasher, viewOf(memory, begin, end), BigInt(end - begin));
      finalize(hasher, result, STRONG_LENGTH);
      out.set(result, at);
    },
    close(): void {
      isal.close();
      blake3.close();
    },
  };
}

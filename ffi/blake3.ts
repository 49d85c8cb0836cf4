/** BLAKE3 in C: the BLAKE3 team's own library, or the copy of it that LLVM carries since release 15. */
import { type MissingLibrary, type OpenedLibrary, openLibrary } from "./library.ts";

/**
 * Room for one `blake3_hasher` in bytes: the structure has 1912 (blake3.h), and a later release may
 * grow a little.
 */
export const HASHER_BYTES = 4096;

/**
 * The functions taken from a BLAKE3 library, with their C types (blake3.h, llvm-c/blake3.h).
 *
 * @param prefix What precedes the names: "blake3_hasher_" or "llvm_blake3_hasher_".
 * @returns The table.
 */
// deno-lint-ignore explicit-module-boundary-types -- `satisfies` keeps the exact type, which dlopen needs
export function blake3Symbols(prefix: string) {
  return {
    /** `void blake3_hasher_init(blake3_hasher *self)` */
    init: {
      name: `${prefix}init`,
      parameters: ["buffer"], // blake3_hasher *self
      result: "void",
    },
    /** `void blake3_hasher_update(blake3_hasher *self, const void *input, size_t input_len)` */
    update: {
      name: `${prefix}update`,
      parameters: [
        "buffer", // blake3_hasher *self
        "buffer", // const void *input
        "usize", // size_t input_len
      ],
      result: "void",
    },
    /** `void blake3_hasher_finalize(const blake3_hasher *self, uint8_t *out, size_t out_len)` */
    finalize: {
      name: `${prefix}finalize`,
      parameters: [
        "buffer", // const blake3_hasher *self
        "buffer", // uint8_t *out
        "usize", // size_t out_len
      ],
      result: "void",
    },
  } as const satisfies Deno.ForeignLibraryInterface;
}

/** An opened BLAKE3 library. */
export type Blake3Library = OpenedLibrary<ReturnType<typeof blake3Symbols>>;

// The releases of LLVM to look for, the usual ones first; each has the functions under its own name.
const LLVM_RELEASES = [19, 18, 17, 16, 15, 20, 21];

// BLAKE3-256 of "abc".
const CHECK_INPUT = new TextEncoder().encode("abc");
const CHECK_VALUE = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";

/**
 * Opens a BLAKE3 library, or the one that PARASYNC_LIBBLAKE3 names (either kind).
 *
 * The library of its own comes first: LLVM is a thousand times its size and takes 12 to 180 ms to load.
 *
 * @param override The only name or path to try, by default what the environment says.
 * @returns The verified library, or why there is none.
 */
export function openBlake3(override?: string): Blake3Library | MissingLibrary {
  return openLibrary({
    title: "BLAKE3",
    override: "PARASYNC_LIBBLAKE3",
    install: Deno.build.os === "darwin"
      ? "with Homebrew: brew install blake3"
      : "on Debian or Ubuntu: apt-get install libllvm15 (or a later one), or libblake3",
    candidates: [
      {
        symbols: blake3Symbols("blake3_hasher_"),
        names: {
          linux: ["libblake3.so.0", "libblake3.so.1", "libblake3.so"],
          darwin: ["libblake3.dylib", "/opt/homebrew/lib/libblake3.dylib"],
          windows: ["blake3.dll", "libblake3.dll"],
        },
      },
      {
        symbols: blake3Symbols("llvm_blake3_hasher_"),
        names: {
          linux: LLVM_RELEASES.flatMap((release) => [
            `libLLVM-${release}.so.1`,
            `libLLVM.so.${release}.1`, // the spelling since LLVM 18
            `libLLVM-${release}.so`,
          ]),
          darwin: [
            "/opt/homebrew/opt/llvm/lib/libLLVM.dylib",
            "/usr/local/opt/llvm/lib/libLLVM.dylib",
          ],
          windows: ["LLVM-C.dll"],
        },
      },
    ],
    verify: ({ init, update, finalize }) => {
      const hasher = new Uint8Array(HASHER_BYTES);
      const out = new Uint8Array(32);
      init(hasher);
      update(hasher, CHECK_INPUT, BigInt(CHECK_INPUT.byteLength));
      finalize(hasher, out, BigInt(out.byteLength));
      return Array.from(out, (byte) => byte.toString(16).padStart(2, "0")).join("") === CHECK_VALUE;
    },
  }, override);
}

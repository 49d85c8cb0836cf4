/** Intel's ISA-L: CRC-32 by carry-less multiplication. */
import { type MissingLibrary, type OpenedLibrary, openLibrary } from "./library.ts";

/** The functions taken from ISA-L, with their C types (isa-l/crc.h). */
export const ISAL_SYMBOLS = {
  /** `uint32_t crc32_gzip_refl(uint32_t init_crc, const unsigned char *buf, uint64_t len)` */
  crc32: {
    name: "crc32_gzip_refl",
    parameters: [
      "u32", // uint32_t init_crc: 0, or the CRC-32 of what came before
      "buffer", // const unsigned char *buf
      "usize", // uint64_t len: passed as a BigInt, since a number takes a slow path
    ],
    result: "u32", // uint32_t
  },
  /** `unsigned int crc32_iscsi(unsigned char *buffer, int len, unsigned int init_crc)`: CRC-32C, not inverted */
  crc32c: {
    name: "crc32_iscsi",
    parameters: [
      "buffer", // unsigned char *buffer
      "i32", // int len
      "u32", // unsigned int init_crc: all ones, or the inverse of the CRC of what came before
    ],
    result: "u32", // unsigned int
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** An opened ISA-L. */
export type IsalLibrary = OpenedLibrary<typeof ISAL_SYMBOLS>;

// The catalogue's check value of CRC-32/ISO-HDLC: the CRC of "123456789".
const CHECK_INPUT = new TextEncoder().encode("123456789");
const CHECK_VALUE = 0xcbf43926;

/**
 * Opens ISA-L, or the library that PARASYNC_LIBISAL names.
 *
 * @param override The only name or path to try, by default what the environment says.
 * @returns The verified library, or why there is none.
 */
export function openIsal(override?: string): IsalLibrary | MissingLibrary {
  return openLibrary({
    title: "ISA-L",
    override: "PARASYNC_LIBISAL",
    install: Deno.build.os === "darwin"
      ? "with Homebrew: brew install isa-l"
      : "on Debian or Ubuntu: apt-get install libisal2",
    candidates: [{
      symbols: ISAL_SYMBOLS,
      names: {
        linux: ["libisal.so.2", "libisal.so"],
        darwin: [
          "libisal.2.dylib",
          "libisal.dylib",
          // The system's loader does not look where Homebrew installs on Apple silicon.
          "/opt/homebrew/lib/libisal.2.dylib",
          "/opt/homebrew/lib/libisal.dylib",
        ],
        windows: ["isal.dll", "libisal-2.dll"],
      },
    }],
    verify: ({ crc32 }) => crc32(0, CHECK_INPUT, BigInt(CHECK_INPUT.byteLength)) === CHECK_VALUE,
  }, override);
}

/** What the tests of hashing share: every backend that this machine has, and reproducible bytes. */
import { type HashBackend, STRONG_BYTES } from "./backend.ts";
import { openNative } from "./native.ts";
import { createPortable } from "./portable.ts";

/** A backend under test, or why it cannot be tested here. */
export interface BackendCase {
  /** The case's name in test names; says so if the case is skipped, and why. */
  readonly label: string;
  /** The backend, where this machine has it. */
  readonly backend?: HashBackend;
}

/** Every way to compute checksums. Libraries are opened here, not in a test, and stay open. */
export const BACKEND_CASES: readonly BackendCase[] = [
  { label: "portable", backend: await createPortable() },
  { label: "portable with hash-wasm alone", backend: await createPortable(true) },
  nativeCase("native", [undefined]),
  nativeCase("native with LLVM's BLAKE3", [15, 16, 17, 18, 19].map((v) => `libLLVM-${v}.so.1`)),
];

/** Whether both libraries of the native backend are here. */
export const NATIVE_AVAILABLE = BACKEND_CASES[2]!.backend !== undefined;

function nativeCase(label: string, libraries: readonly (string | undefined)[]): BackendCase {
  let missing = "";
  for (const blake3 of libraries) {
    const opened = openNative(blake3 === undefined ? {} : { blake3 });
    if (!("missing" in opened)) return { label, backend: opened };
    missing = opened.missing;
  }
  return { label: `${label} (skipped: ${missing})` };
}

/**
 * Registers a test for every backend; a missing one shows up as ignored, with the reason in its name.
 *
 * @param statement What is true of each backend.
 * @param check Throws where it is not.
 */
export function testEachBackend(
  statement: string,
  check: (backend: HashBackend) => void | Promise<void>,
): void {
  for (const { label, backend } of BACKEND_CASES) {
    Deno.test({
      name: `${label}: ${statement}`,
      ignore: backend === undefined,
      fn: () => backend && check(backend),
    });
  }
}

/**
 * The input of BLAKE3's published vectors: byte i is i mod 251.
 *
 * @param length How many bytes.
 * @returns The bytes.
 */
export function countingBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i % 251;
  return bytes;
}

/**
 * A generator of reproducible integers (xorshift32, Marsaglia 2003).
 *
 * @param seed Anything but 0.
 * @returns A function that gives the next integer in [0, limit).
 */
export function seededIntegers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/**
 * Reproducible bytes.
 *
 * @param length How many.
 * @param seed Anything but 0.
 * @returns The bytes.
 */
export function seededBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const next = seededIntegers(seed);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = next(256);
  return bytes;
}

/**
 * The strong checksum of a range, in hex.
 *
 * @param backend Who hashes.
 * @param memory The bytes.
 * @param begin First byte.
 * @param end One past the last byte.
 * @returns 64 hexadecimal digits.
 */
export function strongHex(
  backend: HashBackend,
  memory: Uint8Array,
  begin = 0,
  end: number = memory.length,
): string {
  const out = new Uint8Array(STRONG_BYTES);
  backend.strong(memory, begin, end, out, 0);
  return toHex(out);
}

/**
 * Bytes in hex.
 *
 * @param bytes The bytes.
 * @returns Two digits for each.
 */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

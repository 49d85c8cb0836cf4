import { ParasyncError } from "../errors.ts";

/**
 * The bytes `memory[begin, end)` as a view, without a copy.
 *
 * `subarray` alone would clamp a wrong range without a word, and a native function that was told the
 * unclamped length would then read past the end.
 *
 * @param memory The bytes; may view WebAssembly memory.
 * @param begin First byte.
 * @param end One past the last byte.
 * @returns The view.
 * @throws {ParasyncError} `internal`, if the range does not lie in the memory.
 */
export function viewOf(memory: Uint8Array, begin: number, end: number): Uint8Array<ArrayBuffer> {
  if (!(begin >= 0 && begin <= end && end <= memory.length)) {
    throw new ParasyncError(
      "internal",
      `Cannot hash bytes ${begin} to ${end}: the memory has ${memory.length}`,
    );
  }
  // The type of Deno's FFI and of zlib leaves out shared memory; both read it all the same.
  return memory.subarray(begin, end) as Uint8Array<ArrayBuffer>;
}

import type { HashBackend } from "./backend.ts";

/** A native backend, which keeps its two libraries loaded until it is closed. */
export interface NativeBackend extends HashBackend {
  /** Both libraries, never one of them. */
  readonly name: "native";
  /**
   * CRC-32C (Castagnoli) of `memory[begin, end)`; parameters as for `weak`.
   *
   * @returns An unsigned 32-bit integer.
   */
  crc32c(memory: Uint8Array, begin: number, end: number): number;
  /** Unloads the libraries; the backend must not be used afterwards. */
  close(): void;
}

/** Whether a backend is native. */
export function isNative(backend: HashBackend): backend is NativeBackend {
  return backend.name === "native";
}

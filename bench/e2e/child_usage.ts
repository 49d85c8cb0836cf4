/** What the system charged this process for its children that have ended: getrusage(2), on Linux. */

/** RUSAGE_CHILDREN. */
const CHILDREN = -1;
const RUSAGE_BYTES = 144;
const LIBRARIES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** The sums of all children that have ended. */
export interface ChildUsage {
  /** CPU time in user mode, in ms. */
  readonly userMs: number;
  /** CPU time in the kernel, in ms. */
  readonly systemMs: number;
  /** The most memory that any one of them had in RAM, in bytes. */
  readonly peakBytes: number;
}

/**
 * Asks for the children's usage.
 *
 * A child's peak begins with that of the process it was begun from, so that it says something only where it is
 * greater than this process's own.
 *
 * @returns The usage; `undefined` where it cannot be asked for.
 */
export function childUsage(): ChildUsage | undefined {
  if (Deno.build.os !== "linux") return undefined;
  getrusage ??= openLibc();
  const usage = new DataView(new ArrayBuffer(RUSAGE_BYTES));
  if (getrusage?.(CHILDREN, new Uint8Array(usage.buffer)) !== 0) return undefined;
  const word = (at: number): number => Number(usage.getBigInt64(at, true));
  return {
    userMs: word(0) * 1000 + word(8) / 1000,
    systemMs: word(16) * 1000 + word(24) / 1000,
    peakBytes: word(32) * 1024,
  };
}

let getrusage: ((who: number, usage: Uint8Array<ArrayBuffer>) => number) | undefined;

function openLibc(): typeof getrusage {
  for (const name of LIBRARIES) {
    try {
      return Deno.dlopen(
        name,
        { getrusage: { parameters: ["i32", "buffer"], result: "i32" } } as const,
      ).symbols.getrusage;
    } catch {
      // Another C library, or none that may be loaded.
    }
  }
  return undefined;
}

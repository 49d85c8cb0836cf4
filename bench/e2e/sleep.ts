/** Waiting for less than a timer's granularity: on Linux a thread sleeps, elsewhere a timer does its best. */

const LIBRARIES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];
/** From here on a timer, which is a ms or more late, will do. */
const LONG_MS = 20;
/** How late a thread usually wakes, in ms. */
const LATE_MS = 0.06;

type ShortSleep = (microseconds: number) => Promise<number>;

let known: ShortSleep | null | undefined;

/**
 * Sleeps.
 *
 * @param ms How long.
 */
export async function sleep(ms: number): Promise<void> {
  const short = known === undefined ? known = openSleep() : known;
  if (ms >= LONG_MS || short === null) await new Promise((resolve) => setTimeout(resolve, ms));
  else if (ms > LATE_MS) await short(Math.round((ms - LATE_MS) * 1000));
}

function openSleep(): ShortSleep | null {
  if (Deno.build.os !== "linux") return null;
  for (const name of LIBRARIES) {
    try {
      return Deno.dlopen(
        name,
        { usleep: { parameters: ["u32"], result: "i32", nonblocking: true } } as const,
      ).symbols.usleep;
    } catch {
      // Another C library, or none that may be loaded.
    }
  }
  return null;
}

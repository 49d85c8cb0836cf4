/** How long something is measured: long enough for the runtime to compile it well, in ms. */
const MEASURED_MS = 25;

/**
 * How fast something is: its fastest run within a few milliseconds, which is what the machine can do when nothing
 * else is in the way.
 *
 * @param bytes Bytes of one run.
 * @param run Does it once.
 * @returns Bytes a second.
 */
export function measured(bytes: number, run: () => void): number {
  const begin = performance.now();
  let least = Infinity;
  let now = begin;
  // Twice at least: the first run pays for pages and code that are new.
  for (let runs = 0; runs < 2 || now - begin < MEASURED_MS; runs++) {
    const before = performance.now();
    run();
    now = performance.now();
    least = Math.min(least, now - before);
  }
  // A clock may be coarser than a run is long.
  return bytes / Math.max(least, 0.001) * 1000;
}

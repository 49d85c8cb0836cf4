/**
 * Speed of the roll kernel over segments of 1 MiB of random bytes, in which no block of the basis is found, and of
 * a block's rollsum.
 *
 * Run with `deno run -A bench/roll_bench.ts [ROUNDS]`. Each round times all cases in turn; the median and the best
 * round are printed. What the kernel finds is checked first, at the last position of the segment.
 */
import process from "node:process";
import {
  createRollKernel,
  type RollKernel,
  type RollName,
} from "../src/chunking/kernel/roll_kernel.ts";
import { openBackend } from "../src/hashing/select.ts";
import { SEGMENT_BYTES } from "../src/hashing/session_digest.ts";

const BLOCK = 8192;
const rounds = Number(Deno.args[0] ?? 20);

const { backend } = await openBackend("auto");
const segment = new Uint8Array(SEGMENT_BYTES + BLOCK);
for (let at = 0; at < segment.length; at += 65536) {
  crypto.getRandomValues(segment.subarray(at, Math.min(at + 65536, segment.length)));
}

/** A kernel that has the segment in its memory. */
function kernelOf(kind: RollName, weaks: Uint32Array): RollKernel {
  const kernel = createRollKernel({ kind, block: BLOCK, weaks, capacity: segment.length });
  kernel.memory.set(segment, kernel.dataOffset);
  return kernel;
}

/** A search through the whole segment, for blocks of which none but the last position's is in it. */
function searchCase(kind: RollName, blocks: number): { name: string; run: () => void } {
  const last = SEGMENT_BYTES - 1;
  const weaks = new Uint32Array(blocks);
  for (let at = 0; at < blocks; at += 16384) {
    crypto.getRandomValues(weaks.subarray(at, Math.min(at + 16384, blocks)));
  }
  weaks[0] = kind === "crc32"
    ? backend.weak(segment, last, last + BLOCK)
    : kernelOf(kind, weaks.subarray(0, 0)).weak(last, last + BLOCK);
  for (;;) {
    const kernel = kernelOf(kind, weaks);
    for (let block = 0; block < blocks; block++) kernel.enter(block);
    const search = (limit: number): number => kernel.search(0, limit, backend.weak);
    const found = search(SEGMENT_BYTES);
    if (found < 0) throw new Error(`Cannot trust the kernel: ${kind} is not found where it is`);
    if (found === last) {
      return { name: `search ${kind}, ${blocks} blocks`, run: () => void search(last) };
    }
    // Among so many some are in the segment by chance.
    weaks[kernel.found] = crypto.getRandomValues(new Uint32Array(1))[0]!;
  }
}

const summing = kernelOf("rollsum", new Uint32Array(0));

const cases: { name: string; run: () => void }[] = [
  {
    name: "rollsum of blocks",
    run: () => {
      for (let at = 0; at < SEGMENT_BYTES; at += BLOCK) summing.weak(at, at + BLOCK);
    },
  },
];
for (const blocks of [13_000, 131_000]) {
  for (const kind of ["rollsum", "rabinkarp", "crc32"] as const) {
    cases.push(searchCase(kind, blocks));
  }
}
const speeds = cases.map((): number[] => []);
for (let round = -2; round < rounds; round++) {
  cases.forEach(({ run }, i) => {
    const start = performance.now();
    run();
    const speed = SEGMENT_BYTES / (performance.now() - start) / 1e6;
    if (round >= 0) speeds[i]!.push(speed); // The first rounds are for the compiler.
  });
}
process.stdout.write(`GB/s over ${rounds} rounds, ${Deno.version.deno}, ${Deno.build.target}\n`);
cases.forEach(({ name }, i) => {
  const sorted = speeds[i]!.sort((a, b) => a - b);
  const [median, best] = [sorted[sorted.length >> 1]!, sorted.at(-1)!];
  process.stdout.write(`${name.padEnd(34)} median ${median.toFixed(3)}, best ${best.toFixed(3)}\n`);
});

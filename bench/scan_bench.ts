/**
 * Speed of the scan kernel over blocks of 1 MiB, beside a memory copy of the same block.
 *
 * Run with `deno run -A bench/scan_bench.ts [ROUNDS]`. The kinds of data are the ordinary one and the worst
 * ones; each round times all of them in turn, and the median and the best round are printed. The cuts are
 * checked against the readable definition of rule K first.
 */
import process from "node:process";
import { createScanKernel } from "../src/chunking/kernel/scan_kernel.ts";
import { BLOCK_BYTES } from "../src/chunking/parameters.ts";
import { cutsOf } from "../src/chunking/rule_k.ts";

const MIN = 4096, AVG = 8192, MAX = 12288;
const REPEATS = 16;
const rounds = Number(Deno.args[0] ?? 40);

const kernel = createScanKernel(BLOCK_BYTES + MAX);
const { memory, dataOffset } = kernel;
const random = new Uint8Array(BLOCK_BYTES + MAX);
for (let at = 0; at < random.length; at += 65536) {
  crypto.getRandomValues(random.subarray(at, Math.min(at + 65536, random.length)));
}
const copied = new Uint8Array(BLOCK_BYTES);

function markAndSelect(bits: number): number {
  kernel.mark(0, BLOCK_BYTES + MAX, bits);
  return kernel.select(0, BLOCK_BYTES, BLOCK_BYTES + MAX, MIN, MAX);
}

function cutAtOnce(): number {
  return kernel.cut(0, BLOCK_BYTES, BLOCK_BYTES + MAX, Math.log2(AVG), MIN, MAX);
}

memory.set(random, dataOffset);
const count = markAndSelect(Math.log2(AVG));
const expected = cutsOf(random, { min: MIN, avg: AVG, max: MAX });
for (let i = 0; i < count; i++) {
  if (kernel.ends[i] !== expected[i]) throw new Error(`Cannot trust the kernel: cut ${i} differs`);
}

const selected = kernel.ends.slice(0, count);
cutAtOnce();
for (let i = 0; i < count; i++) {
  if (kernel.ends[i] !== selected[i]) throw new Error(`Cannot trust the kernel: cut ${i} differs`);
}

const cases: { name: string; data?: Uint8Array; run: () => void }[] = [
  { name: "memory copy in cache", run: () => copied.set(random.subarray(0, BLOCK_BYTES)) },
  { name: "mark + select, 8 KiB", data: random, run: () => markAndSelect(13) },
  {
    name: "mark + select, zeros",
    data: new Uint8Array(random.length),
    run: () => markAndSelect(13),
  },
  { name: "mark + select, every word has a candidate", data: random, run: () => markAndSelect(4) },
  { name: "cut, start known", data: random, run: cutAtOnce },
  { name: "cut, start known, zeros", data: new Uint8Array(random.length), run: cutAtOnce },
  {
    name: "select alone",
    data: random,
    run: () => kernel.select(0, BLOCK_BYTES, BLOCK_BYTES + MAX, MIN, MAX),
  },
  {
    name: "isZero of zeros",
    data: new Uint8Array(random.length),
    run: () => kernel.isZero(0, BLOCK_BYTES),
  },
];
const speeds = cases.map((): number[] => []);
for (let round = -2; round < rounds; round++) {
  cases.forEach(({ data, run }, i) => {
    if (data) memory.set(data, dataOffset);
    const start = performance.now();
    for (let repeat = 0; repeat < REPEATS; repeat++) run();
    const speed = REPEATS * BLOCK_BYTES / (performance.now() - start) / 1e6;
    if (round >= 0) speeds[i]!.push(speed); // The first rounds are for the compiler.
  });
}
process.stdout.write(`GB/s over ${rounds} rounds, ${Deno.version.deno}, ${Deno.build.target}\n`);
cases.forEach(({ name }, i) => {
  const sorted = speeds[i]!.sort((a, b) => a - b);
  const [median, best] = [sorted[sorted.length >> 1]!, sorted.at(-1)!];
  process.stdout.write(`${name.padEnd(44)} median ${median.toFixed(2)}, best ${best.toFixed(2)}\n`);
});

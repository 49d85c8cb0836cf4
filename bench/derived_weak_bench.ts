/**
 * Weak checksums of chunks: computed, and derived from stored checksums of 8 KiB blocks (skysync_c).
 *
 * Run with `deno run -A bench/derived_weak_bench.ts [ROUNDS]`. Sixteen MiB of random bytes are cut by rule K at
 * 4/8/12 KiB; each round takes all of a MiB's chunks by every way in turn. Medians per chunk are printed,
 * and before anything is timed all ways must have given the same values.
 */
import process from "node:process";
import { type DerivedWeaks, PrefixWeaks, WeakDeriver } from "../src/chunking/derived_weak.ts";
import { BLOCK_BYTES } from "../src/chunking/parameters.ts";
import { cutsOf } from "../src/chunking/rule_k.ts";
import type { HashBackend } from "../src/hashing/backend.ts";
import { createPortable } from "../src/hashing/portable.ts";
import { openBackend } from "../src/hashing/select.ts";

const STORED = 8192;
const WINDOWS = 16;
const SIZE = WINDOWS * BLOCK_BYTES;
const rounds = Number(Deno.args[0] ?? 400);

type Crc = (memory: Uint8Array, from: number, to: number) => number;

const memory = new Uint8Array(new WebAssembly.Memory({ initial: SIZE / 65536 }).buffer);
for (let at = 0; at < SIZE; at += 65536) crypto.getRandomValues(memory.subarray(at, at + 65536));
const cuts = cutsOf(memory, { min: 4096, avg: 8192, max: 12288 });

/** The chunks that end in each MiB, relative to it. */
const windows = Array.from({ length: WINDOWS }, (_, i) => {
  const begin = i * BLOCK_BYTES;
  const inside = [...cuts].filter((cut) => cut > begin && cut <= begin + BLOCK_BYTES);
  const [start, ...ends] = i === 0 ? [0, ...inside] : inside;
  return { begin, start: start! - begin, ends: Uint32Array.from(ends, (end) => end - begin) };
});
type Window = typeof windows[number];

function computed(crc: Crc, { begin, start, ends }: Window, weaks: Uint32Array): void {
  let from = start;
  for (let i = 0; i < ends.length; i++) {
    weaks[i] = crc(memory, begin + from, begin + ends[i]!);
    from = ends[i]!;
  }
}

function derivedBy(derived: DerivedWeaks, crc: Crc) {
  const deriver = new WeakDeriver(derived, SIZE, crc);
  const derive = ({ begin, start, ends }: Window, weaks: Uint32Array): void =>
    deriver.derive({ memory, at: begin, begin, length: BLOCK_BYTES }, start, ends, weaks);
  return { deriver, derive };
}

const zlib = await createPortable();
const native = await openBackend("auto");
const backends: HashBackend[] = [zlib];
if (native.missing === undefined) backends.push(native.backend);
else process.stderr.write(`${native.missing}\n`);

const weaks = Uint32Array.from(
  { length: SIZE / STORED },
  (_, k) => zlib.weak(memory, k * STORED, (k + 1) * STORED),
);
const derived = new PrefixWeaks(STORED, SIZE, weaks);

const ways = backends.flatMap((backend) => {
  const crc: Crc = (bytes, from, to) => backend.weak(bytes, from, to);
  const name = backend.description.split(" ")[0]!;
  return [
    { name: `computed, ${name}`, run: (of: Window, to: Uint32Array) => computed(crc, of, to) },
    { name: `derived, ${name}`, run: derivedBy(derived, crc).derive },
  ];
});
const algebra = { name: "derived, the algebra alone", run: derivedBy(derived, () => 0).derive };

let chunks = 0;
for (const of of windows) {
  chunks += of.ends.length;
  const [first, ...others] = ways.map(({ run }) => {
    const column = new Uint32Array(of.ends.length);
    run(of, column);
    return column;
  });
  for (const other of others) {
    const at = other.findIndex((weak, i) => weak !== first![i]);
    if (at >= 0) throw new Error(`Cannot trust the derivation: chunk ${at} of ${of.begin} differs`);
  }
}

const counted = derivedBy(derived, zlib.weak);
for (const of of windows) counted.derive(of, new Uint32Array(of.ends.length));
const perCut = counted.deriver.bytesRead / (chunks + WINDOWS);

const all = [...ways, algebra];
const times = all.map((): number[] => []);
const column = new Uint32Array(BLOCK_BYTES / 64);
for (let round = -WINDOWS; round < rounds; round++) {
  const of = windows[(round + WINDOWS) % WINDOWS]!;
  all.forEach(({ run }, i) => {
    // As after a scan, which has just been through all of it.
    zlib.weak(memory, of.begin, of.begin + BLOCK_BYTES);
    const start = performance.now();
    run(of, column);
    const time = (performance.now() - start) * 1e6 / of.ends.length;
    if (round >= 0) times[i]!.push(time); // The first rounds are for the compiler.
  });
}
const build: number[] = [];
for (let round = 0; round < 50; round++) {
  const start = performance.now();
  new PrefixWeaks(STORED, SIZE, weaks);
  build.push((performance.now() - start) * 1e6 / weaks.length);
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1]!;
}

process.stdout.write(
  `${chunks} chunks of ${Math.round(SIZE / chunks)} bytes on average, ${rounds} rounds, ` +
    `Deno ${Deno.version.deno}, ${Deno.build.target}\n` +
    `read at each cut: ${perCut.toFixed(0)} bytes on average\n`,
);
all.forEach(({ name }, i) => {
  process.stdout.write(
    `${name.padEnd(32)} ${median(times[i]!).toFixed(0).padStart(6)} ns a chunk\n`,
  );
});
process.stdout.write(
  `${"prefixes".padEnd(32)} ${median(build).toFixed(0).padStart(6)} ns a block\n`,
);

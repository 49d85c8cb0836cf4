/**
 * How well rule K's fingerprint cuts: literal bytes per edit, beside the 64-bit Gear fingerprint.
 *
 *     deno run -A bench/cut_quality.ts [--edits=N] [--seed=N] [--part=all|first|second] FILES…
 *     deno run -A bench/cut_quality.ts --search=N [--from=M] FILES…
 *
 * Every edit inserts 1 to 100 random bytes at a random place of the file (its first 32 MiB) as it was, alone. Its
 * literal bytes are the lengths of the new file's chunks whose content is not among the old file's. Cuts agree
 * again a few chunks behind an edit, so only its surroundings are cut anew, and thousands of edits cost little.
 *
 * `--search` tries numbered sets of multipliers on the files' first halves and prints the best; results belong to
 * the second halves and to other files (`--part=second`).
 */
// @ts-types="../src/types/std_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import zlib from "node:zlib";
import { createScanKernel } from "../src/chunking/kernel/scan_kernel.ts";
import { type FingerprintMultipliers, isCandidate, MULTIPLIERS } from "../src/chunking/rule_k.ts";

const MIN = 4096, BITS = 13, MAX = 12288;
const LIMIT = 32 << 20;
const BLOCK = 1 << 20, CONTEXT = 64, LARGEST_INSERT = 100;
const GEAR_LABELS = ["psync-gear-v1", "a", "b", "c", "d", "e", "f", "g"];
const GEAR_MASK = 0x0000_d930_0353_0000n;

/** Something that finds candidates; it looks at no more than 64 bytes at and before a position. */
interface Scanner {
  /** Candidates at positions [from, bytes.length), in order. */
  candidates(bytes: Uint8Array, from: number): number[];
}

/** A file to be edited, and its edits: place, length, and seed of the bytes inserted. */
interface Subject {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly edits: { at: number; length: number; seed: number }[];
}

interface Quality {
  /** Mean literal bytes per edit. */
  readonly literal: number;
  /** Mean chunk length. */
  readonly chunk: number;
  /** Share of chunks that end at the maximal length. */
  readonly forced: number;
}

/** A seeded generator of 32-bit integers. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

/** The fold fingerprint, by the scan kernel, a block at a time. */
function foldScanner(multipliers: FingerprintMultipliers): Scanner {
  const kernel = createScanKernel(BLOCK, multipliers);
  const { memory, dataOffset, bitmap } = kernel;
  return {
    candidates(bytes, from) {
      const found: number[] = [];
      for (let base = from; base < bytes.length; base += BLOCK) {
        const context = Math.min(CONTEXT, base);
        const end = Math.min(bytes.length, base + BLOCK);
        memory.set(bytes.subarray(base - context, end), dataOffset - context);
        kernel.mark(0, end - base, BITS);
        const words = Math.ceil((end - base) / 32);
        for (let i = 0; i < words; i++) {
          for (let word = bitmap[i]!; word !== 0; word &= word - 1) {
            const position = base + 32 * i + 31 - Math.clz32(word & -word);
            if (position < end) found.push(position);
          }
        }
      }
      return found;
    },
  };
}

/** The 64-bit Gear fingerprint with a 13-bit mask, in two halves of 24 bits: the mask ends at bit 47. */
function gearScanner(label: string): Scanner {
  const low = new Int32Array(256), high = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const digest = createHash("sha256").update(label).update(Uint8Array.of(byte)).digest();
    const entry = digest.readBigUInt64LE();
    low[byte] = Number(entry & 0xffffffn);
    high[byte] = Number(entry >> 24n & 0xffffffn);
  }
  const lowMask = Number(GEAR_MASK & 0xffffffn), highMask = Number(GEAR_MASK >> 24n);
  return {
    candidates(bytes, from) {
      const found: number[] = [];
      let l = 0, h = 0;
      for (let i = Math.max(0, from - CONTEXT); i < bytes.length; i++) {
        const sum = (l << 1) + low[bytes[i]!]!;
        h = ((h << 1) + high[bytes[i]!]! + (sum >>> 24)) & 0xffffff;
        l = sum & 0xffffff;
        if ((l & lowMask) === 0 && (h & highMask) === 0 && i >= from) found.push(i);
      }
      return found;
    },
  };
}

/** Index of the first element of a sorted list that is at least `value`. */
function lowerBound(sorted: ArrayLike<number>, value: number): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rule K's next cut after `begin`, given the first candidate at or after a position. */
function nextCut(begin: number, size: number, candidateFrom: (position: number) => number): number {
  if (size - begin <= MIN) return size;
  return Math.min(candidateFrom(begin + MIN), begin + MAX, size);
}

/** Weak checksum and length in one number, for the question whether a chunk is known. */
function keyOf(chunk: Uint8Array): number {
  return zlib.crc32(chunk) * 65536 + chunk.length;
}

/** Cuts a subject, then makes its edits and counts. */
function measure(scanner: Scanner, { bytes, edits }: Subject): Quality {
  const size = bytes.length;
  const candidates = scanner.candidates(bytes, 0);
  const candidateFrom = (position: number) => candidates[lowerBound(candidates, position)] ?? size;
  const cuts = [0];
  const known = new Set<number>();
  let forced = 0;
  for (let begin = 0; begin < size;) {
    const end = nextCut(begin, size, candidateFrom);
    if (end === begin + MAX && candidateFrom(end) !== end) forced++;
    known.add(keyOf(bytes.subarray(begin, end)));
    cuts.push(end);
    begin = end;
  }

  let literal = 0;
  for (const { at, length, seed } of edits) {
    const next = generator(seed);
    const inserted = Uint8Array.from({ length }, () => next());
    const changedEnd = at + length + CONTEXT;
    const around = new Uint8Array(CONTEXT + length + Math.min(CONTEXT, size - at));
    around.set(bytes.subarray(at - CONTEXT, at));
    around.set(inserted, CONTEXT);
    around.set(bytes.subarray(at, at + CONTEXT), CONTEXT + length);
    const changed = scanner.candidates(around, CONTEXT).map((p) => p - CONTEXT + at);
    const newSize = size + length;
    const newCandidateFrom = (position: number) => {
      if (position < at) {
        const candidate = candidateFrom(position);
        if (candidate < at) return candidate;
      }
      return changed[lowerBound(changed, position)] ??
        candidateFrom(Math.max(position, changedEnd) - length) + length;
    };
    // From the last cut that the edit leaves alone to the first where both files' cuts agree again.
    for (let begin = cuts[Math.max(0, lowerBound(cuts, at) - 1)]!; begin < newSize;) {
      if (begin >= changedEnd && cuts[lowerBound(cuts, begin - length)] === begin - length) break;
      const end = nextCut(begin, newSize, newCandidateFrom);
      const chunk = Buffer.concat([
        bytes.subarray(Math.min(begin, at), Math.min(end, at)),
        inserted.subarray(Math.max(0, begin - at), Math.max(0, end - at)),
        bytes.subarray(Math.max(at, begin - length), Math.max(at, end - length)),
      ]);
      if (!known.has(keyOf(chunk))) literal += chunk.length;
      begin = end;
    }
  }
  const chunks = cuts.length - 1;
  return { literal: literal / edits.length, chunk: size / chunks, forced: forced / chunks };
}

/** Reads a file, or half of it, and deals out edits. */
function subjectOf(file: string, part: string, edits: number, seed: number): Subject {
  const whole = fs.readFileSync(file);
  const half = Math.floor(whole.length / 2);
  const from = part === "second" ? half : 0;
  const to = part === "first" ? half : whole.length;
  const bytes = new Uint8Array(whole.subarray(from, Math.min(to, from + LIMIT)));
  if (bytes.length < 100_000) throw new Error(`Cannot study ${file}: it is too short`);
  const next = generator(seed);
  const place = () => CONTEXT + Math.floor(next() / 2 ** 32 * (bytes.length - CONTEXT));
  return {
    name: path.basename(file),
    bytes,
    edits: Array.from(
      { length: edits },
      () => ({ at: place(), length: 1 + next() % LARGEST_INSERT, seed: next() }),
    ),
  };
}

/** The set of multipliers number `n`: the first ten 16-bit words of a digest, made odd. */
function multipliersOf(n: number): FingerprintMultipliers {
  const digest = createHash("sha256").update(`parasync fold60 ${n}`).digest();
  const words = Array.from({ length: 10 }, (_, i) => digest.readUInt16LE(2 * i) | 1);
  return { high: words.slice(0, 5), low: words.slice(5) };
}

/** Whether a run of one byte value would be cut to pieces at averages of 256 bytes and more. */
function cutsRuns(multipliers: FingerprintMultipliers): boolean {
  return Array.from({ length: 256 }, (_, value) => new Uint8Array(64).fill(value))
    .some((run) => isCandidate(run, 63, 8, multipliers));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const print = (line: string) => process.stdout.write(line + "\n");

/** Prints a table: for each file, literal KiB per edit, mean chunk in KiB and the share of forced cuts. */
function compare(subjects: readonly Subject[]): void {
  const ours = foldScanner(MULTIPLIERS);
  const gears = GEAR_LABELS.map(gearScanner);
  const kib = (bytes: number) => (bytes / 1024).toFixed(1);
  const percent = (share: number) => (100 * share).toFixed(0) + " %";
  const row = (cells: readonly string[]) => print(`| ${cells.join(" | ")} |`);
  const ratios: number[][] = [[], []];
  row(["file", "MiB", "gear64", "mean of 8 tables", "(range)", "fold60", "ratio", "to the mean"]
    .concat(["mean chunk", "forced"]));
  row(Array(10).fill("---"));
  for (const subject of subjects) {
    const fold = measure(ours, subject);
    const gear = gears.map((scanner) => measure(scanner, subject));
    const first = gear[0]!;
    const literals = gear.map(({ literal }) => literal);
    const toFirst = fold.literal / first.literal;
    const toMean = fold.literal / mean(literals);
    ratios[0]!.push(toFirst);
    ratios[1]!.push(toMean);
    row([
      subject.name,
      (subject.bytes.length / 2 ** 20).toFixed(0),
      kib(first.literal),
      kib(mean(literals)),
      `${kib(Math.min(...literals))}–${kib(Math.max(...literals))}`,
      kib(fold.literal),
      toFirst.toFixed(2),
      toMean.toFixed(2),
      `${kib(first.chunk)} → ${kib(fold.chunk)}`,
      `${percent(first.forced)} → ${percent(fold.forced)}`,
    ]);
  }
  row(["mean", "", "", "", "", "", ...ratios.map((r) => mean(r).toFixed(3)), "", ""]);
}

/** Prints the best of numbered sets of multipliers: the mean ratio to Gear, plus half of the worst file's excess. */
function search(subjects: readonly Subject[], from: number, count: number): void {
  const gears = GEAR_LABELS.map(gearScanner);
  const base = subjects.map((subject) =>
    mean(gears.map((scanner) => measure(scanner, subject).literal))
  );
  const results: { n: number; score: number; ratios: number[] }[] = [];
  for (let n = from; n < from + count; n++) {
    const multipliers = multipliersOf(n);
    if (cutsRuns(multipliers)) continue;
    const scanner = foldScanner(multipliers);
    const ratios = subjects.map((subject, i) => measure(scanner, subject).literal / base[i]!);
    const score = mean(ratios) + Math.max(0, Math.max(...ratios) - 1) / 2;
    results.push({ n, score, ratios });
  }
  results.sort((a, b) => a.score - b.score);
  print(
    `Searched ${results.length} sets; mean score ${mean(results.map((r) => r.score)).toFixed(3)}`,
  );
  for (const { n, score, ratios } of results.slice(0, 8)) {
    print(
      `${n}: score ${score.toFixed(3)}, mean ${mean(ratios).toFixed(3)}, ` +
        `each ${ratios.map((ratio) => ratio.toFixed(2)).join(" ")}`,
    );
    print(`  ${JSON.stringify(multipliersOf(n))}`);
  }
}

const flags = parseArgs(Deno.args, { string: ["search", "from", "edits", "seed", "part"] });
const files = flags._.map(String);
const numberOf = (name: string, otherwise: number) => Number(flags[name] ?? otherwise);
const searching = flags["search"] !== undefined;
const part = String(flags["part"] ?? (searching ? "first" : "all"));
const [edits, seed] = [numberOf("edits", 4000), numberOf("seed", 1)];
const subjects = files.map((file) => subjectOf(file, part, edits, seed));
if (searching) search(subjects, numberOf("from", 0), numberOf("search", 100));
else compare(subjects);

import type { OpenFile } from "../files/open_file.ts";
import { readFully } from "../files/positional.ts";
import { coveredBytes, RangeCollector, type Ranges, rangesWithout } from "../matching/ranges.ts";
import { CHECK_BYTES } from "../matching/range_signature.ts";
import { MAX_REFINED_BLOCKS, MAX_REFINED_RANGES, MOST_REFINED_BLOCK } from "./refine_limits.ts";

/** Blocks of the first round, and the smallest that are worth their checksums. */
const FIRST_BLOCK = 512;
const LEAST_BLOCK = 64;

/** Each round's blocks are so many times smaller than those of the one before. */
const FINER = 4;

/**
 * The share of what would be sent that a round is expected to find. The rounds of real pairs found 0.06 to 0.96 of
 * it; the first of a pair where a round did not pay was 0.17.
 */
const EXPECTED_SHARE = 0.2;

/**
 * What a millisecond of waiting costs, in bytes that could be sent meanwhile, before it is measured: 16 Mbit/s, a
 * line that is slow.
 */
const BYTES_PER_MS = 2000;

/** Checksums come no faster than the server makes them: the line is likely to be faster than they show. */
const SERVER_SHARE = 2;

/** Fewer bytes of checksums tell nothing of the line. */
const MEASURED_BYTES = 32 << 10;

/** How much of both files a round gets through in a millisecond, at both ends together. */
const WORK_PER_MS = 100_000;

/** The share of the gaps that a round is expected to leave, before it is known. */
const LEFT_SHARE = 1 / 3;

/** Where nothing has matched, and more than so many bytes are left, samples tell whether it is worth a look. */
const SAMPLED_BYTES = 8 << 20;
const SAMPLES = 16;
const BASIS_SAMPLE_BYTES = 64 << 10;
/** On either side of the place that a sample of the basis would have if the files grew evenly. */
const MARGIN_BYTES = 256 << 10;

/** The least share of the samples that must be found. */
const SAMPLED_SHARE = 1 / 32;

/** Literals are compressed in samples to see how many bytes they are. */
const PROBES = 8;
const PROBE_BYTES = 32 << 10;

/** One round: which blocks of what to look for where. */
export interface RoundPlan {
  /** Bytes in a block. */
  readonly block: number;
  /** Bytes of each CRC-32 to ask for. */
  readonly checkBytes: number;
  /** How many blocks there are. */
  readonly count: number;
  /** Where to look for them in the new file. */
  readonly gaps: Ranges;
  /** Where they lie in the basis. */
  readonly left: Ranges;
}

/** What else counts for a plan. */
export interface PlannerParts {
  /** Size of the basis in bytes. */
  readonly basisSize: number;
  /** Whether the chunks had anything in common. */
  readonly matched: boolean;
  /** Whether literals are compressed when they are sent. */
  readonly compressed: boolean;
}

/** Decides which finer rounds are worth their checksums and their round trip. */
export class RefinePlanner {
  readonly #file: OpenFile;
  readonly #rttMs: number;
  readonly #parts: PlannerParts;
  #block = FIRST_BLOCK;
  #sampled = 0;
  #over = false;
  #bytesPerMs: number | undefined;
  #compressed = 1;

  /**
   * @param file The new file.
   * @param rttMs A round trip in ms; 0 where only bytes count.
   * @param parts What else counts.
   */
  constructor(file: OpenFile, rttMs: number, parts: PlannerParts) {
    this.#file = file;
    this.#rttMs = rttMs;
    this.#parts = parts;
  }

  /**
   * The next round.
   *
   * @param gaps What is not found yet of the new file.
   * @param left What of the basis is in no match.
   * @returns Undefined where none is worth it.
   */
  async next(gaps: Ranges, left: Ranges): Promise<RoundPlan | undefined> {
    if (this.#over || this.#block < LEAST_BLOCK) return undefined;
    const gapBytes = coveredBytes(gaps);
    const leftBytes = coveredBytes(left);
    const unknown = !this.#parts.matched && this.#sampled === 0;
    if (unknown && Math.min(gapBytes, leftBytes) > SAMPLED_BYTES) {
      // What is not in a gap, such as zeros, is on its way already.
      const samples = rangesWithout(gaps, rangesWithout(gaps, this.#gapSamples()));
      const plan = planOf(this.#block, samples, this.#basisSamples());
      this.#sampled = plan?.count ?? 0;
      return plan;
    }
    const plan = planOf(this.#block, gaps, left);
    this.#block /= FINER;
    if (plan === undefined) return undefined;
    const cost = plan.count * (4 + plan.checkBytes) + plan.left.begins.length * 4 + 256 +
      this.#waiting(gapBytes + leftBytes);
    // What cannot pay even if it does not compress at all needs no sample.
    if (gapBytes * EXPECTED_SHARE <= cost) return undefined;
    this.#compressed = await this.#compressibility(gaps, gapBytes);
    return gapBytes * this.#compressed * EXPECTED_SHARE > cost ? plan : undefined;
  }

  /**
   * Says how fast a round's checksums came.
   *
   * @param bytes How many bytes of them.
   * @param ms From the first to the last, in ms.
   */
  came(bytes: number, ms: number): void {
    if (bytes >= MEASURED_BYTES && ms > 0) this.#bytesPerMs = SERVER_SHARE * bytes / ms;
  }

  /** Whether no further round will pay, so that what this one does not find need not wait for its end. */
  isLast({ gaps, left, count }: RoundPlan): boolean {
    if (this.#sampled > 0) return false;
    if (this.#block < LEAST_BLOCK) return true;
    const gapBytes = coveredBytes(gaps) * LEFT_SHARE;
    const leftBytes = coveredBytes(left) * LEFT_SHARE;
    const cost = count * LEFT_SHARE * FINER * 5 + this.#waiting(gapBytes + leftBytes);
    return gapBytes * this.#compressed * EXPECTED_SHARE <= cost;
  }

  /** What the time of a round on so many bytes is worth, in bytes. */
  #waiting(bytes: number): number {
    if (this.#rttMs === 0) return 0;
    return this.#bytesPerMs === undefined
      ? this.#rttMs * BYTES_PER_MS
      : (this.#rttMs + bytes / WORK_PER_MS) * this.#bytesPerMs;
  }

  /**
   * Says what the round before has found.
   *
   * @param bytes How many bytes of the new file.
   */
  found(bytes: number): void {
    if (this.#sampled === 0) return;
    this.#over = bytes < this.#sampled * this.#block * SAMPLED_SHARE;
    // The next round is of all there is, with blocks as large.
    this.#sampled = -1;
  }

  #basisSamples(): Ranges {
    const { basisSize } = this.#parts;
    const samples = new RangeCollector();
    for (let i = 0; i < SAMPLES; i++) {
      const begin = Math.floor(i * (basisSize - BASIS_SAMPLE_BYTES) / (SAMPLES - 1));
      samples.add(begin, begin + BASIS_SAMPLE_BYTES);
    }
    return samples.merged();
  }

  #gapSamples(): Ranges {
    const { size } = this.#file;
    const samples = new RangeCollector();
    for (let i = 0; i < SAMPLES; i++) {
      const begin = Math.floor(i * (size - BASIS_SAMPLE_BYTES) / (SAMPLES - 1));
      samples.add(
        Math.max(0, begin - MARGIN_BYTES),
        Math.min(size, begin + BASIS_SAMPLE_BYTES + MARGIN_BYTES),
      );
    }
    return samples.merged();
  }

  /** To which share of its size what is in the gaps is likely to be compressed. */
  async #compressibility({ begins, ends }: Ranges, total: number): Promise<number> {
    if (!this.#parts.compressed) return 1;
    const sample = new Uint8Array(Math.min(total, PROBES * PROBE_BYTES));
    const probe = Math.ceil(sample.length / PROBES);
    let filled = 0;
    let passed = 0;
    for (let i = 0; i < begins.length && filled < sample.length; i++) {
      let at = begins[i]!;
      while (at < ends[i]! && filled < sample.length) {
        // The probes begin at even distances among the bytes of all gaps.
        const inProbe = filled % probe;
        const skip = inProbe > 0 ? 0 : Math.max(0, (filled / sample.length) * total - passed);
        const skipped = Math.min(Math.floor(skip), ends[i]! - at);
        passed += skipped;
        at += skipped;
        if (at === ends[i]!) break;
        const length = Math.min(ends[i]! - at, probe - inProbe, sample.length - filled);
        readFully(this.#file.fd, sample, filled, length, at, this.#file.name);
        filled += length;
        passed += length;
        at += length;
      }
    }
    const { default: zlib } = await import("node:zlib");
    const taken = sample.subarray(0, filled);
    return zlib.deflateRawSync(taken).length / Math.max(1, filled);
  }
}

/** A round of blocks of about this size; undefined where there is nothing to find or it would be too large. */
function planOf(least: number, gaps: Ranges, all: Ranges): RoundPlan | undefined {
  const gapBytes = coveredBytes(gaps);
  let block = least;
  const allBytes = coveredBytes(all);
  while (allBytes / block > MAX_REFINED_BLOCKS && block < MOST_REFINED_BLOCK) block *= 2;
  const kept = new RangeCollector();
  let count = 0;
  let ranges = 0;
  for (let i = 0; i < all.begins.length && ranges < MAX_REFINED_RANGES; i++) {
    const held = Math.floor((all.ends[i]! - all.begins[i]!) / block);
    const blocks = Math.min(held, MAX_REFINED_BLOCKS - count);
    if (blocks === 0) continue;
    kept.add(all.begins[i]!, blocks < held ? all.begins[i]! + blocks * block : all.ends[i]!);
    count += blocks;
    ranges++;
  }
  if (count === 0 || gapBytes < block) return undefined;
  // As many bits as leave a wrong find in all of the search at one in eight; proofs see to the rest.
  const bits = Math.log2(gapBytes) + Math.log2(count) + 3;
  const checkBytes = Math.min(CHECK_BYTES, Math.max(1, Math.ceil((bits - 32) / 8)));
  return { block, checkBytes, count, gaps, left: kept.merged() };
}

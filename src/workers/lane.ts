import {
  type BitmapBlock,
  BLOCK_WORDS,
  markBlock,
  selectBlock,
} from "../chunking/bitmap_blocks.ts";
import { type BlockChunks, scanNextBlock } from "../chunking/block_scanner.ts";
import {
  createRollKernel,
  type RollKernel,
  type RollName,
} from "../chunking/kernel/roll_kernel.ts";
import { createScanKernel, type ScanKernel } from "../chunking/kernel/scan_kernel.ts";
import { cutLateBlock } from "../chunking/late_block.ts";
import { BLOCK_BYTES } from "../chunking/parameters.ts";
import { ScanChain } from "../chunking/scan_chain.ts";
import { applyPieces, hashSegments } from "../delta/piece_applier.ts";
import { buildSegment } from "../delta/segment_builder.ts";
import { WriteTurn } from "../files/write_turn.ts";
import type { OpenFile } from "../files/open_file.ts";
import { openPinned } from "../files/pinned_file.ts";
import { openForApply } from "../files/apply_file.ts";
import { type HardwareChoice, type HashBackend, STRONG_BYTES } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import type { Checksums, Suite } from "../hashing/suite.ts";
import { BlockLookup } from "../matching/block_lookup.ts";
import { proveGroups } from "../matching/block_proofs.ts";
import { isRolled, signBlocks } from "../matching/block_signature.ts";
import type { BlockTable } from "../matching/block_table.ts";
import { searchGaps } from "../matching/gap_search.ts";
import { signRanges } from "../matching/range_signature.ts";
import { searchSegment } from "../matching/rolling_search.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { hashChunks } from "../matching/strong_hashing.ts";
import type { FileReference, Job, JobResults, MarkJob, ScanJob, SelectJob } from "./jobs.ts";

/** A block and the longest chunk that may start in it. */
const WINDOW_BYTES = 2 * BLOCK_BYTES;

interface HeldFile extends OpenFile {
  close(): void;
}

/**
 * One thread's worth of everything that works on file bytes: a window of WebAssembly memory with the scan
 * kernel in it, hash backends, and its own descriptors of the files at hand.
 *
 * File bytes never leave a lane; only columns do.
 */
export class Lane {
  #kernel: ScanKernel | undefined;
  readonly #backends = new Map<HardwareChoice, HashBackend>();
  /** Checksums of other suites than the default one, by {@linkcode suiteKey}. */
  readonly #suites = new Map<string, Checksums>();
  readonly #files = new Map<string, HeldFile>();
  #lookup: BlockLookup | undefined;
  #roller: { readonly kind: RollName; readonly kernel: RollKernel } | undefined;

  /** Loads what a job needs, so that {@linkcode run} need not wait for it. */
  async prepare(job: Job): Promise<void> {
    if (!("hw" in job)) return;
    const { hw } = job;
    if (!this.#backends.has(hw)) this.#backends.set(hw, (await openBackend(hw)).backend);
    const suite = suiteOf(job);
    if (suite === undefined || this.#suites.has(suiteKey(hw, suite))) return;
    const { openSuite } = await import("../hashing/suite.ts");
    this.#suites.set(suiteKey(hw, suite), await openSuite(suite, hw));
  }

  /**
   * Does one job.
   *
   * @param job What to do; its choice of backend must have been prepared.
   * @returns What the job gives.
   * @throws {ParasyncError} Whatever keeps the job from being done.
   */
  run(job: Job): JobResults[keyof JobResults] {
    switch (job.kind) {
      case "scan":
        return this.#scan(job);
      case "cut":
        return cutLateBlock(
          this.#window(),
          this.#backend(job.hw),
          this.#open(job.file),
          job.parameters,
          job,
        );
      case "mark":
        return markBlock(
          this.#window(),
          this.#backend(job.hw),
          this.#open(job.file),
          job.parameters,
          marksOf(job),
          job.withSegment,
        );
      case "select":
        return selectBlock(
          this.#window(),
          this.#backend(job.hw).weak,
          this.#open(job.file),
          job.parameters,
          marksOf(job),
          job.start,
        );
      case "strong":
        return hashChunks(
          this.#window(),
          this.#checksums(job.hw, job.suite),
          this.#open(job.file),
          job.offsets,
          job.lengths,
        );
      case "apply":
        return applyPieces(
          this.#window(),
          this.#backend(job.hw),
          this.#open(job.basis),
          this.#open(job.target),
          new WriteTurn(job.target.turn!),
          job,
        );
      case "blocks":
        return signBlocks(
          this.#signer(isRolled(job.sums.weak) ? job.sums.weak : "rollsum"),
          isRolled(job.sums.weak),
          this.#checksums(job.hw, suiteOf(job)),
          this.#open(job.file),
          job.block,
          job.first,
          job.count,
        );
      case "search":
        return searchSegment(
          {
            lookup: this.#lookupIn(job.table),
            checksums: this.#checksums(job.hw, suiteOf(job)),
            digest: job.withSegment ? this.#backend(job.hw) : undefined,
          },
          this.#open(job.file),
          job.segment,
          job.from,
        );
      case "ranges":
        return signRanges(
          this.#signer("rabinkarp"),
          this.#backend(job.hw),
          this.#open(job.file),
          job.block,
          job,
          job.checkBytes,
        );
      case "groups":
        return proveGroups(
          this.#window(),
          this.#backend(job.hw),
          this.#open(job.file),
          job,
        );
      case "gaps":
        return searchGaps(
          this.#lookupIn(job.table),
          this.#backend(job.hw),
          this.#open(job.file),
          job,
        );
      case "append":
        return buildSegment(
          this.#window(),
          this.#backend(job.hw),
          job.basis && this.#open(job.basis),
          this.#open(job.targetFile),
          new WriteTurn(job.targetFile.turn!),
          job,
        );
      case "verify":
        return hashSegments(
          this.#window(),
          this.#backend(job.hw),
          this.#open(job.target),
          job.segments,
        );
      case "release":
        this.#lookup = undefined;
        this.#roller = undefined;
        for (const file of job.files) this.#release(keyOf(file));
        return null;
      case "prepare":
        return null;
    }
  }

  /** Closes every file. */
  close(): void {
    for (const key of [...this.#files.keys()]) this.#release(key);
  }

  #scan(job: ScanJob): BlockChunks | null {
    const chain = new ScanChain(job.chain);
    try {
      // The session digest is BLAKE3's, whatever a scheme compares by.
      const { weak } = this.#checksums(job.hw, job.suite);
      if (job.derived !== undefined && (job.suite?.weak ?? "crc32") !== "crc32") {
        throw new Error("only CRC-32 is derived");
      }
      return scanNextBlock(
        this.#window(),
        { ...this.#backend(job.hw), weak },
        this.#open(job.file),
        job.parameters,
        chain,
        job.withSegment,
        job.derived,
      );
    } catch (error) {
      chain.abort();
      throw error;
    }
  }

  /** A kernel without blocks, to sign with. */
  #signer(kind: "rollsum" | "rabinkarp"): RollKernel {
    if (this.#roller?.kind !== kind) {
      const weaks = new Uint32Array(0);
      // Which size of block a kernel is made for matters where it searches alone.
      const kernel = createRollKernel({ kind, block: 1, weaks, capacity: WINDOW_BYTES });
      this.#roller = { kind, kernel };
    }
    return this.#roller.kernel;
  }

  /** The blocks of a table; those of the last one are kept. */
  #lookupIn(table: BlockTable): BlockLookup {
    if (this.#lookup?.table.id !== table.id) {
      this.#lookup = new BlockLookup(table, SEGMENT_BYTES + table.block);
    }
    return this.#lookup;
  }

  #window(): ScanKernel {
    return this.#kernel ??= createScanKernel(WINDOW_BYTES);
  }

  #backend(hw: HardwareChoice): HashBackend {
    const backend = this.#backends.get(hw);
    if (backend === undefined) throw new Error(`hash backend ${hw} was not prepared`);
    return backend;
  }

  #checksums(hw: HardwareChoice, suite: Suite | undefined): Checksums {
    if (suite === undefined) return { ...this.#backend(hw), strongBytes: STRONG_BYTES };
    const checksums = this.#suites.get(suiteKey(hw, suite));
    if (checksums === undefined) throw new Error(`${suiteKey(hw, suite)} was not prepared`);
    return checksums;
  }

  #open(reference: FileReference): OpenFile {
    const key = keyOf(reference);
    const held = this.#files.get(key);
    if (held !== undefined) return held;
    const { path, identity, turn, name } = reference;
    const opened: HeldFile = turn !== null
      ? openForApply(path, identity, name)
      : openPinned(path, { expect: identity, name });
    this.#files.set(key, opened);
    return opened;
  }

  #release(key: string): void {
    this.#files.get(key)?.close();
    this.#files.delete(key);
  }
}

/** The marks of a job's block, and of the one behind it as far as there are any. */
function marksOf({ block, bitmap: { words, first } }: MarkJob | SelectJob): BitmapBlock {
  const from = (block - first) * BLOCK_WORDS;
  return { block, marks: new Uint32Array(words).subarray(from, from + 2 * BLOCK_WORDS) };
}

/** The checksums that a job needs beside the default ones, where it does. */
function suiteOf(job: Job): Suite | undefined {
  switch (job.kind) {
    case "scan":
    case "strong":
      return job.suite;
    case "blocks": {
      const { weak, strong } = job.sums;
      return { weak: weak === "crc32c" ? weak : "crc32", strong };
    }
    case "search":
      return { weak: "crc32", strong: job.table.strongName };
    default:
      return undefined;
  }
}

function suiteKey(hw: HardwareChoice, { weak, strong }: Suite): string {
  return `${weak} and ${strong} by hw=${hw}`;
}

function keyOf({ path, identity }: FileReference): string {
  return `${identity.dev}:${identity.ino}:${identity.mtimeNs}:${path}`;
}

import { type BlockChunks, scanNextBlock } from "../chunking/block_scanner.ts";
import { createScanKernel, type ScanKernel } from "../chunking/kernel/scan_kernel.ts";
import { BLOCK_BYTES } from "../chunking/parameters.ts";
import { ScanChain } from "../chunking/scan_chain.ts";
import { applyPieces, hashSegments } from "../delta/piece_applier.ts";
import { WriteTurn } from "../files/write_turn.ts";
import type { OpenFile } from "../files/open_file.ts";
import { openPinned } from "../files/pinned_file.ts";
import { openForApply } from "../files/apply_file.ts";
import type { HardwareChoice, HashBackend } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { hashChunks } from "../matching/strong_hashing.ts";
import type { FileReference, Job, JobResults, ScanJob } from "./jobs.ts";

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
  readonly #files = new Map<string, HeldFile>();

  /** Loads what jobs with this choice need, so that {@linkcode run} need not wait for it. */
  async prepare(hw: HardwareChoice): Promise<void> {
    if (!this.#backends.has(hw)) this.#backends.set(hw, (await openBackend(hw)).backend);
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
      case "strong":
        return hashChunks(
          this.#window(),
          this.#backend(job.hw),
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
      case "verify":
        return hashSegments(
          this.#window(),
          this.#backend(job.hw),
          this.#open(job.target),
          job.segments,
        );
      case "release":
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
      return scanNextBlock(
        this.#window(),
        this.#backend(job.hw),
        this.#open(job.file),
        job.parameters,
        chain,
        job.withSegment,
      );
    } catch (error) {
      chain.abort();
      throw error;
    }
  }

  #window(): ScanKernel {
    return this.#kernel ??= createScanKernel(WINDOW_BYTES);
  }

  #backend(hw: HardwareChoice): HashBackend {
    const backend = this.#backends.get(hw);
    if (backend === undefined) throw new Error(`hash backend ${hw} was not prepared`);
    return backend;
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

function keyOf({ path, identity }: FileReference): string {
  return `${identity.dev}:${identity.ino}:${identity.mtimeNs}:${path}`;
}

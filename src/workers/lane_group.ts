import { type BitmapOptions, chunkByBitmap } from "../chunking/bitmap_chunker.ts";
import type { BlockChunks } from "../chunking/block_scanner.ts";
import type { DerivedWeaks } from "../chunking/derived_weak.ts";
import type { ChunkParameters } from "../chunking/parameters.ts";
import { chunkInParallel } from "../chunking/parallel_chunker.ts";
import type { ScanChain } from "../chunking/scan_chain.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import type { Suite } from "../hashing/suite.ts";
import { segmentCount } from "../hashing/session_digest.ts";
import type { BlockSuite, BlockSums } from "../matching/block_signature.ts";
import type { BlockTable } from "../matching/block_table.ts";
import type { SegmentMatches } from "../matching/rolling_search.ts";
import type { BlocksJob, FileReference, Job, JobResult } from "./jobs.ts";
import type { LaneHandle } from "./lane_handle.ts";

/** Bytes of blocks in one job. */
const SIGN_BYTES = 1 << 20;

/** Small jobs for one lane that are done in the time that the main thread may take to compress a piece. */
const FAR_DEPTH = 8;

/** What {@linkcode LaneGroup.chunk} may do otherwise. */
export interface ChunkOptions {
  /** Which checksums; the default ones where absent. */
  readonly suite?: Suite | undefined;
  /** What to derive weak checksums from, instead of computing them (SkySync, FAST'26, §3.2.1). */
  readonly derived?: DerivedWeaks | undefined;
  /** What to wait for before the next block, where there is anything. */
  readonly rest?: (() => Promise<void> | undefined) | undefined;
  /** Given the order of the blocks, before the first is taken. */
  readonly onChain?: ((chain: ScanChain) => void) | undefined;
}

/** The lanes that work for one session. */
export class LaneGroup {
  readonly #lanes: readonly LaneHandle[];
  /** Which backend the session's jobs use. */
  readonly hw: HardwareChoice;
  #scans = 0;

  /**
   * @param lanes At least one; other groups may share them.
   * @param hw Which backend the session's jobs use.
   */
  constructor(lanes: readonly LaneHandle[], hw: HardwareChoice) {
    this.#lanes = lanes;
    this.hw = hw;
  }

  /** How many threads work. */
  get threads(): number {
    return this.#lanes.length;
  }

  /** How many jobs to keep under way so that no lane runs dry. */
  get depth(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.depth, 0);
  }

  /** How many to keep under way where the main thread is busy in between, with compressing for example. */
  get farDepth(): number {
    return FAR_DEPTH * this.#lanes.length;
  }

  /** Gives a job to the lane that is likely to be done with it first. */
  run<J extends Job>(job: J): Promise<JobResult<J>> {
    return this.#best().run(job);
  }

  /** The lane that is likely to be done first, as a group of its own: for jobs that must keep their order. */
  alone(): LaneGroup {
    return new LaneGroup([this.#best()], this.hw);
  }

  /** Whether a file is being chunked. */
  get scanning(): boolean {
    return this.#scans > 0;
  }

  /**
   * Chunks a file by rule K.
   *
   * @param file The file.
   * @param parameters Rule K's sizes.
   * @param withSegments Whether to compute the session digest's segments as well.
   * @param onBlock Called for every block in order.
   * @param signal Stops the work.
   * @param options What else there is to say.
   */
  async chunk(
    file: FileReference,
    parameters: ChunkParameters,
    withSegments: boolean,
    onBlock: (chunks: BlockChunks) => void,
    signal?: AbortSignal,
    options: ChunkOptions = {},
  ): Promise<void> {
    const { hw } = this;
    const { derived, suite, rest, onChain } = options;
    const lanes = this.#lanes.map((lane) => ({
      depth: lane.depth,
      scan: ({ state }: { readonly state: SharedArrayBuffer }) =>
        lane.run({
          kind: "scan" as const,
          hw,
          file,
          parameters,
          chain: state,
          withSegment: withSegments,
          suite,
          derived,
        }),
    }));
    this.#scans++;
    try {
      await chunkInParallel(file.size, lanes, onBlock, signal, rest, onChain);
    } finally {
      this.#scans--;
    }
  }

  /**
   * Chunks a file by rule K in two stages, as pdsync does: all lanes mark, then one selects.
   *
   * @param file The file.
   * @param parameters Rule K's sizes.
   * @param onBlock Called for every block in order.
   * @param options Whether to hash segments, and how stages are timed.
   */
  async chunkByBitmap(
    file: FileReference,
    parameters: ChunkParameters,
    onBlock: (chunks: BlockChunks) => void,
    options: BitmapOptions,
  ): Promise<void> {
    const job = { hw: this.hw, file, parameters };
    await chunkByBitmap(
      file.size,
      {
        depth: this.depth,
        mark: (block, bitmap, withSegment) =>
          this.run({ kind: "mark", ...job, block, bitmap, withSegment }),
        select: (block, bitmap, start) =>
          this.run({ kind: "select", ...job, block, bitmap, start }),
      },
      onBlock,
      options,
    );
  }

  /**
   * Computes the checksums of a file's blocks, some of them on each lane.
   *
   * @param file The file.
   * @param block Bytes in a block, at most 1 MiB; the last one may be shorter.
   * @param sums Which checksums.
   * @param onBlocks Called with blocks that follow each other, in the file's order; no more is begun before what
   * it returns is settled, so that what nobody takes does not pile up.
   * @param signal Stops the work.
   */
  async sign(
    file: FileReference,
    block: number,
    sums: BlockSuite,
    onBlocks: (first: number, sums: BlockSums) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    const { hw } = this;
    const total = Math.ceil(file.size / block);
    const batch = Math.max(1, Math.floor(SIGN_BYTES / block));
    const jobs = function* (): Generator<BlocksJob> {
      for (let first = 0; first < total; first += batch) {
        const count = Math.min(batch, total - first);
        yield { kind: "blocks", hw, sums, file, block, first, count };
      }
    };
    await this.inOrder(jobs(), ({ first }, result) => onBlocks(first, result), signal);
  }

  /**
   * Does jobs, some of them on each lane.
   *
   * @param jobs What to do; taken as there is room.
   * @param onResult Called with each job and what it gave, in order; no more is begun before what it returns is
   * settled, so that what nobody takes does not pile up.
   * @param signal Stops the work.
   * @param depth How many are under way at once.
   */
  async inOrder<J extends Job>(
    jobs: Iterable<J>,
    onResult: (job: J, result: JobResult<J>) => void | Promise<void>,
    signal?: AbortSignal,
    depth = this.depth,
  ): Promise<void> {
    const iterator = jobs[Symbol.iterator]();
    const underWay: { readonly job: J; readonly result: Promise<JobResult<J>> }[] = [];
    for (let next = iterator.next();;) {
      while (!next.done && underWay.length < depth) {
        signal?.throwIfAborted();
        const result = this.run(next.value);
        // Its failure is met in its turn.
        result.catch(() => {});
        underWay.push({ job: next.value, result });
        next = iterator.next();
      }
      const first = underWay.shift();
      if (first === undefined) return;
      signal?.throwIfAborted();
      await onResult(first.job, await first.result);
    }
  }

  /**
   * Searches a file for the blocks of another one, a segment after the other: each begins where the one before
   * has come to.
   *
   * @param file The file.
   * @param table The blocks.
   * @param options Where the search begins, in bytes, and whether to hash the file's segments.
   * @param onMatches Called for every segment in order.
   * @param signal Stops the work.
   */
  async search(
    file: FileReference,
    table: BlockTable,
    { from, withSegments }: { readonly from: number; readonly withSegments: boolean },
    onMatches: (matches: SegmentMatches) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const lane = this.#best();
    let next = from;
    for (let segment = 0; segment < segmentCount(file.size); segment++) {
      signal?.throwIfAborted();
      const job = { hw: this.hw, file, table, segment, from: next, withSegment: withSegments };
      const matches = await lane.run({ kind: "search", ...job });
      next = matches.next;
      onMatches(matches);
    }
  }

  /** Closes the lanes' descriptors of these files. */
  async release(files: readonly FileReference[]): Promise<void> {
    await Promise.allSettled(this.#lanes.map((lane) => lane.run({ kind: "release", files })));
  }

  /** Ends the lanes themselves, where they belong to this group alone. */
  close(): void {
    for (const lane of this.#lanes) lane.close();
  }

  #best(): LaneHandle {
    let best = this.#lanes[0]!;
    for (const lane of this.#lanes) {
      if (lane.ready === best.ready ? lane.load < best.load : lane.ready) best = lane;
    }
    return best;
  }
}

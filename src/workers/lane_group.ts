import type { BlockChunks } from "../chunking/block_scanner.ts";
import type { ChunkParameters } from "../chunking/parameters.ts";
import { chunkInParallel } from "../chunking/parallel_chunker.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import type { FileReference, Job, JobResult } from "./jobs.ts";
import type { LaneHandle } from "./lane_handle.ts";

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

  /** Gives a job to the lane that is likely to be done with it first. */
  run<J extends Job>(job: J): Promise<JobResult<J>> {
    let best = this.#lanes[0]!;
    for (const lane of this.#lanes) {
      if (lane.ready === best.ready ? lane.load < best.load : lane.ready) best = lane;
    }
    return best.run(job);
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
   */
  async chunk(
    file: FileReference,
    parameters: ChunkParameters,
    withSegments: boolean,
    onBlock: (chunks: BlockChunks) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const { hw } = this;
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
        }),
    }));
    this.#scans++;
    try {
      await chunkInParallel(file.size, lanes, onBlock, signal);
    } finally {
      this.#scans--;
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
}

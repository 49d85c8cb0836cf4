import { BatchMatcher } from "./batch_matcher.ts";
import type { CandidateList } from "./candidates.ts";
import { distinctKeys } from "./confirmation.ts";
import { slicesOf } from "./slices.ts";
import { StrongTable } from "./strong_table.ts";

/**
 * Mode 1, pipeline v3: batching, expanding keys to chunks and comparing overlap, each at work on another batch;
 * a batch is divided by chunk, so that a key of many chunks is shared by all threads, and what a slice has
 * found is noted at once (ParaSync, FAST'26, §3.2).
 */
export class PipelineV3Matcher extends BatchMatcher {
  protected override async perform(batch: CandidateList): Promise<void> {
    // Stage 1, in the order of the batches.
    const table = new StrongTable(batch);
    await Promise.resolve();
    // Stage 2: the batches behind this one are in stage 1.
    const chunks = this.confirmation.expand(distinctKeys(batch));
    await Promise.resolve();
    // Stage 3, in the lanes.
    await this.confirmation.compare(
      slicesOf(chunks, this.threads, "ceiling"),
      table,
      (comparison) => this.confirmation.settle(comparison),
    );
  }
}

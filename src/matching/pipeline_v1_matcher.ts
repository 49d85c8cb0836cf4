import { BatchMatcher } from "./batch_matcher.ts";
import type { CandidateList } from "./candidates.ts";
import { type Comparison, distinctKeys } from "./confirmation.ts";
import { slicesOf } from "./slices.ts";
import { StrongTable } from "./strong_table.ts";

/**
 * Mode 0, pipeline v1: batches overlap each other, each divided by key among the threads; nothing is noted
 * before the last comparison is done (the "static" matching that ParaSync, FAST'26, §3.2 begins with).
 *
 * A key that thousands of chunks have keeps one thread busy while the others are done: that is the imbalance
 * which the next modes remove.
 */
export class PipelineV1Matcher extends BatchMatcher {
  readonly #comparisons: Comparison[] = [];

  protected override async perform(batch: CandidateList): Promise<void> {
    const table = new StrongTable(batch);
    const slices = slicesOf(distinctKeys(batch), this.threads, "floor");
    await this.confirmation.compare(
      slices.map((keys) => this.confirmation.expand(keys)),
      table,
      (comparison) => this.#comparisons.push(comparison),
    );
  }

  protected override settleRest(): void {
    for (const comparison of this.#comparisons.splice(0)) this.confirmation.settle(comparison);
  }
}

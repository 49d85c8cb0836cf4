import { BatchMatcher } from "./batch_matcher.ts";
import type { CandidateList } from "./candidates.ts";
import { type Comparison, distinctKeys } from "./confirmation.ts";
import { slicesOf } from "./slices.ts";
import type { MatcherParts } from "./strong_matcher.ts";
import { StrongTable } from "./strong_table.ts";

/**
 * Strong matching of pdsync, parallel in the straightforward way: one table of all candidates, the keys divided
 * in equal ranges among the threads, a barrier, and then the outcome in order (ParaSync, FAST'26, §4.1).
 */
export class ParallelMatcher extends BatchMatcher {
  /** @param parts What it works on. */
  constructor(parts: MatcherParts) {
    super(parts, 1, Infinity);
  }

  /** Nothing begins before {@linkcode finish}: the table is of all candidates. */
  override scanned(): void {}

  protected override async perform(all: CandidateList): Promise<void> {
    const found: Comparison[] = [];
    const ranges = slicesOf(distinctKeys(all), this.threads, "floor");
    await this.confirmation.compare(
      ranges.map((keys) => this.confirmation.expand(keys)),
      new StrongTable(all),
      (comparison) => found.push(comparison),
    );
    for (const comparison of found) this.confirmation.settle(comparison);
  }
}

import { BatchMatcher } from "./batch_matcher.ts";
import type { CandidateList } from "./candidates.ts";
import { distinctKeys } from "./confirmation.ts";
import type { MatcherParts } from "./strong_matcher.ts";
import { StrongTable } from "./strong_table.ts";

/**
 * Strong matching of the serial schemes, dsync and skysync_c: one batch after another, one job at a time, as
 * one thread would (dsync as in ParaSync, FAST'26, §2.2).
 */
export class SerialMatcher extends BatchMatcher {
  /** @param parts What it works on; the number of threads is not looked at. */
  constructor(parts: MatcherParts) {
    super(parts, 1);
  }

  protected override async perform(batch: CandidateList): Promise<void> {
    await this.confirmation.compare(
      [this.confirmation.expand(distinctKeys(batch))],
      new StrongTable(batch),
      (comparison) => this.confirmation.settle(comparison),
    );
  }
}

import { BatchMatcher } from "./batch_matcher.ts";
import type { CandidateList } from "./candidates.ts";
import { type Comparison, distinctKeys } from "./confirmation.ts";
import { slicesOf } from "./slices.ts";
import { StrongTable } from "./strong_table.ts";
import { TaskLimit } from "./task_limit.ts";

/**
 * Mode 2, flow graph: for each batch one node builds the strong table beside another that expands the keys to
 * chunks; where both are done a third compares, at most as many at once as there are threads; and a serial
 * collector notes what whole batches have found (ParaSync, FAST'26, §3.2).
 *
 * The two nodes are joined by batch: joined in the order they are done, as a queue would, a table could meet
 * the chunks of another batch.
 */
export class FlowGraphMatcher extends BatchMatcher {
  readonly #comparing = new TaskLimit(this.threads);

  protected override async perform(batch: CandidateList): Promise<void> {
    const [table, chunks] = await Promise.all([this.#build(batch), this.#expand(batch)]);
    const found = await this.#comparing.run(() => this.#compare(table, chunks));
    for (const comparison of found) this.confirmation.settle(comparison);
  }

  async #build(batch: CandidateList): Promise<StrongTable> {
    return await Promise.resolve(new StrongTable(batch));
  }

  async #expand(batch: CandidateList): Promise<Uint32Array> {
    return await Promise.resolve(this.confirmation.expand(distinctKeys(batch)));
  }

  async #compare(table: StrongTable, chunks: Uint32Array): Promise<Comparison[]> {
    const found: Comparison[] = [];
    await this.confirmation.compare(
      slicesOf(chunks, this.threads, "floor"),
      table,
      (comparison) => found.push(comparison),
    );
    return found;
  }
}

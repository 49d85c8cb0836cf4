import { GROUP_BLOCKS, PROOF_BYTES } from "../matching/block_proofs.ts";
import type { FileReference, GroupsJob } from "../workers/jobs.ts";
import type { LaneGroup } from "../workers/lane_group.ts";

/** Blocks at more places of the new file than one. */
export interface RepeatedBlocks {
  /** Bytes in a block. */
  readonly block: number;
  /** The places, but for the first of each block. */
  readonly targets: readonly number[];
  /** For each of them the first place of that block. */
  readonly firsts: readonly number[];
}

/**
 * Compares blocks that were found again with what they were found as first. The server is proven the first place
 * alone, and that hash and CRC-32 agree is no proof for the others: two contents may have both in common.
 *
 * @param lanes Who works.
 * @param file The new file.
 * @param repeated What to compare.
 * @param signal Stops the work.
 * @returns Places where something else may be: those of each group in which there is something else.
 */
export async function falseRepeats(
  lanes: LaneGroup,
  file: FileReference,
  { block, targets, firsts }: RepeatedBlocks,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const { hw } = lanes;
  const jobs = function* (): Generator<GroupsJob> {
    for (let from = 0; from < targets.length; from += GROUP_BLOCKS) {
      const own = targets.slice(from, from + GROUP_BLOCKS);
      const places = Float64Array.from([...own, ...firsts.slice(from, from + GROUP_BLOCKS)]);
      yield {
        kind: "groups",
        hw,
        file,
        block,
        places,
        counts: Uint32Array.of(own.length, own.length),
      };
    }
  };
  const wrong = new Set<number>();
  await lanes.inOrder(
    jobs(),
    ({ places }, proofs) => {
      const first = proofs.subarray(PROOF_BYTES);
      if (proofs.subarray(0, PROOF_BYTES).every((byte, i) => byte === first[i])) return;
      for (const target of places.subarray(0, places.length / 2)) wrong.add(target);
    },
    signal,
    lanes.farDepth,
  );
  return wrong;
}

/**
 * skysync_c (SkySync, FAST'26, §3.2.1): dsync whose weak checksums are derived from the checksums that the
 * storage keeps of the file's blocks (equations 1 and 2), so that at most half a block is read for each cut.
 *
 * As in the original, with `hw=0` they are derived and with `hw=1` computed; with `hw=auto` they are derived. Both
 * give the same values: nothing on the wire depends on it.
 */
import { PrefixWeaks } from "../chunking/derived_weak.ts";
import type { Suite } from "../hashing/suite.ts";
import { matchByCount } from "../matching/barrier_weak_matching.ts";
import { SerialMatcher } from "../matching/serial_matcher.ts";
import type { Chunking, KeyPlan } from "./key_plan.ts";
import { derivesWeaks, SKYSYNC_BLOCK_BYTES, SKYSYNC_SUITE } from "./record_keeper.ts";
import type { BlockChunks } from "../chunking/block_scanner.ts";

const suite: Suite = SKYSYNC_SUITE;

async function chunk(
  { file, parameters, lanes, hw, keeper, clock, stage, withSegments, signal }: Chunking,
  onBlock: (chunks: BlockChunks) => void,
): Promise<void> {
  if (!derivesWeaks(hw)) {
    return await lanes.chunk(file, parameters, withSegments, onBlock, signal, { suite });
  }
  const block = SKYSYNC_BLOCK_BYTES;
  const { weaks } = await keeper.obtain({ block, lanes, clock, stage, signal });
  const { prefix } = new PrefixWeaks(block, file.size, weaks);
  await lanes.chunk(file, parameters, withSegments, onBlock, signal, {
    suite,
    derived: { block, prefix },
  });
}

/** The plan of skysync_c. */
export const skysyncC: KeyPlan = {
  name: "skysync_c",
  suite: () => suite,
  chunk,
  begins: "keys",
  streamed: () => false,
  answers: () => "whole",
  matcher: () => Promise.resolve((parts) => new SerialMatcher(parts)),
  match: matchByCount,
};

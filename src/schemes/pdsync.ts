/**
 * pdsync (ParaSync, FAST'26, §2.3 and §4.1): dsync made parallel in the straightforward way, the paper's
 * baseline. Candidates are marked in a bitmap by all threads, then cuts are selected and weak checksums
 * computed by one (SS-CDC); keys are dealt out in equal ranges, at the server and at the client; each stage
 * ends before the next one begins, and the target is written from its beginning to its end.
 */
import { DEFAULT_SUITE } from "../hashing/suite.ts";
import { matchByKeys } from "../matching/barrier_weak_matching.ts";
import { ParallelMatcher } from "../matching/parallel_matcher.ts";
import type { KeyPlan } from "./key_plan.ts";

/** The plan of pdsync. */
export const pdsync: KeyPlan = {
  name: "pdsync",
  suite: () => DEFAULT_SUITE,
  chunk: ({ file, parameters, lanes, clock, stage, withSegments, signal }, onBlock) =>
    lanes.chunkByBitmap(file, parameters, onBlock, {
      withSegments,
      signal,
      // The two stages of Fig. 16, each by itself.
      timed: (name, work) => clock.time(`${stage}${name}`, work),
    }),
  begins: "keys",
  streamed: () => false,
  answers: () => "whole",
  matcher: () => Promise.resolve((parts) => new ParallelMatcher(parts)),
  match: matchByKeys,
};

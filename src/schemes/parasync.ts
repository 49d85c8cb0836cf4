/**
 * parasync (ParaSync, FAST'26): both ends chunk in parallel from the moment a session opens; matching is dealt
 * out by chunk and streamed in batches (§3.2); copies and literals have absolute offsets, so that they are
 * sent and applied in whatever order they become known (§3.3.1).
 *
 * Mode 3 overlaps all of this. In modes 0 to 2 the parallel matching algorithms of the original match what the
 * server has answered, and the delta leaves when they are done.
 */
import { DEFAULT_SUITE } from "../hashing/suite.ts";
import { matchByCount } from "../matching/barrier_weak_matching.ts";
import type { ModeName } from "../matching/mode_name.ts";
import { StreamingMatcher } from "../matching/streaming_matcher.ts";
import type { CreateMatcher, KeyPlan } from "./key_plan.ts";

async function createMatcher(mode: ModeName): Promise<CreateMatcher> {
  if (mode === "streaming") return (parts) => new StreamingMatcher(parts);
  const { createMatcher } = await import("../matching/modes.ts");
  return (parts) => createMatcher(mode, parts);
}

/** The plan of parasync. */
export const parasync: KeyPlan = {
  name: "parasync",
  suite: () => DEFAULT_SUITE,
  chunk: ({ file, parameters, lanes, withSegments, signal, rest, onChain }, onBlock) =>
    lanes.chunk(file, parameters, withSegments, onBlock, signal, { rest, onChain }),
  begins: "headers",
  streamed: (mode) => mode === "streaming",
  // Mode 0 waits twice for all threads; the others pass batches on (§3.2).
  answers: (mode) => mode === "pipeline-v1" ? "whole" : "batches",
  matcher: createMatcher,
  match: matchByCount,
};

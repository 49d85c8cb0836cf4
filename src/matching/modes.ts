/**
 * The parallel matching algorithms by name. Who needs the streaming one alone, which is the default, imports it
 * from its own module.
 */
import { FlowGraphMatcher } from "./flow_graph_matcher.ts";
import type { ModeName } from "./mode_name.ts";
import { PipelineV1Matcher } from "./pipeline_v1_matcher.ts";
import { PipelineV3Matcher } from "./pipeline_v3_matcher.ts";
import { StreamingMatcher } from "./streaming_matcher.ts";
import type { MatcherParts, StrongMatcher } from "./strong_matcher.ts";

const MATCHERS: Readonly<Record<ModeName, new (parts: MatcherParts) => StrongMatcher>> = {
  "pipeline-v1": PipelineV1Matcher,
  "pipeline-v3": PipelineV3Matcher,
  "flow-graph": FlowGraphMatcher,
  streaming: StreamingMatcher,
};

/**
 * Makes the matcher of a mode (ParaSync, FAST'26, §3.2).
 *
 * @param mode The mode; the delta does not depend on it.
 * @param parts What the matcher works on.
 */
export function createMatcher(mode: ModeName, parts: MatcherParts): StrongMatcher {
  return new MATCHERS[mode](parts);
}

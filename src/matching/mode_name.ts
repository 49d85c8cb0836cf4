/** The parallel matching algorithms; the place of each is its number in the original and on the wire. */
export const MODES = ["pipeline-v1", "pipeline-v3", "flow-graph", "streaming"] as const;

/** The name of a parallel matching algorithm. */
export type ModeName = typeof MODES[number];

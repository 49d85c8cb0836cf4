import type { Comparison, ContenderResult, Run } from "../comparison/comparison.ts";
import { stageTimesOf } from "../comparison/stage_times.ts";
import { summaryJson } from "./summary.ts";

/** The version of the comparison's JSON: raised when a name goes or changes its meaning. */
export const COMPARISON_SCHEMA = 1;

/**
 * A comparison as one line of JSON, with the summary of every run.
 *
 * @returns `{"type":"comparison","schema":1,…}` without a line feed.
 */
export function comparisonJson({ settings, machine, results }: Comparison): string {
  return JSON.stringify({
    type: "comparison",
    schema: COMPARISON_SCHEMA,
    old: settings.oldFile,
    new: settings.newFile,
    "old_bytes": settings.oldBytes,
    "new_bytes": settings.newBytes,
    "hw_requested": settings.hw,
    threads: settings.threads,
    "chunk_size": settings.chunkSize,
    store: settings.store,
    fsync: settings.fsync,
    rounds: settings.rounds,
    machine,
    contenders: results.map(contenderRecord),
  });
}

function contenderRecord({ contender, figures, failure, runs }: ContenderResult) {
  const { name, scheme, mode } = contender;
  const typical = figures?.typical;
  return {
    name,
    scheme,
    mode: mode ?? "",
    verified: figures !== null,
    failure,
    "elapsed_ms": figures?.elapsedMs ?? null,
    "stage_ms": typical === undefined ? null : stageTimesOf(typical.stages),
    "hw_client": typical?.hwClient ?? null,
    "hw_server": typical?.hwServer ?? null,
    "wire_up_bytes": typical?.wireUpBytes ?? null,
    "wire_down_bytes": typical?.wireDownBytes ?? null,
    "literal_bytes": typical?.literalBytes ?? null,
    copies: typical?.copies ?? null,
    "peak_rss_bytes": figures?.peakBytes ?? null,
    "checksums_client": typical?.checksumsClient ?? null,
    "checksums_server": typical?.checksumsServer ?? null,
    runs: runs.map(runRecord),
  };
}

function runRecord({ round, warmUp, summary, failure }: Run) {
  return {
    round,
    "warm_up": warmUp,
    failure,
    summary: summary === null ? null : JSON.parse(summaryJson(summary)),
  };
}

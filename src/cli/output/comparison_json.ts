import type { Comparison, ContenderResult, Run } from "../comparison/comparison.ts";
import type { Spread } from "../comparison/spread.ts";
import { type StageTimes, stageTimesOf } from "../comparison/stage_times.ts";
import { type Summary, summaryJson } from "./summary.ts";

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
    threads: typical?.threads ?? null,
    "elapsed_ms": figures === null ? null : toMicros(figures.elapsedMs),
    "stage_ms": typical === undefined ? null : stageRecord(typical),
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

function toMicros({ median, min, max }: Spread): Spread {
  return { median: micros(median), min: micros(min), max: micros(max) };
}

function stageRecord({ stages }: Summary): StageTimes {
  const times = stageTimesOf(stages);
  return { ...times, commit: micros(times.commit) };
}

/** A time in ms to the microsecond, as those of a run are: means and sums would feign more. */
function micros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function runRecord({ round, warmUp, summary, failure }: Run) {
  return {
    round,
    "warm_up": warmUp,
    failure,
    summary: summary === null ? null : JSON.parse(summaryJson(summary)),
  };
}

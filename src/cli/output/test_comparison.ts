/** A comparison for tests: two contenders that ran and one that failed. */
import { resultOf } from "../comparison/compare_schemes.ts";
import type { Comparison } from "../comparison/comparison.ts";
import { CONTENDERS } from "../comparison/contender.ts";
import type { Summary } from "./summary.ts";

/** A summary in which every field has a value of its own. */
export const TEST_SUMMARY: Summary = {
  scheme: "rsync",
  mode: "",
  threads: 1,
  hwRequested: "auto",
  hwClient: "native",
  hwServer: "native",
  oldBytes: 59_000_000,
  newBytes: 60_000_000,
  wireUpBytes: 2_900_000,
  wireDownBytes: 100_000,
  unchangedBytes: 0,
  resumedBytes: 0,
  refinedBytes: 0,
  refineRounds: 0,
  refineWireBytes: 0,
  deltaBytes: 0,
  coding: "",
  codingSavedBytes: 0,
  copiedBytes: 51_000_000,
  literalBytes: 9_000_000,
  zeroBytes: 0,
  copies: 1812,
  literals: 1,
  chunksOld: 7400,
  chunksNew: 7431,
  chunksMatched: 7012,
  elapsedMs: 840,
  rttMs: 0,
  stages: { "server signature": 200, "client search": 500, "server receive": 450 },
  digest: "ab".repeat(32),
  digestKind: "session",
  checksumsClient: "",
  checksumsServer: "",
  peakRssBytes: 150_000_000,
  dryRun: false,
  line: "",
  roundTrips: null,
  estimatedMs: null,
  verified: true,
  target: "",
};

const contender = (wanted: string) => CONTENDERS.find(({ name }) => name === wanted)!;

/** Runs of a contender that took so long. */
function ran(summary: Summary, ...elapsed: readonly number[]) {
  return elapsed.map((elapsedMs, i) => ({
    round: i + 1,
    warmUp: i === 0,
    summary: { ...summary, elapsedMs },
    failure: null,
  }));
}

const skysync: Summary = {
  ...TEST_SUMMARY,
  scheme: "skysync_f",
  checksumsClient: "stored",
  checksumsServer: "computed",
};
const streaming: Summary = {
  ...TEST_SUMMARY,
  scheme: "parasync",
  mode: "streaming",
  threads: 2,
  stages: { "client chunk": 100, "server chunk": 90, "client match": 20, "server commit": 30 },
};

/** The comparison. */
export const TEST_COMPARISON: Comparison = {
  settings: {
    oldFile: "old <b>&.img",
    newFile: "new\n\x1b.img",
    oldBytes: 59_000_000,
    newBytes: 60_000_000,
    hw: "auto",
    threads: 4,
    chunkSize: "auto",
    store: "off",
    fsync: true,
    rounds: 4,
  },
  machine: { system: "linux-x86_64", cores: 2, deno: "2.8.2", version: "0.1.0" },
  results: [
    resultOf(contender("skysync_f"), ran(skysync, 2000, 840, 820, 900)),
    resultOf(contender("pdsync"), [{
      round: 1,
      warmUp: true,
      summary: null,
      failure: { code: "file_io", exit: 11, message: "Cannot read <x>: the disk is gone" },
    }]),
    resultOf(contender("parasync/streaming"), ran(streaming, 1000, 250, 270, 260)),
  ],
};

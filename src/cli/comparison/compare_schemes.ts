import { VERSION } from "../../version.ts";
import { summaryFrom } from "../output/summary_record.ts";
import { type ChildOutcome, type ChildProgram, runChild } from "./child_program.ts";
import type {
  Comparison,
  ComparisonSettings,
  ContenderResult,
  Figures,
  Run,
  RunFailure,
} from "./comparison.ts";
import type { Contender } from "./contender.ts";
import { spreadOf } from "./spread.ts";

/** Told before each run. */
export type RunListener = (round: number, place: number, contender: Contender) => void;

/**
 * Runs each contender once a round, each time in a process of its own, so that memory and warm-up are its own. Who
 * fails drops out.
 *
 * @param contenders Who takes part.
 * @param settings How.
 * @param program How this program is started.
 * @param onRun Told before each run.
 * @param signal Stops the run that is at work, and the comparison.
 * @throws What `signal` was aborted with, or why a process could not be started.
 */
export async function compareSchemes(
  contenders: readonly Contender[],
  settings: ComparisonSettings,
  program: ChildProgram,
  onRun: RunListener,
  signal: AbortSignal,
): Promise<Comparison> {
  const runs = contenders.map((): Run[] => []);
  const out = new Set<number>();
  for (let round = 1; round <= settings.rounds; round++) {
    const order = orderOf(round, contenders.length).filter((i) => !out.has(i));
    for (const [place, i] of order.entries()) {
      const contender = contenders[i]!;
      onRun(round, place + 1, contender);
      const outcome = await runChild(program, argumentsFor(contender, settings), signal);
      const run = runOf(outcome, round, settings.rounds > 1 && round === 1);
      if (run.failure !== null) out.add(i);
      runs[i]!.push(run);
    }
  }
  return {
    settings,
    machine: {
      system: `${Deno.build.os}-${Deno.build.arch}`,
      cores: navigator.hardwareConcurrency,
      deno: Deno.version.deno,
      version: VERSION,
    },
    results: contenders.map((contender, i) => resultOf(contender, runs[i]!)),
  };
}

/**
 * Who comes when in a round: a run leaves its mark on the next one, so everybody takes every place and follows
 * everybody else.
 *
 * @param round From 1.
 * @param count How many there are.
 * @returns Their places.
 */
export function orderOf(round: number, count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => (i + round - 1) % count);
  return round % 2 === 1 ? order : order.reverse();
}

function argumentsFor({ scheme, mode }: Contender, settings: ComparisonSettings): string[] {
  const { oldFile, newFile, hw, threads, chunkSize, store, fsync } = settings;
  return [
    "local",
    `--scheme=${scheme}`,
    ...mode === undefined ? [] : [`--mode=${mode}`],
    `--hw=${hw}`,
    `--threads=${threads}`,
    `--chunk-size=${chunkSize}`,
    `--store=${store}`,
    `--fsync=${fsync ? "on" : "off"}`,
    "--json",
    "--progress=off",
    "--log-level=error",
    "--",
    oldFile,
    newFile,
  ];
}

/**
 * Reads what a child left.
 *
 * @param outcome Its exit code and output.
 * @param round Which round it ran in.
 * @param warmUp Whether it only warmed up.
 */
export function runOf(outcome: ChildOutcome, round: number, warmUp: boolean): Run {
  const record = lastRecord(outcome.stdout);
  const summary = outcome.code === 0 && record !== null ? summaryFrom(record) : null;
  if (summary?.verified) return { round, warmUp, summary, failure: null };
  return { round, warmUp, summary: null, failure: failureOf(outcome, record) };
}

function failureOf({ code, stderr }: ChildOutcome, record: Record<string, unknown> | null) {
  const said = record?.type === "error" ? record : {};
  const lastLine = stderr.trimEnd().split("\n").at(-1) ?? "";
  const failure: RunFailure = {
    code: typeof said.code === "string" ? said.code : "internal",
    exit: code === 0 ? 12 : code,
    message: typeof said.message === "string"
      ? said.message
      : `Cannot use its result: it ended with ${code}${lastLine === "" ? "" : ` (${lastLine})`}`,
  };
  return failure;
}

function lastRecord(stdout: string): Record<string, unknown> | null {
  try {
    const record: unknown = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    return typeof record === "object" ? record as Record<string, unknown> | null : null;
  } catch {
    return null;
  }
}

/**
 * What counts of a contender's runs.
 *
 * @param contender Who.
 * @param runs Its runs, in order.
 */
export function resultOf(contender: Contender, runs: readonly Run[]): ContenderResult {
  const failure = runs.find((run) => run.failure !== null)?.failure ?? null;
  const counted = runs.flatMap(({ warmUp, summary }) =>
    warmUp || summary === null ? [] : [summary]
  );
  if (failure !== null || counted.length === 0) {
    return { contender, runs, figures: null, failure };
  }
  const elapsedMs = spreadOf(counted.map((summary) => summary.elapsedMs));
  const away = (ms: number): number => Math.abs(ms - elapsedMs.median);
  const typical = counted.reduce((best, each) =>
    away(each.elapsedMs) < away(best.elapsedMs) ? each : best
  );
  const peaks = counted.map(({ peakRssBytes }) => peakRssBytes);
  const known = peaks.filter((bytes) => bytes !== null);
  const figures: Figures = {
    elapsedMs,
    typical,
    peakBytes: known.length === 0 ? null : Math.max(...known),
  };
  return { contender, runs, figures, failure };
}

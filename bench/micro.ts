/** The parts of a sync, measured one by one: `deno task bench --help`. */
import { openBackend } from "../src/hashing/select.ts";
import { runBench, type Workbench } from "./command.ts";
import type { Machine } from "./e2e/machine.ts";
import type { Case, CaseSource, Materials } from "./micro/case.ts";
import { chunkingCases } from "./micro/chunking_cases.ts";
import { deltaCases } from "./micro/delta_cases.ts";
import { hashingCases } from "./micro/hashing_cases.ts";
import { limitCases, LIMITS } from "./micro/limit_cases.ts";
import { matchingCases } from "./micro/matching_cases.ts";
import { measureCases, type MicroResult } from "./micro/measurement.ts";
import { MICRO_USAGE, type MicroOptions, readMicroOptions } from "./micro/options.ts";
import { renderMicro } from "./micro/report.ts";

const SCHEMA = 1;
const SAMPLE_MS = 10;

/** What rows come from; the order is the table's. */
const SOURCES: readonly CaseSource[] = [
  limitCases,
  chunkingCases,
  hashingCases,
  matchingCases,
  deltaCases,
];

/** A run of the micro benches, as its JSON. */
export interface MicroRun {
  readonly type: "micro";
  readonly schema: number;
  readonly machine: Machine;
  readonly rounds: number;
  readonly results: readonly MicroResult[];
}

/** Limits are always measured: the others are compared with them. */
function isWanted({ group, name }: Case, filters: readonly string[]): boolean {
  const text = `${group} ${name}`.toLowerCase();
  return group === LIMITS || filters.length === 0 || filters.some((word) => text.includes(word));
}

async function measure(
  { filters, rounds }: MicroOptions,
  { folder, signal, show, say, describe }: Workbench,
): Promise<MicroRun> {
  const closers: (() => void | Promise<void>)[] = [];
  try {
    const machine = await describe();
    const [portable, best] = [await openBackend("0"), await openBackend("auto")];
    const backends = [portable.backend, ...best.missing === undefined ? [best.backend] : []];
    const materials: Materials = { folder, backends, onEnd: (close) => closers.push(close) };
    const cases: Case[] = [];
    for (const source of SOURCES) cases.push(...await source(materials));
    const results = await measureCases(cases.filter((item) => isWanted(item, filters)), {
      rounds,
      sampleMs: SAMPLE_MS,
      now: () => performance.now(),
      onRound: (round) => {
        signal.throwIfAborted();
        if (round % 5 === 1) say(`round ${round} of ${rounds}`);
      },
    });
    show(
      `\n${
        renderMicro(results)
      }\nMedians of ${rounds} rounds, in turn; every result was checked. ` +
        "The limit of a row is that of the same run.\n",
    );
    return { type: "micro", schema: SCHEMA, machine, rounds, results };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

if (import.meta.main) await runBench({ usage: MICRO_USAGE, read: readMicroOptions, measure });

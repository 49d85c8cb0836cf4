import { FAILURES } from "../../errors.ts";
import type { Check, CheckStatus, Section } from "../doctor/check.ts";

/** The version of the JSON: raised when a name goes or changes its meaning. */
export const DOCTOR_SCHEMA = 1;

/** All checks, in their order. */
function checksOf(sections: readonly Section[]): Check[] {
  return sections.flatMap(({ checks }) => checks);
}

/**
 * How many checks ended in each way.
 *
 * @param sections The checks.
 */
export function tallyOf(sections: readonly Section[]): Readonly<Record<CheckStatus, number>> {
  const tally = { ok: 0, note: 0, problem: 0 };
  for (const { status } of checksOf(sections)) tally[status]++;
  return tally;
}

/**
 * The exit code of a diagnosis: 0 without a problem, else what a sync would end with for the first one.
 *
 * @param sections The checks.
 */
export function doctorExit(sections: readonly Section[]): number {
  const code = checksOf(sections).find(({ status }) => status === "problem")?.code ?? null;
  return code === null ? 0 : FAILURES[code].exit;
}

/**
 * A diagnosis as one line of JSON.
 *
 * @param sections The checks.
 * @returns `{"type":"doctor","schema":1,…}` without a line feed.
 */
export function doctorJson(sections: readonly Section[]): string {
  const { note, problem } = tallyOf(sections);
  return JSON.stringify({
    type: "doctor",
    schema: DOCTOR_SCHEMA,
    exit: doctorExit(sections),
    notes: note,
    problems: problem,
    checks: checksOf(sections).map(({ name, status, text, advice, code, figures }) => ({
      name,
      status,
      text,
      advice,
      code,
      figures: Object.fromEntries(
        Object.entries(figures).map(([key, value]) => [
          key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
          value,
        ]),
      ),
    })),
  });
}

// @ts-types="../src/types/std_assert.d.ts"
import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import type { Outcome } from "./program.ts";

/** The summary's JSON as a script sees it. */
export type SummaryJson = Record<string, unknown> & {
  readonly stages: Record<string, number>;
  readonly digest: string;
};

/**
 * Asserts that a program failed as bad input must: the code, one line on stderr that names the thing, and no
 * stack trace.
 *
 * @param outcome What it left.
 * @param exit The exit code.
 * @param line What the line must say.
 */
export function assertFailed(outcome: Outcome, exit: number, line: RegExp): void {
  const { code, stdout, stderr } = outcome;
  assertMatch(stderr, line);
  assertMatch(stderr, /^parasync: Cannot [^\n]+[^.\n]\n$/, "not one line of the error grammar");
  assertNotMatch(stderr, /--verbose shows where|^\s+at /m);
  assertEquals({ code, stdout }, { code: exit, stdout: "" }, stderr);
}

/**
 * Asserts that a sync with `--json` succeeded without a word on stderr.
 *
 * @returns Its summary.
 */
export function assertSummary(outcome: Outcome): SummaryJson {
  assertEquals({ code: outcome.code, stderr: outcome.stderr }, { code: 0, stderr: "" });
  assertMatch(outcome.stdout, /^\{[^\n]*\}\n$/, "not one line of JSON");
  return JSON.parse(outcome.stdout);
}

/**
 * Asserts that a program succeeded.
 *
 * @returns What it wrote to stdout.
 */
export function assertSucceeded(outcome: Outcome): string {
  assertEquals({ code: outcome.code, stderr: outcome.stderr }, { code: 0, stderr: "" });
  return outcome.stdout;
}

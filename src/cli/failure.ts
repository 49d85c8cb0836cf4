import { type FailureCode, FAILURES, ParasyncError } from "../errors.ts";
import { redact } from "../telemetry/log.ts";
import { printable } from "../telemetry/printable.ts";
import type { Output } from "./output/output.ts";

/** What to tell about a failure. */
export interface Failure {
  /** Its stable code. */
  readonly code: FailureCode;
  /** The exit code. */
  readonly exit: number;
  /** One line. */
  readonly message: string;
  /** Whether it is one that the program knows of, and not a fault of its own. */
  readonly expected: boolean;
}

/** Where and how failures are told. */
export interface FailureReport {
  /** Where the object goes that `json` asks for. */
  readonly stdout: Output;
  /** Where the line for people goes. */
  readonly stderr: Output;
  /** Whether a script reads stdout. */
  readonly json: boolean;
  /** Whether to show where the error came from. */
  readonly verbose: boolean;
}

/** The version of the error's JSON. */
const ERROR_SCHEMA = 1;

/**
 * What kind of failure an error is: what the program throws says so itself, everything else is `internal`.
 *
 * @param error Anything that was thrown.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof ParasyncError) {
    const { code, message } = error;
    return { code, exit: FAILURES[code].exit, message, expected: true };
  }
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: "internal",
    exit: FAILURES.internal.exit,
    message: `Cannot go on: ${said}`,
    expected: false,
  };
}

/** The stack of an error and of what caused it, a line each, with nothing that moves a cursor. */
function stackLines(error: unknown): string[] {
  const lines: string[] = [];
  let current = error;
  for (let depth = 0; current instanceof Error && depth < 8; depth++) {
    if (depth > 0) lines.push("caused by:");
    lines.push(...(current.stack ?? `${current.name}: ${current.message}`).split("\n"));
    current = current.cause;
  }
  return lines.map((line) => printable(redact(line)));
}

/**
 * Tells about a failure: a line on stderr, with `verbose` the stack, and with `json` an object on stdout.
 *
 * @param error Anything that was thrown.
 * @param report Where and how.
 * @returns The exit code.
 */
export function reportFailure(error: unknown, report: FailureReport): number {
  const { code, exit, message, expected } = failureOf(error);
  const line = printable(redact(message));
  const hint = expected || report.verbose ? "" : " (--verbose shows where)";
  report.stderr.write(`parasync: ${line}${hint}\n`);
  if (report.verbose) {
    for (const each of stackLines(error)) report.stderr.write(`  ${each}\n`);
  }
  if (report.json) {
    const record = { type: "error", schema: ERROR_SCHEMA, code, exit, message: redact(message) };
    report.stdout.write(`${JSON.stringify(record)}\n`);
  }
  return exit;
}

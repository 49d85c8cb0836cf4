/**
 * Every failure that a person or a peer can be told about, by a stable code.
 *
 * The code travels in problem documents and JSON summaries; the HTTP status and the exit code follow
 * from it in this one table (exit codes are rsync's where rsync has one).
 */
export const FAILURES = {
  usage: { status: 400, exit: 1 },
  bad_request: { status: 400, exit: 2 },
  method_not_allowed: { status: 405, exit: 2 },
  unsupported_version: { status: 426, exit: 2 },
  not_a_server: { status: 502, exit: 2 },
  not_found: { status: 404, exit: 3 },
  file_selection: { status: 403, exit: 3 },
  unauthorized: { status: 401, exit: 5 },
  forbidden: { status: 403, exit: 5 },
  locked: { status: 409, exit: 5 },
  connection: { status: 502, exit: 10 },
  file_io: { status: 500, exit: 11 },
  no_space: { status: 507, exit: 11 },
  stream: { status: 400, exit: 12 },
  internal: { status: 500, exit: 12 },
  interrupted: { status: 499, exit: 20 },
  too_large: { status: 413, exit: 22 },
  busy: { status: 429, exit: 22 },
  changed: { status: 409, exit: 24 },
  timeout: { status: 408, exit: 30 },
  connect_timeout: { status: 504, exit: 35 },
  verification: { status: 422, exit: 40 },
} as const;

/** The stable name of a failure. */
export type FailureCode = keyof typeof FAILURES;

/** A failure with a stable code and a one-line message that names the thing that failed. */
export class ParasyncError extends Error {
  override readonly name = "ParasyncError";
  /** Which failure this is. */
  readonly code: FailureCode;

  /**
   * @param code Which failure this is.
   * @param message One line, in the form "Cannot <verb> <thing>: <reason>", without a full stop.
   * @param options The error that caused this one, if any.
   */
  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether `value` is a code of {@linkcode FAILURES}; codes from a peer are checked with it. */
export function isFailureCode(value: string): value is FailureCode {
  return Object.hasOwn(FAILURES, value);
}

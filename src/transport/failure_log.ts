import { toFailure } from "./problem.ts";
import type { RequestTrace } from "./request_trace.ts";
import type { ServerTelemetry } from "./server_telemetry.ts";

/** What failed, as a line of the log says it. */
export interface LoggedFailure {
  /** What could not be done. */
  readonly message: string;
  /** With what. */
  readonly name: string;
  /** What was thrown. */
  readonly error: unknown;
}

/**
 * Counts and logs a failure. What is ours to mend is an error; what a client did is not.
 *
 * @param failed What failed.
 * @param trace The request that it happened to.
 * @param telemetry Who counts it.
 */
export function logFailure(
  { message, name, error }: LoggedFailure,
  { logger, client }: RequestTrace,
  telemetry: ServerTelemetry,
): void {
  const failure = toFailure(error);
  telemetry.failed(failure);
  const fields = { name, client, code: failure.code, reason: failure.message };
  if (failure.code !== "internal") return logger.warn(message, fields);
  const cause = error instanceof Error ? error.stack ?? error.message : String(error);
  logger.error(message, { ...fields, cause });
}

import { ParasyncError } from "../errors.ts";

/** A refusal that a client should come back from: `busy`, and when to come. */
export class BusyError extends ParasyncError {
  /** In whole seconds, at least one. */
  readonly retryAfterSeconds: number;

  /**
   * @param message One line, as of any failure.
   * @param retryAfterMs When to come again, in ms from now.
   */
  constructor(message: string, retryAfterMs: number) {
    super("busy", message);
    this.retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  }
}

import { type FailureCode, ParasyncError } from "../errors.ts";

/** The most failures, and the most commits, that are remembered at once. */
const MOST_OUTCOMES = 256;

/** What became of the latest sessions: their clients may not get the answers that say so. */
export class SessionOutcomes {
  /** In words alone: an error holds, by its stack, all that was at work where it was made, buffers included. */
  readonly #failures = new Map<string, { readonly code: FailureCode; readonly message: string }>();
  readonly #commits = new Set<string>();

  /**
   * Remembers why a session failed; the first reason stays.
   *
   * @param key The session's key.
   * @param reason Why.
   */
  failed(key: string, { code, message }: ParasyncError): void {
    if (!this.#failures.has(key)) this.#failures.set(key, { code, message });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_OUTCOMES) this.#failures.delete(oldest!);
  }

  /** Remembers that the target of the session with this key is committed. */
  committed(key: string): void {
    this.#commits.add(key);
    const [oldest] = this.#commits;
    if (this.#commits.size > MOST_OUTCOMES) this.#commits.delete(oldest!);
  }

  /** Whether the target of the session with this key was committed lately. */
  isCommitted(key: string): boolean {
    return this.#commits.has(key);
  }

  /** Why the session with this key failed, if it did so lately. */
  failure(key: string): ParasyncError | undefined {
    const failure = this.#failures.get(key);
    return failure && new ParasyncError(failure.code, failure.message);
  }
}

/**
 * Does work that a program may break off.
 *
 * @param outer The program's signal, if it gave one.
 * @param work The work, with a signal of its own, whose listeners go with it.
 * @returns What the work gives.
 * @throws {unknown} The signal's reason once it is aborted, whatever that led to; else what the work throws.
 */
export async function abortable<T>(
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const forward = (): void => controller.abort(outer?.reason);
  outer?.addEventListener("abort", forward);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw outer?.aborted ? outer.reason : error;
  } finally {
    outer?.removeEventListener("abort", forward);
  }
}

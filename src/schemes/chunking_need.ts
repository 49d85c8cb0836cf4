/**
 * Whether a server needs its basis in chunks. As long as all segments that a client asks about are the same there may
 * never be a key to look up, and chunking rests.
 */
export class ChunkingNeed {
  #rest: PromiseWithResolvers<void> | undefined;
  #certain = false;
  readonly #never = new AbortController();

  /** Aborted when the basis was the same as far as was asked, and no key can come. */
  get spared(): AbortSignal {
    return this.#never.signal;
  }

  /** What chunking should wait for before it goes on, if for anything. */
  get rest(): Promise<void> | undefined {
    return this.#rest?.promise;
  }

  /** Segments were compared. */
  compared(allSame: boolean): void {
    if (this.#certain || this.spared.aborted) return;
    if (allSame) this.#rest ??= Promise.withResolvers();
    else this.need();
  }

  /** There is a key to look up, or there will be. */
  need(): void {
    this.#certain = true;
    this.#goOn();
  }

  /** There was no key and will be none: where chunking rests it need not go on, and else it does not rest any more. */
  end(): void {
    if (this.#rest === undefined) this.#certain = true;
    else this.#never.abort();
    this.#goOn();
  }

  #goOn(): void {
    this.#rest?.resolve();
    this.#rest = undefined;
  }
}

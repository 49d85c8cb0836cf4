interface Span {
  readonly begin: number;
  end: number | undefined;
  running: number;
}

/**
 * The wall time of each stage of a sync, from its first start to its last end. Stages overlap, so their
 * times add up to more than the whole.
 */
export class StageClock {
  readonly #now: () => number;
  readonly #spans = new Map<string, Span>();

  /** @param now The time in milliseconds from any fixed origin. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Marks a start of `stage`; several starts may be open at once, as when several workers share it. */
  start(stage: string): void {
    const span = this.#spans.get(stage);
    if (span === undefined) {
      this.#spans.set(stage, { begin: this.#now(), end: undefined, running: 1 });
    } else {
      span.running++;
    }
  }

  /** Marks an end of `stage`; the last one counts. One without a start is ignored. */
  stop(stage: string): void {
    const span = this.#spans.get(stage);
    if (span === undefined || span.running === 0) return;
    span.running--;
    span.end = this.#now();
  }

  /**
   * Notes a stage that is over by now.
   *
   * @param stage Its name.
   * @param ms How long it took up to now.
   */
  add(stage: string, ms: number): void {
    const end = this.#now();
    this.#spans.set(stage, { begin: end - ms, end, running: 0 });
  }

  /**
   * Runs `body` as a part of `stage`, whether it succeeds or not.
   *
   * @returns What `body` returns.
   */
  async time<T>(stage: string, body: () => T | Promise<T>): Promise<T> {
    this.start(stage);
    try {
      return await body();
    } finally {
      this.stop(stage);
    }
  }

  /**
   * The time of each stage in milliseconds, rounded to microseconds, in order of first start. A stage
   * still running counts up to now.
   */
  toMillis(): Record<string, number> {
    const millis: Record<string, number> = {};
    for (const [stage, { begin, end, running }] of this.#spans) {
      const last = running > 0 || end === undefined ? this.#now() : end;
      millis[stage] = Math.round((last - begin) * 1000) / 1000;
    }
    return millis;
  }
}

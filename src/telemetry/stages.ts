/** When a stage was at work, in ms from an origin that whoever asks has chosen. */
export interface StageTime {
  /** Its name. */
  readonly stage: string;
  /** Its first start. */
  readonly beginMs: number;
  /** Its last end; now, where it is still running. */
  readonly endMs: number;
  /** How much of the time between it was at work, and not waiting for something to work on. */
  readonly busyMs: number;
}

interface Span {
  readonly begin: number;
  end: number | undefined;
  running: number;
  /** How many of those running wait for something to work on. */
  waiting: number;
  busy: number;
  /** When `busy` was last brought up to date. */
  since: number;
}

function round(millis: number): number {
  return Math.round(millis * 1000) / 1000;
}

/**
 * The wall time of each stage of a sync, from its first start to its last end. Stages overlap, so their
 * times add up to more than the whole.
 */
export class StageClock {
  /** When it was made, by its own time. */
  readonly origin: number;
  readonly #now: () => number;
  readonly #spans = new Map<string, Span>();

  /** @param now The time in milliseconds from any fixed origin. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.origin = now();
  }

  /** How long ago it was made, in ms. */
  get elapsedMs(): number {
    return round(this.#now() - this.origin);
  }

  /** Marks a start of `stage`; several starts may be open at once, as when several workers share it. */
  start(stage: string): void {
    const now = this.#now();
    const span = this.#spans.get(stage);
    if (span === undefined) {
      this.#spans.set(stage, {
        begin: now,
        end: undefined,
        running: 1,
        waiting: 0,
        busy: 0,
        since: now,
      });
    } else {
      settle(span, now);
      span.running++;
    }
  }

  /** Marks an end of `stage`; the last one counts. One without a start is ignored. */
  stop(stage: string): void {
    const span = this.#spans.get(stage);
    if (span === undefined || span.running === 0) return;
    span.end = this.#now();
    settle(span, span.end);
    span.running--;
  }

  /**
   * Notes a stage that is over by now.
   *
   * @param stage Its name.
   * @param ms How long it took up to now.
   */
  add(stage: string, ms: number): void {
    const end = this.#now();
    this.#spans.set(stage, { begin: end - ms, end, running: 0, waiting: 0, busy: ms, since: end });
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
   * What a running stage works on; the time in which it waits for the next part of it is no work.
   *
   * @param stage Its name.
   * @param parts What it works on, as it arrives.
   * @returns The same.
   */
  async *awaited<T>(
    stage: string,
    parts: AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    this.#wait(stage, 1);
    let waiting = true;
    try {
      for await (const part of parts) {
        this.#wait(stage, -1);
        waiting = false;
        yield part;
        this.#wait(stage, 1);
        waiting = true;
      }
    } finally {
      if (waiting) this.#wait(stage, -1);
    }
  }

  #wait(stage: string, more: 1 | -1): void {
    const span = this.#spans.get(stage);
    if (span === undefined) return;
    settle(span, this.#now());
    span.waiting += more;
  }

  /**
   * The time of each stage in milliseconds, rounded to microseconds, in order of first start. A stage
   * still running counts up to now.
   */
  toMillis(): Record<string, number> {
    const times = this.timeline(0).map(({ stage, beginMs, endMs }) =>
      [stage, round(endMs - beginMs)] as const
    );
    return Object.fromEntries(times);
  }

  /**
   * When each stage was at work, in order of first start. A stage still running counts up to now.
   *
   * @param origin Where to count from, by this clock's time; absent: from when the clock was made.
   */
  timeline(origin = this.origin): StageTime[] {
    const now = this.#now();
    return [...this.#spans].map(([stage, span]) => {
      const { begin, end, running, waiting, busy, since } = span;
      return {
        stage,
        beginMs: round(begin - origin),
        endMs: round((running > 0 || end === undefined ? now : end) - origin),
        busyMs: round(running > waiting ? busy + now - since : busy),
      };
    });
  }
}

/** Brings the time at work up to date, before it changes whether there is work. */
function settle(span: Span, now: number): void {
  if (span.running > span.waiting) span.busy += now - span.since;
  span.since = now;
}

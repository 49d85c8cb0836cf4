/** Lets so many tasks run at once and no more; the others begin in the order they came. */
export class TaskLimit {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most How many tasks may run at once. */
  constructor(most: number) {
    this.#free = most;
  }

  /** Runs a task when it is its turn; resolves or rejects as it does. */
  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

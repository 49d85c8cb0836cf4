/** The jobs that an assembler has under way in its lanes, and what became of them. */
export class Work {
  readonly #onDone: () => void;
  #underWay = 0;
  #failure: { readonly reason: unknown } | undefined;
  #changed: (() => void)[] = [];

  /** @param onDone Called after each job, before whoever waits is told: the time to start the next one. */
  constructor(onDone: () => void) {
    this.#onDone = onDone;
  }

  /** How many jobs are under way. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Whether a job has failed, or all has been given up; nothing should be started any more then. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Starts a job. */
  start(job: () => Promise<void>): void {
    this.#underWay++;
    job().catch((reason) => this.fail(reason)).finally(() => {
      this.#underWay--;
      this.#onDone();
      this.#wake();
    });
  }

  /** Gives up: whoever waits is told the first reason. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wake();
  }

  /** @throws The reason why it has failed, if it has. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  /** Resolves when a job has ended or all has been given up. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  /**
   * Waits for every job.
   *
   * @throws The reason why one of them failed, as soon as it has.
   */
  async settle(): Promise<void> {
    this.throwIfFailed();
    while (this.#underWay > 0) {
      await this.change();
      this.throwIfFailed();
    }
  }

  /** Resolves when no job is under way any more, whatever became of them. */
  async idle(): Promise<void> {
    while (this.#underWay > 0) await this.change();
  }

  #wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

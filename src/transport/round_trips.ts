/** The pause between two round trips, in ms, at first; it doubles up to the longest. */
const PAUSE_MS = 3;
const LONGEST_PAUSE_MS = 100;

/**
 * Measures the line to a server from the moment a session is opened: round trip after round trip, since while both
 * ends are busy reading their files many are late, by as much as 80 ms where they share a machine.
 */
export class RoundTrips {
  #shortest = Infinity;
  /** How many were measured that began when this end was idle. */
  #sure = 0;
  #calm = false;
  /** Whether none can be measured here, so that the ones measured elsewhere must do. */
  #alone = false;
  #over = false;
  #changed: () => void = () => {};

  readonly #needed: number;

  /**
   * @param once Makes one round trip; the first opens the connection and does not count.
   * @param needed How many must be long, of those that begin in calm, for the line to be.
   */
  constructor(once: () => Promise<void>, needed = 1) {
    this.#needed = needed;
    // A failure shows in the request that matters; nothing more is known of the line then.
    this.#measure(once).catch(() => {
      this.#alone = true;
    });
  }

  /** Counts a round trip that was measured elsewhere, in ms. */
  add(ms: number): void {
    this.#count(ms, this.#alone);
  }

  /**
   * Ends the measurement as soon as enough is known.
   *
   * @param short A round trip that is shorter says enough, in ms.
   * @param calm Resolves when this end has nothing to do any more that could make one late.
   * @returns The shortest in ms: shorter than that, or one of those that were measured in calm.
   */
  async shortest(short: number, calm: Promise<void>): Promise<number> {
    calm.then(() => {
      this.#calm = true;
      this.#changed();
    }, () => {});
    while (this.#shortest >= short && this.#sure < this.#needed) {
      if (this.#alone && this.#shortest < Infinity) break;
      await this.#change();
    }
    this.#over = true;
    this.#changed();
    return this.#shortest;
  }

  async #measure(once: () => Promise<void>): Promise<void> {
    await once();
    for (let pause = PAUSE_MS; !this.#over; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const calm = this.#calm;
      const begin = performance.now();
      await once();
      this.#count(performance.now() - begin, calm);
      if (this.#over || this.#calm && this.#sure < this.#needed) continue;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise((resolve) => timer = setTimeout(resolve, pause));
      await Promise.race([late, this.#change()]).finally(() => clearTimeout(timer));
    }
  }

  #count(ms: number, sure: boolean): void {
    this.#shortest = Math.min(this.#shortest, ms);
    if (sure) this.#sure++;
    this.#changed();
  }

  #change(): Promise<void> {
    const before = this.#changed;
    return new Promise<void>((resolve) =>
      this.#changed = () => {
        before();
        resolve();
      }
    );
  }
}

/** The pause between two round trips, in ms, at first; it doubles up to the longest. */
const PAUSE_MS = 3;
const LONGEST_PAUSE_MS = 100;

/** While one is waited for, it is looked so often whether this end is free to take its answer, in ms. */
const LOOK_MS = 4;

/**
 * Measures the line to a server from the moment a session is opened: round trip after round trip, since while both
 * ends are busy reading their files many are late, by as much as 80 ms where they share a machine.
 */
export class RoundTrips {
  #shortest = Infinity;
  /** How many were measured that began when this end was idle. */
  #sure = 0;
  #calm = false;
  /** Whether one is under way that began when this end was idle. */
  #waiting = false;
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
   * @returns The shortest in ms: shorter than that, or none was in calm.
   */
  async shortest(short: number, calm: Promise<void>): Promise<number> {
    calm.then(() => {
      this.#calm = true;
      this.#changed();
    }, () => {});
    while (this.#shortest >= short && this.#sure < this.#needed) {
      if (this.#alone && this.#shortest < Infinity) break;
      if (await this.#isLong(short)) break;
    }
    this.#over = true;
    this.#changed();
    return this.#shortest;
  }

  /**
   * Waits for news, but no longer than it takes to see that the last one needed is long: its answer is not there
   * though this end was free to take it all the while.
   */
  async #isLong(short: number): Promise<boolean> {
    const known = this.#shortest < Infinity && this.#sure === this.#needed - 1;
    if (!known || !this.#waiting) {
      await this.#change();
      return false;
    }
    let changed = false;
    this.#change().then(() => changed = true);
    for (let free = 0; free < short;) {
      const begin = performance.now();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (changed) return false;
      const ms = performance.now() - begin;
      free = ms < 2 * LOOK_MS ? free + ms : 0;
    }
    return true;
  }

  async #measure(once: () => Promise<void>): Promise<void> {
    await once();
    for (let pause = PAUSE_MS; !this.#over; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const calm = this.#calm;
      const begin = performance.now();
      this.#waiting = calm;
      if (calm) this.#changed();
      await once();
      this.#waiting = false;
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

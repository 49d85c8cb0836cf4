import { setTimeout as sleep } from "node:timers/promises";
import type { PatchAnswer, Peer, SignatureAnswer } from "./scheme.ts";

/** The line that a server is thought to be behind. */
export interface ThoughtLine {
  /** Bits a second. */
  readonly bitsPerSecond: number;
  /** A round trip in ms. */
  readonly rttMs: number;
}

/** A TCP connection takes a round trip before its first request, and that request another. */
const OPENING_TRIPS = 2;

/**
 * A server that is asked everything and sent nothing: bodies of the patch are made whole, so that their bytes are
 * known, and dropped.
 */
export class DryPeer implements Peer {
  readonly #peer: Peer;
  readonly #line: ThoughtLine | undefined;
  readonly #signal: AbortSignal;
  #roundTrips = OPENING_TRIPS;

  /**
   * @param peer The server.
   * @param line The line that what is sent is chosen for; the real one where undefined.
   * @param signal Stops it.
   */
  constructor(peer: Peer, line: ThoughtLine | undefined, signal: AbortSignal) {
    this.#peer = peer;
    this.#line = line;
    this.#signal = signal;
  }

  /** How often so far one end would have waited for the other. */
  get roundTrips(): number {
    return this.#roundTrips;
  }

  match(frames: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    return this.#peer.match(frames);
  }

  async signature(): Promise<SignatureAnswer> {
    // Its acknowledgement is waited for; where the client moves first it goes beside other things.
    this.#roundTrips++;
    return await this.#peer.signature();
  }

  acknowledge(key: string): Promise<number> {
    return this.#peer.acknowledge(key);
  }

  async roundTrip(
    acknowledged: Promise<number>,
    short: number,
    calm: Promise<void>,
  ): Promise<number> {
    if (this.#line !== undefined) return this.#line.rttMs;
    return await this.#peer.roundTrip(acknowledged, short, calm);
  }

  /** Which rounds pay is decided by how fast checksums come, so that they come no faster than on the line. */
  async *refine(key: string, frame: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array> {
    this.#roundTrips++;
    let due = performance.now();
    for await (const piece of this.#peer.refine(key, frame)) {
      if (this.#line !== undefined) {
        const now = performance.now();
        due = Math.max(due, now) + piece.length * 8000 / this.#line.bitsPerSecond;
        if (due - now >= 1) await sleep(due - now, undefined, { signal: this.#signal });
      }
      yield piece;
    }
  }

  async patch(_key: string, pieces: AsyncIterable<Uint8Array>): Promise<PatchAnswer> {
    this.#roundTrips++;
    const iterator = pieces[Symbol.asyncIterator]();
    while (!(await iterator.next()).done);
    // Whether more is to come is known to the one who sends.
    return { committed: true, stages: {}, segments: null };
  }
}

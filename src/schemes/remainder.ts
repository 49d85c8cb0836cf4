import { RangeQueue } from "../delta/range_queue.ts";
import { ParasyncError } from "../errors.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { hasBit } from "../matching/block_proofs.ts";
import type { MatchSink } from "../matching/match_list.ts";

/** Marks of ranges that are sent, and of those of them that are zero. */
const SENT = -1;
const ZERO = -2;

/**
 * Passes on what the target still lacks. Where an interrupted sync has left something of it, ranges wait until it is
 * known which of their segments are there already; those are dropped. Otherwise everything goes straight through.
 */
export class Remainder implements MatchSink {
  readonly #sink: MatchSink;
  readonly #size: number;
  readonly #copies = new RangeQueue();
  readonly #literals = new RangeQueue();
  readonly #zeros = new RangeQueue();
  readonly #held: Uint8Array;
  #state: "undecided" | "on" | "off" = "undecided";
  /** Up to where it is known what is there. */
  #settled = 0;

  /**
   * @param size Size of the new file in bytes.
   * @param sink Where copies and literals go.
   */
  constructor(size: number, sink: MatchSink) {
    this.#size = size;
    this.#sink = sink;
    this.#held = new Uint8Array(Math.ceil(size / SEGMENT_BYTES));
  }

  /** Bytes that the target has already. */
  get heldBytes(): number {
    let bytes = 0;
    this.#held.forEach((held, segment) => {
      if (held === 1) bytes += Math.min(SEGMENT_BYTES, this.#size - segment * SEGMENT_BYTES);
    });
    return bytes;
  }

  copy(source: number, target: number, length: number): void {
    if (this.#state === "off") return this.#sink.copy(source, target, length);
    this.#copies.push(source, target, length);
    this.#drain();
  }

  literal(target: number, length: number, zeros = false): void {
    if (this.#state === "off") return this.#sink.literal(target, length, zeros);
    (zeros ? this.#zeros : this.#literals).push(zeros ? ZERO : SENT, target, length);
    this.#drain();
  }

  /**
   * Says whether something of the target is there; once.
   *
   * @param partial Whether.
   */
  decide(partial: boolean): void {
    if (!partial) this.#settled = this.#size;
    this.#state = partial ? "on" : "off";
    this.#drain();
  }

  /**
   * The server has said which segments the target has.
   *
   * @param first The first segment spoken of: the number of those spoken of before.
   * @param count How many.
   * @param held A bit for each; empty: none.
   */
  settle(first: number, count: number, held: Uint8Array): void {
    for (let i = 0; held.length > 0 && i < count; i++) {
      this.#held[first + i] = hasBit(held, i) ? 1 : 0;
    }
    if (this.#state !== "off") this.#settled = (first + count) * SEGMENT_BYTES;
    this.#drain();
  }

  /**
   * Everything is known by now.
   *
   * @throws {ParasyncError} `stream` where the server has not said of everything whether it is there.
   */
  finish(): void {
    if (this.#copies.empty && this.#literals.empty && this.#zeros.empty) return;
    throw new ParasyncError(
      "stream",
      "Cannot go on: the server's answer does not say what the target has already",
    );
  }

  #drain(): void {
    if (this.#state === "undecided") return;
    this.#pass(this.#copies, (source, target, length) => this.#sink.copy(source, target, length));
    this.#pass(this.#literals, (_, target, length) => this.#sink.literal(target, length));
    this.#pass(this.#zeros, (_, target, length) => this.#sink.literal(target, length, true));
  }

  /** Passes on what is known of a queue's ranges, without what is held. */
  #pass(
    queue: RangeQueue,
    emit: (source: number, target: number, length: number) => void,
  ): void {
    while (!queue.empty && queue.firstTarget < this.#settled) {
      const { source, target, length } = queue.take(this.#settled - queue.firstTarget);
      const end = target + length;
      for (let at = target; at < end;) {
        const held = this.#isHeld(at);
        let next = at;
        while (next < end && this.#isHeld(next) === held) {
          next = Math.min(end, (Math.floor(next / SEGMENT_BYTES) + 1) * SEGMENT_BYTES);
        }
        if (!held) emit(source + (at - target), at, next - at);
        at = next;
      }
    }
  }

  #isHeld(at: number): boolean {
    return this.#held[Math.floor(at / SEGMENT_BYTES)] === 1;
  }
}

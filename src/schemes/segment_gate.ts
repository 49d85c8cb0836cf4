import type { BlockChunks } from "../chunking/block_scanner.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { hasBit } from "../matching/block_proofs.ts";

/** Digests that are sent together, as long as more are to come. */
const BATCH_SEGMENTS = 16;

/** After so many segments of which the basis has none at the same place no more are asked about. */
const PATIENCE = 48;

const UNKNOWN = 0;
const SAME = 1;
const OTHER = 2;

/** Takes a block's chunks; `isUnchanged` says whether the basis has these bytes at the same place. */
export type BlockTaker = (
  block: BlockChunks,
  isUnchanged: (begin: number, end: number) => boolean,
) => void;

/**
 * Holds the new file's blocks back until it is known which segments the basis has at the same place: of those no
 * key need be sent.
 *
 * A block is a segment, and its last chunk may end in the next one, which must be known too.
 */
export class SegmentGate {
  readonly #take: BlockTaker;
  readonly #known: Uint8Array;
  readonly #held: BlockChunks[] = [];
  #state: "undecided" | "on" | "off" = "undecided";
  /** Segments whose digests were taken to be sent, and those that were answered. */
  #asked = 0;
  #answered = 0;
  #lastSame = 0;
  #taken = 0;
  #pushed = 0;
  #opened: () => void = () => {};
  #failure: { readonly reason: unknown } | undefined;

  /**
   * @param segments How many segments the new file has.
   * @param take Takes the blocks, in order.
   */
  constructor(segments: number, take: BlockTaker) {
    this.#known = new Uint8Array(segments);
    this.#take = take;
  }

  /** How many segments the server has answered. */
  get answered(): number {
    return this.#answered;
  }

  /** Says whether segments are asked about; once. */
  decide(on: boolean): void {
    if (this.#state !== "undecided") return;
    this.#state = on ? "on" : "off";
    this.#drain();
  }

  /** Waits no longer: what is not known by now counts as changed. */
  giveUp(): void {
    this.#state = "off";
    this.#drain();
  }

  /** Takes the next block, with its digest. */
  push(block: BlockChunks): void {
    this.#held.push(block);
    this.#pushed++;
    this.#drain();
  }

  /**
   * The next digests to ask about.
   *
   * @param scanned Whether there will be no more blocks.
   * @returns Null where there are too few yet, or nobody asks.
   */
  digests(scanned: boolean): { readonly first: number; readonly digests: Uint8Array } | null {
    const waiting = this.#pushed - this.#asked;
    if (!this.ready(scanned)) return null;
    const first = this.#asked;
    const digests = new Uint8Array(waiting * STRONG_BYTES);
    const from = this.#held.length - waiting;
    for (let i = 0; i < waiting; i++) {
      digests.set(this.#held[from + i]!.segment!, i * STRONG_BYTES);
    }
    this.#asked = this.#pushed;
    return { first, digests };
  }

  /** Whether {@linkcode digests} would give any. */
  ready(scanned: boolean): boolean {
    const waiting = this.#pushed - this.#asked;
    return this.#state === "on" && waiting > 0 && (scanned || waiting >= BATCH_SEGMENTS);
  }

  /**
   * Takes the server's answer.
   *
   * @param first The first segment spoken of.
   * @param count How many.
   * @param bitmap A bit for each: whether the basis has it at the same place.
   * @throws {ParasyncError} `bad_request` for one that answers nothing that was asked.
   */
  answer(first: number, count: number, bitmap: Uint8Array): void {
    if (
      first !== this.#answered || first + count > this.#asked || bitmap.length * 8 < count
    ) {
      throw new ParasyncError(
        "bad_request",
        "Cannot read unchanged: it speaks of segments not asked about",
      );
    }
    for (let i = 0; i < count; i++) {
      const same = hasBit(bitmap, i);
      this.#known[first + i] = same ? SAME : OTHER;
      if (same) this.#lastSame = first + i + 1;
    }
    this.#answered += count;
    if (this.#answered - this.#lastSame >= PATIENCE) this.#state = "off";
    this.#drain();
  }

  /** Resolves when all that was pushed has been taken. */
  async open(): Promise<void> {
    while (this.#held.length > 0) {
      if (this.#failure !== undefined) throw this.#failure.reason;
      await new Promise<void>((resolve) => this.#opened = resolve);
    }
  }

  /** Nothing more will be known. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#opened();
  }

  #drain(): void {
    while (this.#held.length > 0 && this.#settled(this.#taken) && this.#settled(this.#taken + 1)) {
      this.#taken++;
      this.#take(this.#held.shift()!, this.#isUnchanged);
    }
    if (this.#held.length === 0) this.#opened();
  }

  #settled(segment: number): boolean {
    if (this.#state !== "on") return this.#state === "off";
    return segment >= this.#known.length || this.#known[segment] !== UNKNOWN;
  }

  readonly #isUnchanged = (begin: number, end: number): boolean => {
    const last = Math.floor((end - 1) / SEGMENT_BYTES);
    for (let segment = Math.floor(begin / SEGMENT_BYTES); segment <= last; segment++) {
      if (this.#known[segment] !== SAME) return false;
    }
    return true;
  };
}

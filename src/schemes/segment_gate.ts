import type { BlockChunks } from "../chunking/block_scanner.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { hasBit } from "../matching/block_proofs.ts";

/** Digests that are sent together, as long as more are to come. */
const BATCH_SEGMENTS = 16;

/** After so many segments of which the basis has none at the same place no more are asked about. */
const PATIENCE = 48;

/** After so many of them it is not enough to hash blocks any more. */
const HASHING_PATIENCE = 32;

const UNKNOWN = 0;
const SAME = 1;
const OTHER = 2;
const HELD = 3;

/** Digests of segments, in order, to ask the server about. */
export interface SegmentQuestion {
  /** The first of the segments. */
  readonly first: number;
  /** Their digests, 32 bytes each. */
  readonly digests: Uint8Array;
  /** Whether the basis is of no interest, but what an interrupted sync has left of the target. */
  readonly targetOnly: boolean;
}

/** Takes a block's chunks; `isUnchanged` says whether the basis or the target has these bytes at the same place. */
export type BlockTaker = (
  block: BlockChunks,
  isUnchanged: (begin: number, end: number) => boolean,
) => void;

/** What a gate does with blocks. */
export interface GateOptions {
  /** How many segments the new file has. */
  readonly segments: number;
  /** Takes the blocks, in order. */
  readonly take: BlockTaker;
  /** Cuts a block that was only hashed and has changed; all blocks before it have been taken. */
  readonly cut: (block: number) => Promise<BlockChunks>;
  /** Told whether it is enough to hash blocks, while they wait for answers: at first not, once so, and then not any more. */
  readonly onHashing?: (enough: boolean) => void;
}

/**
 * Asks which segments the basis has at the same place, or the target already, and holds the new file's blocks back
 * until that is known, where it is wanted: of those no key need be sent.
 *
 * A block is a segment, and its last chunk may end in the next one, which must be known too.
 */
export class SegmentGate {
  readonly #options: GateOptions;
  readonly #known: Uint8Array;
  readonly #held: BlockChunks[] = [];
  /** Whether blocks wait for answers. */
  #state: "undecided" | "on" | "off" = "undecided";
  #asks: "nothing" | "basis" | "target" = "nothing";
  /** Whether an interrupted sync has left something of the target, so that all must be asked about. */
  #partial = false;
  /** Digests that are not asked about yet; one for each block that was pushed since. */
  #digests: Uint8Array[] = [];
  /** Segments whose digests were taken to be sent, and those that were answered. */
  #asked = 0;
  #answered = 0;
  #lastSame = 0;
  #taken = 0;
  #pushed = 0;
  #opened: () => void = () => {};
  #hashing = false;
  #cutting = false;
  #failure: { readonly reason: unknown } | undefined;

  /** @param options What to do with blocks. */
  constructor(options: GateOptions) {
    this.#known = new Uint8Array(options.segments);
    this.#options = options;
  }

  /** How many segments the server has answered. */
  get answered(): number {
    return this.#answered;
  }

  /** Says whether blocks wait until the basis's segments are known; once. */
  decide(on: boolean): void {
    if (this.#state !== "undecided") return;
    this.#wait(on);
    if (on) this.#asks = "basis";
    this.#drain();
  }

  /**
   * An interrupted sync has left something of the target: all segments are asked about.
   *
   * @param basis Whether there is a basis to compare with, too.
   */
  resume(basis: boolean): void {
    this.#partial = true;
    if (this.#state === "undecided") this.#wait(true);
    this.#asks = this.#state === "on" && basis ? "basis" : "target";
    this.#drain();
  }

  /** Asks what there is of the target, though it is not known whether there is anything. */
  askTarget(): void {
    this.#partial = true;
    this.#asks = "target";
  }

  /** Waits no longer: what is not known by now counts as changed. */
  giveUp(): void {
    this.#wait(false);
    this.#stopAsking();
    this.#drain();
  }

  /** What it costs to ask about the basis is not worth it. */
  #stopAsking(): void {
    this.#asks = this.#partial ? "target" : "nothing";
  }

  /** Takes the next block, with its digest. */
  push(block: BlockChunks): void {
    this.#held.push(block);
    this.#digests.push(block.segment!);
    this.#pushed++;
    this.#drain();
  }

  /**
   * The next digests to ask about.
   *
   * @param scanned Whether there will be no more blocks.
   * @returns Null where there are too few yet, or nobody asks.
   */
  digests(scanned: boolean): SegmentQuestion | null {
    if (!this.ready(scanned)) return null;
    const first = this.#asked;
    const digests = new Uint8Array(this.#digests.length * STRONG_BYTES);
    this.#digests.forEach((digest, i) => digests.set(digest, i * STRONG_BYTES));
    this.#digests = [];
    this.#asked = this.#pushed;
    return { first, digests, targetOnly: this.#asks === "target" };
  }

  /** Whether {@linkcode digests} would give any. */
  ready(scanned: boolean): boolean {
    const waiting = this.#digests.length;
    return this.#asks !== "nothing" && waiting > 0 && (scanned || waiting >= BATCH_SEGMENTS);
  }

  /**
   * Takes the server's answer.
   *
   * @param first The first segment spoken of.
   * @param count How many.
   * @param bitmap A bit for each: whether the basis has it at the same place.
   * @param held A bit for each: whether the target has it already; empty: none.
   * @throws {ParasyncError} `bad_request` for one that answers nothing that was asked.
   */
  answer(
    first: number,
    count: number,
    bitmap: Uint8Array,
    held: Uint8Array = new Uint8Array(0),
  ): void {
    if (
      first !== this.#answered || first + count > this.#asked || bitmap.length * 8 < count ||
      held.length > 0 && held.length * 8 < count
    ) {
      throw new ParasyncError(
        "bad_request",
        "Cannot read unchanged: it speaks of segments not asked about",
      );
    }
    for (let i = 0; i < count; i++) {
      const same = hasBit(bitmap, i);
      const there = held.length > 0 && hasBit(held, i);
      this.#known[first + i] = there ? HELD : same ? SAME : OTHER;
      if (same || there) this.#lastSame = first + i + 1;
    }
    this.#answered += count;
    if (this.#answered - this.#lastSame >= HASHING_PATIENCE) this.#hash(false);
    if (this.#answered - this.#lastSame >= PATIENCE) {
      this.#stopAsking();
      if (!this.#partial) this.#wait(false);
    }
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

  /** How many of the bytes from `begin` to `end` the basis has at the same place, and the target not yet. */
  sameBytes(begin: number, end: number): number {
    let bytes = 0;
    for (let at = begin; at < end;) {
      const segment = Math.floor(at / SEGMENT_BYTES);
      const next = Math.min(end, (segment + 1) * SEGMENT_BYTES);
      if (this.#known[segment] === SAME) bytes += next - at;
      at = next;
    }
    return bytes;
  }

  #wait(waiting: boolean): void {
    this.#state = waiting ? "on" : "off";
    this.#hash(waiting);
  }

  #hash(enough: boolean): void {
    if (enough === this.#hashing) return;
    this.#hashing = enough;
    this.#options.onHashing?.(enough);
  }

  #drain(): void {
    while (this.#held.length > 0 && this.#settled(this.#taken) && this.#settled(this.#taken + 1)) {
      if (this.#cutting || this.#failure !== undefined) return;
      if (this.#held[0]!.uncut && !this.#isSame(this.#taken)) {
        this.#cutting = true;
        this.#cut(this.#taken).catch((reason) => this.fail(reason));
        return;
      }
      this.#taken++;
      this.#options.take(this.#held.shift()!, this.#isUnchanged);
    }
    if (this.#held.length === 0) this.#opened();
  }

  async #cut(block: number): Promise<void> {
    this.#held[0] = await this.#options.cut(block);
    this.#cutting = false;
    this.#drain();
  }

  #settled(segment: number): boolean {
    if (this.#state !== "on") return this.#state === "off";
    return segment >= this.#known.length || this.#known[segment] !== UNKNOWN;
  }

  readonly #isUnchanged = (begin: number, end: number): boolean => {
    const last = Math.floor((end - 1) / SEGMENT_BYTES);
    for (let segment = Math.floor(begin / SEGMENT_BYTES); segment <= last; segment++) {
      if (!this.#isSame(segment)) return false;
    }
    return true;
  };

  #isSame(segment: number): boolean {
    return this.#known[segment] === SAME || this.#known[segment] === HELD;
  }
}

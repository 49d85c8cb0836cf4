/**
 * The server's end of the schemes in which the client moves first (dsync, skysync_c, pdsync, parasync): chunk
 * the basis, look up the client's keys, and answer with what is found at the places found. When the first
 * begins, and how far they overlap, is the scheme's plan.
 */
import type { WeakBatch } from "../../proto/gen/parasync_pb.ts";
import { ChunkList } from "../chunking/chunk_list.ts";
import { expectedChunks } from "../chunking/parameters.ts";
import { FINGERPRINT_ID } from "../chunking/rule_k.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_LENGTHS } from "../hashing/suite.ts";
import type { CandidateList } from "../matching/candidates.ts";
import { WeakIndex } from "../matching/weak_index.ts";
import { type CandidateJob, type KeyBatch, WeakMatcher } from "../matching/weak_matcher.ts";
import { decodeVarints, decodeWords } from "../transport/columns.ts";
import { answerFrame, readRequest, safeSize } from "../transport/messages.ts";
import { ChunkingNeed } from "./chunking_need.ts";
import { encodeCandidates } from "./candidate_columns.ts";
import type { KeyPlan } from "./key_plan.ts";
import { PROTOCOL_VERSION } from "./protocol_version.ts";
import type { BasisEnd, PartialTarget } from "./scheme.ts";
import { SegmentComparison } from "./segment_comparison.ts";
import { sessionMessage } from "./session_message.ts";
import { waitedFor } from "./waiting.ts";

/** How often the client is told how far a long stage has come, in ms. */
const PROGRESS_MS = 200;

/** How much more of the basis must be chunked before keys that were not found are looked up again. */
const LOOK_BYTES = 32 << 20;

/** The most batches to take: a client sends thousands of keys in each, or one every few seconds. */
const MAX_BATCHES = 1 << 16;

/**
 * Answers a client's frames. Where the plan says so, chunking begins with the call, before the first frame is
 * asked for.
 *
 * @param plan The scheme.
 * @param end The server's end.
 * @param frames The content of the client's frames.
 * @returns Frames to send, length first.
 * @throws {ParasyncError} Whatever went wrong; the caller tells the client.
 */
export function answerKeys(
  plan: KeyPlan,
  end: BasisEnd,
  frames: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  return new KeyBasis(plan, end, frames).answer();
}

class KeyBasis {
  readonly #plan: KeyPlan;
  /** Whether answers leave while keys still arrive. */
  readonly #batched: boolean;
  readonly #end: BasisEnd;
  readonly #frames: AsyncIterator<Uint8Array>;
  readonly #chunks: ChunkList;
  readonly #index: WeakIndex;
  readonly #matcher: WeakMatcher;
  #indexed: Promise<void> | undefined;
  #batches: KeyBatch[] = [];
  #lengths = new Uint32Array(1 << 12);
  #keys = 0;
  #looked = 0;
  #strongBytes = 0;
  #batchCount = 0;
  #complete = false;
  #newSize = 0;
  #comparison: SegmentComparison | undefined;
  readonly #need = new ChunkingNeed();
  #failure: { readonly reason: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(plan: KeyPlan, end: BasisEnd, frames: AsyncIterable<Uint8Array>) {
    this.#plan = plan;
    this.#batched = plan.answers(end.mode) === "batches";
    this.#end = end;
    this.#frames = frames[Symbol.asyncIterator]();
    this.#chunks = new ChunkList(expectedChunks(end.basis?.size ?? 0, end.parameters));
    this.#index = new WeakIndex(this.#chunks, this.#chunks.lengths.length);
    this.#matcher = new WeakMatcher(this.#chunks, this.#index);
    if (plan.begins === "headers") this.#begin();
  }

  #begin(): void {
    this.#indexed ??= this.#chunk();
    this.#indexed.catch(() => {});
  }

  async *answer(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    let partial: PartialTarget | null;
    try {
      await this.#open();
      partial = this.#end.partial?.() ?? null;
    } catch (error) {
      this.#frames.return?.().catch(() => {});
      throw error;
    }
    const comparison = this.#comparison = new SegmentComparison({
      end: this.#end,
      newSize: this.#newSize,
      partial,
      onCompared: (allSame) => this.#need.compared(allSame),
      onAnswer: () => this.#wake(),
      onFailure: (reason) => this.#failure ??= { reason },
      throwIfOver: () => this.#throwIfFailed(),
    });
    const session = sessionMessage(this.#end, partial !== null);
    yield answerFrame({ case: "session", value: session });
    this.#end.signal.addEventListener("abort", () => this.#wake());
    this.#receive().catch((reason) => this.#failure ??= { reason }).finally(() => this.#wake());
    if (this.#plan.begins === "keys") {
      await this.#allKeys();
      this.#begin();
    }
    yield* this.#whileChunking();
    await this.#indexed;
    if (this.#batched) yield* this.#match();
    else yield* this.#matchWhole();
    // What is held must be known to the client, which is not to send it.
    let compared = false;
    const comparing = comparison.settled().finally(() => compared = true);
    comparing.catch(() => {});
    while (!compared) {
      yield* comparison.take();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const tick = new Promise<boolean>((resolve) =>
        timer = setTimeout(() => resolve(true), PROGRESS_MS)
      );
      const late = await Promise.race([comparing.then(() => false, () => false), tick]);
      clearTimeout(timer);
      if (late) yield this.#progress();
    }
    await comparing;
    yield* comparison.take();
    yield answerFrame({
      case: "done",
      value: {
        stages: Object.entries(this.#end.clock.toMillis()).map(([name, ms]) => ({ name, ms })),
        chunks: this.#need.spared.aborted ? 0 : this.#chunks.count,
        keys: this.#keys,
        present: this.#matcher.found,
        strongBytes: BigInt(this.#strongBytes),
        checksums: this.#end.keeper.origin,
      },
    });
  }

  async #chunk(): Promise<void> {
    const { basis, parameters, lanes, clock, signal, hw, keeper } = this.#end;
    if (basis === null) return;
    const chunking = clock.time("chunk", () =>
      this.#plan.chunk({
        file: basis,
        parameters,
        lanes,
        hw,
        keeper,
        clock,
        stage: "",
        withSegments: false,
        rest: () => this.#need.rest,
        signal: AbortSignal.any([signal, this.#need.spared]),
      }, ({ lengths, weaks }) => {
        this.#chunks.append(lengths, weaks);
        this.#index.extend();
        if (this.#grown) this.#wake();
      }));
    await chunking.catch((reason) => {
      if (!this.#need.spared.aborted) throw reason;
    });
  }

  /** Waits until the client's list is here whole. */
  async #allKeys(): Promise<void> {
    for (;;) {
      this.#throwIfFailed();
      if (this.#complete) return;
      await this.#next();
    }
  }

  async #open(): Promise<void> {
    const first = await this.#frames.next();
    const frame = first.done ? undefined : readRequest(first.value).frame;
    if (frame?.case !== "open") {
      throw new ParasyncError("bad_request", "Cannot open session: the first frame is not Open");
    }
    const { protocol, fingerprint, newSize, newMtimeNs } = frame.value;
    if (protocol !== PROTOCOL_VERSION || fingerprint !== FINGERPRINT_ID) {
      throw new ParasyncError(
        "unsupported_version",
        `Cannot open session: the client speaks protocol ${protocol} with another chunking than ` +
          `protocol ${PROTOCOL_VERSION} of this server; use the same version of parasync at both ends`,
      );
    }
    this.#newSize = safeSize(newSize, "new_size");
    this.#end.onOpen({ newSize: this.#newSize, newMtimeNs });
  }

  /** Takes the client's batches as they arrive. */
  async #receive(): Promise<void> {
    try {
      while (!this.#complete) {
        const next = await this.#frames.next();
        if (next.done) {
          throw new ParasyncError("stream", "Cannot go on: the list of keys is cut short");
        }
        const { frame } = readRequest(next.value);
        if (frame.case === "segments") this.#comparison!.ask(frame.value);
        else if (frame.case === "weakBatch") this.#takeBatch(frame.value);
        else throw new ParasyncError("bad_request", "Cannot read keys: a frame is not WeakBatch");
        this.#wake();
      }
    } catch (error) {
      this.#frames.return?.().catch(() => {});
      throw error;
    }
    // Nothing more is expected but the end, which lets the frames' source tidy up.
    this.#frames.next().catch(() => {});
  }

  #takeBatch({ first, weak, lengths: lengthColumn, last }: WeakBatch): void {
    const weaks = decodeWords(weak, "weak");
    const lengths = decodeVarints(lengthColumn, "lengths", weaks.length);
    const { max } = this.#end.parameters;
    if (first !== this.#keys || lengths.some((length) => length < 1 || length > max)) {
      throw new ParasyncError(
        "bad_request",
        "Cannot read keys: a batch is out of its order or range",
      );
    }
    this.#keys += weaks.length;
    if (weaks.length > 0) this.#need.need();
    else if (last && this.#keys === 0) this.#need.end();
    if (this.#keys > this.#end.maxKeys) {
      throw new ParasyncError(
        "too_large",
        `Cannot take more than ${this.#end.maxKeys} keys: use larger chunks (--chunk-size)`,
      );
    }
    if (this.#keys > this.#lengths.length) {
      const longer = new Uint32Array(Math.max(this.#keys, this.#lengths.length * 2));
      longer.set(this.#lengths);
      this.#lengths = longer;
    }
    this.#lengths.set(lengths, first);
    if (weaks.length > 0) {
      if (++this.#batchCount > MAX_BATCHES) {
        throw new ParasyncError(
          "too_large",
          `Cannot take more than ${MAX_BATCHES} batches of keys`,
        );
      }
      const found = new Uint8Array(Math.ceil(weaks.length / 8));
      this.#batches.push({ first, weaks, lengths, found });
    }
    this.#complete = last;
  }

  /** Whether so much of the basis was chunked since keys were last looked up that more may be found. */
  get #grown(): boolean {
    return this.#chunks.bytes - this.#looked >= LOOK_BYTES;
  }

  /**
   * Until the basis is chunked: tells how far it is, and under `confirm=target` answers keys that are found
   * already, so that copies begin while both ends are still chunking. That a key is absent is certain only
   * at the end.
   */
  async *#whileChunking(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const early = this.#batched && this.#end.confirm === "target";
    const held: KeyBatch[] = [];
    let indexed = false;
    const done = this.#indexed!.then(() => indexed = true, () => indexed = true);
    let toldAt = performance.now();
    while (!indexed) {
      this.#throwIfFailed();
      yield* this.#comparison!.take();
      if (early) {
        const fresh = this.#batches.splice(0);
        const again = this.#grown ? held.splice(0) : [];
        if (again.length > 0) this.#looked = this.#chunks.bytes;
        for (const batch of [...again, ...fresh]) {
          for (const job of this.#matcher.look(batch)) {
            yield this.#candidates(this.#matcher.places(job));
          }
          held.push(batch);
        }
      }
      if (performance.now() - toldAt >= PROGRESS_MS) {
        toldAt = performance.now();
        yield this.#progress();
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      const tick = new Promise((resolve) => timer = setTimeout(resolve, PROGRESS_MS));
      // Batches that cannot be answered yet are no news: waiting for them would be no waiting at all.
      await Promise.race(early ? [done, tick, this.#news()] : [done, tick]);
      clearTimeout(timer);
    }
    this.#batches = held.concat(this.#batches);
    yield this.#progress();
  }

  #progress(): Uint8Array<ArrayBuffer> {
    const total = this.#end.basis?.size ?? 0;
    return answerFrame({
      case: "progress",
      value: { stage: "chunk", done: BigInt(this.#chunks.bytes), total: BigInt(total) },
    });
  }

  #candidates(list: CandidateList): Uint8Array<ArrayBuffer> {
    return answerFrame({
      case: "candidates",
      value: encodeCandidates(list, (key) => this.#lengths[key]!, this.#strongLength),
    });
  }

  get #strongLength(): number {
    return STRONG_LENGTHS[this.#plan.suite(this.#end.hw).strong];
  }

  /** Answers all keys at once, when the last one is here: all or nothing, as the plan's own matching says. */
  async *#matchWhole(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const { clock, lanes } = this.#end;
    await this.#allKeys();
    const matching = clock.time("match", () =>
      this.#plan.match({
        batches: this.#batches,
        matcher: this.#matcher,
        hash: this.#hash,
        threads: lanes.threads,
      }));
    const total = BigInt(this.#end.basis?.size ?? 0);
    const lists = yield* waitedFor(matching, () =>
      answerFrame({
        case: "progress",
        value: { stage: "match", done: BigInt(this.#strongBytes), total },
      }));
    this.#throwIfFailed();
    for (const list of lists) yield this.#candidates(list);
  }

  /**
   * Answers batch after batch: presence as soon as a batch is here, so that literals can leave; then the
   * candidates in order, several jobs ahead.
   */
  async *#match(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const { lanes, clock, confirm } = this.#end;
    const waiting: CandidateJob[] = [];
    const underWay: Promise<CandidateList>[] = [];
    clock.start("match");
    for (;;) {
      this.#throwIfFailed();
      yield* this.#comparison!.take();
      for (const batch of this.#batches.splice(0)) {
        waiting.push(...this.#matcher.look(batch));
        const { first, weaks, found } = batch;
        yield answerFrame({
          case: "presence",
          value: { first, count: weaks.length, bitmap: found },
        });
      }
      if (confirm === "target") {
        for (const job of waiting.splice(0)) yield this.#candidates(this.#matcher.places(job));
      }
      while (waiting.length > 0 && underWay.length < lanes.depth) {
        const list = this.#matcher.confirm(waiting.shift()!, this.#hash);
        list.catch(() => {});
        underWay.push(list);
      }
      const next = underWay[0];
      if (next === undefined) {
        if (this.#complete && this.#batches.length === 0) break;
        await this.#news();
        continue;
      }
      await Promise.race([next.then(() => {}, () => {}), this.#news()]);
      if (this.#batches.length > 0) continue;
      underWay.shift();
      yield this.#candidates(await next);
    }
    clock.stop("match");
  }

  readonly #hash = (
    offsets: Float64Array<ArrayBuffer>,
    lengths: Uint32Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> => {
    const { lanes, basis } = this.#end;
    for (const length of lengths) this.#strongBytes += length;
    const suite = this.#plan.suite(this.#end.hw);
    return lanes.run({ kind: "strong", hw: lanes.hw, suite, file: basis!, offsets, lengths });
  };

  /** Resolves when a batch has arrived, segments are compared or the client's frames are over. */
  #news(): Promise<void> {
    const held = this.#batches.length > 0 || this.#comparison!.answered;
    return held ? Promise.resolve() : this.#next();
  }

  /** Resolves when anything has happened. */
  #next(): Promise<void> {
    const over = this.#failure !== undefined || this.#end.signal.aborted;
    return over ? Promise.resolve() : new Promise((resolve) => this.#wake = resolve);
  }

  #throwIfFailed(): void {
    this.#end.signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}

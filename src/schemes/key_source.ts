/**
 * The client's end of the schemes in which the client moves first (dsync, skysync_c, pdsync, parasync): chunk
 * the new file, ask for its keys, confirm candidates, and send copies and literals. Which of these happen at
 * the same time is the scheme's plan.
 */
import type { Answer, Candidates, Done, Session } from "../../proto/gen/parasync_pb.ts";
import type { BlockChunks } from "../chunking/block_scanner.ts";
import { ChunkList } from "../chunking/chunk_list.ts";
import { expectedChunks } from "../chunking/parameters.ts";
import type { DeltaCoding } from "../delta/coding.ts";
import { PatchWriter } from "../delta/patch_writer.ts";
import { isFailureCode, ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { STRONG_LENGTHS } from "../hashing/suite.ts";
import { SEGMENT_BYTES, segmentCount, sessionDigest } from "../hashing/session_digest.ts";
import type { CandidateList } from "../matching/candidates.ts";
import { KeyTable } from "../matching/key_table.ts";
import { MatchList } from "../matching/match_list.ts";
import type { StrongMatcher } from "../matching/strong_matcher.ts";
import { readAnswer, safeSize } from "../transport/messages.ts";
import { decodeCandidates } from "./candidate_columns.ts";
import { KeyFrames } from "./key_frames.ts";
import type { CreateMatcher, KeyPlan } from "./key_plan.ts";
import { LateCuts } from "./late_cuts.ts";
import { PatchSender } from "./patch_sender.ts";
import { type Line, measureLine, plainCoding } from "./line.ts";
import { recordOrigin } from "./record_keeper.ts";
import { Refiner } from "./refiner.ts";
import { Remainder } from "./remainder.ts";
import { SCHEMES } from "./scheme_name.ts";
import type { PatchAnswer, Peer, SourceEnd, SyncOutcome } from "./scheme.ts";
import { SegmentGate } from "./segment_gate.ts";

/**
 * Files shorter than this have so few keys that they are sent sooner than it is asked whether they need be: 75 KB
 * in the time of a round trip.
 */
const GATED_BYTES = 96 << 20;

/** How long keys wait for a session and answers, once the file is chunked, before they are sent anyway, in ms. */
const ANSWER_MS = 1_000;

/**
 * Pushes the new file.
 *
 * @param plan The scheme.
 * @param end The client's end.
 * @param peer The server.
 * @returns What came of it; the server has committed the target by then.
 * @throws {ParasyncError} Whatever went wrong; the target is as it was then.
 */
export async function pushByKeys(
  plan: KeyPlan,
  end: SourceEnd,
  peer: Peer,
): Promise<SyncOutcome> {
  const createMatcher = await plan.matcher(end.mode);
  return await new KeySource(plan, end, peer, createMatcher).run();
}

class KeySource {
  readonly #plan: KeyPlan;
  readonly #end: SourceEnd;
  readonly #peer: Peer;
  readonly #chunks: ChunkList;
  readonly #keys: KeyTable;
  readonly #segments: Uint8Array;
  readonly #abort = new AbortController();
  readonly #writer: PatchWriter;
  readonly #refiner: Refiner;
  readonly #gate: SegmentGate;
  readonly #late: LateCuts;
  readonly #matches: MatchList;
  readonly #matcher: StrongMatcher;
  /** Whether keys leave while the file is being chunked, and the delta while it is being matched. */
  readonly #streamed: boolean;
  /** Whether what an interrupted sync has left of the target can be made use of. */
  readonly #resumes: boolean;
  #session: Session | undefined;
  #basisSize = 0;
  #done: Done | undefined;
  readonly #frames: KeyFrames;
  readonly #remainder: Remainder;
  #down = 0;
  /** Whether keys wait until the line is known, and what else of them need be sent. */
  readonly #gated: boolean;
  /** Resolved when nobody has anything to do any more that could make a round trip late. */
  readonly #calm = Promise.withResolvers<void>();
  #acknowledged: Promise<number> | undefined;
  #line: Promise<Line> | undefined;
  #coding: DeltaCoding = { version: 1 };
  #unchanged = 0;
  #sender: PatchSender | undefined;
  #patched: Promise<PatchAnswer> | undefined;
  #failure: { readonly reason: unknown } | undefined;

  constructor(plan: KeyPlan, end: SourceEnd, peer: Peer, createMatcher: CreateMatcher) {
    this.#plan = plan;
    this.#streamed = plan.streamed(end.mode);
    this.#end = end;
    this.#peer = peer;
    const expected = expectedChunks(end.file.size, end.parameters);
    this.#chunks = new ChunkList(expected);
    this.#keys = new KeyTable(this.#chunks, expected);
    this.#segments = new Uint8Array(segmentCount(end.file.size) * STRONG_BYTES);
    const { order } = SCHEMES[plan.name];
    this.#writer = new PatchWriter(end.file, end.verifyUnchanged, {
      order,
      coding: () => this.#coding,
    });
    this.#refiner = new Refiner(end, this.#writer);
    this.#late = new LateCuts(end);
    this.#gate = new SegmentGate({
      segments: segmentCount(end.file.size),
      take: this.#takeBlock,
      cut: this.#cutLate,
      onHashing: (enough) => {
        // Of others most blocks would have to be read twice.
        if (this.#alike) this.#late.hashAlone(enough);
      },
    });
    // Who confirms by chunks shows the paper's order, and has no use for places alone; and where there are few keys
    // there is nothing to spare.
    this.#gated = this.#streamed && end.confirm === "target" && SCHEMES[plan.name].modes &&
      end.file.size >= GATED_BYTES;
    if (!this.#gated) this.#gate.decide(false);
    this.#resumes = SCHEMES[plan.name].modes && order === "any";
    this.#remainder = new Remainder(end.file.size, order === "any" ? this.#refiner : this.#writer);
    const sink = this.#resumes ? this.#remainder : this.#writer;
    this.#frames = new KeyFrames({
      newSize: end.file.size,
      mtimeNs: end.mtimeNs,
      keys: this.#keys,
      gate: this.#gate,
      streamed: this.#streamed,
      resumes: this.#resumes,
      signal: this.#abort.signal,
    });
    this.#matches = new MatchList(this.#chunks, expected, sink, order);
    const { lanes, reference: file } = end;
    const { hw } = lanes;
    const suite = plan.suite(end.hw);
    this.#matcher = createMatcher({
      chunks: this.#chunks,
      keys: this.#keys,
      matches: this.#matches,
      threads: lanes.threads,
      hash: (offsets, lengths) => lanes.run({ kind: "strong", hw, suite, file, offsets, lengths }),
    });
  }

  async run(): Promise<SyncOutcome> {
    const { signal } = this.#end;
    const abort = (): void => this.#fail(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      signal.throwIfAborted();
      const matching = this.#match();
      matching.catch((reason) => this.#fail(reason));
      await this.#chunk();
      await matching;
      await this.#end.clock.time("client match", () => this.#matcher.finish());
      this.#remainder.finish();
      const line = await this.#line!;
      const { requestKey } = this.#session!;
      await this.#refiner.refine(this.#peer, requestKey, this.#basisSize, line.patienceMs);
      if (!this.#streamed) this.#send();
      const digest = await this.#digest();
      this.#end.verifyUnchanged();
      this.#writer.finish(digest, this.#remainder.heldBytes);
      let answer = await this.#patched!;
      if (answer.segments !== null) {
        this.#end.keeper.distrust();
        answer = await this.#sender!.repair(answer.segments, this.#segments);
      }
      return this.#outcome(
        digest,
        Math.min(line.rttMs, await this.#acknowledged!),
        answer.stages,
      );
    } catch (error) {
      this.#fail(error);
      await this.#patched?.catch(() => {});
      throw this.#cause(error);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Whether both files have one size, so that most of the new one may be unchanged. */
  get #alike(): boolean {
    return this.#basisSize === this.#end.file.size;
  }

  /** Chunks the new file; wakes whoever waits for keys. */
  async #chunk(): Promise<void> {
    const { clock, lanes, parameters, progress, reference, keeper, hw } = this.#end;
    await clock.time(
      "client chunk",
      () =>
        this.#plan.chunk({
          file: reference,
          parameters,
          lanes,
          hw,
          keeper,
          clock,
          stage: "client ",
          withSegments: true,
          signal: this.#abort.signal,
          onChain: (chain) => this.#late.chain = chain,
        }, (block) => {
          this.#segments.set(block.segment!, block.block * STRONG_BYTES);
          this.#gate.push(block);
          this.#frames.news();
          const done = Math.min(reference.size, (block.block + 1) * SEGMENT_BYTES);
          progress("client", "chunk", done, reference.size);
        }),
    );
    // The server may be at work still; but it has all it can have where keys wait for this.
    if (this.#gated) this.#calm.resolve();
    this.#frames.pushed();
    await this.#openGate();
    this.#takeUnchanged(reference.size);
    this.#matcher.extend();
    this.#matcher.scanned();
    this.#frames.scanned();
  }

  /** Waits until all chunks are entered, but not for answers that a proxy on the way keeps back until the end. */
  async #openGate(): Promise<void> {
    const opened = this.#gate.open().then(() => true);
    for (;;) {
      const { answered } = this.#gate;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<boolean>((resolve) =>
        timer = setTimeout(() => resolve(false), ANSWER_MS)
      );
      const open = await Promise.race([opened, late]).finally(() => clearTimeout(timer));
      if (open) return;
      if (this.#gate.answered === answered) this.#gate.giveUp();
    }
  }

  /** Enters a block's chunks; those that the basis has at the same place are matched already. */
  readonly #takeBlock = (
    { block, lengths, weaks, zeros, uncut, start }: BlockChunks,
    isUnchanged: (begin: number, end: number) => boolean,
  ): void => {
    this.#takeUnchanged(start ?? block * SEGMENT_BYTES);
    // Of an unchanged block it shows with the next one how much of it belongs to a chunk that has changed.
    if (uncut) return this.#matcher.extend();
    const first = this.#chunks.count;
    this.#chunks.append(lengths, weaks);
    this.#matches.extend();
    for (let chunk = first; chunk < this.#chunks.count; chunk++) {
      const begin = this.#chunks.offsets[chunk]!;
      const length = this.#chunks.lengths[chunk]!;
      if (!isUnchanged(begin, begin + length)) continue;
      this.#matches.match(chunk, begin);
      this.#unchanged += this.#gate.sameBytes(begin, begin + length);
    }
    // Zeros are named rather than looked for: they cost next to nothing to send.
    for (const i of zeros) {
      if (this.#matches.isOpen(first + i)) this.#matches.literal(first + i, true);
    }
    this.#matcher.extend();
    this.#frames.news();
  };

  /** Enters what lies between the last chunk and `end` as one, which the basis has at the same place. */
  #takeUnchanged(end: number): void {
    const begin = this.#chunks.bytes;
    if (begin >= end) return;
    const chunk = this.#chunks.count;
    this.#chunks.append(Uint32Array.of(end - begin), Uint32Array.of(0));
    this.#matches.extend();
    this.#matches.match(chunk, begin);
    this.#unchanged += this.#gate.sameBytes(begin, end);
  }

  /** Cuts a block late. */
  readonly #cutLate = (block: number): Promise<BlockChunks> => {
    const cut = this.#late.cut(block, this.#chunks.bytes);
    // Whoever waits for the gate would be told only when the whole file is hashed.
    cut.catch((reason) => this.#fail(reason));
    return cut;
  };

  async #match(): Promise<void> {
    const frames = this.#peer.match(this.#frames.frames())[Symbol.asyncIterator]();
    while (this.#done === undefined) {
      const { done, value: frame } = await frames.next();
      if (done) {
        throw new ParasyncError("stream", "Cannot go on: the server's answer ended too early");
      }
      this.#down += frame.length;
      this.#take(readAnswer(frame));
    }
    // Read to its end the answer leaves a connection for the next request; broken off it would close it.
    frames.next().then(() => frames.return?.()).catch(() => {});
  }

  #take({ frame }: Answer): void {
    const { progress } = this.#end;
    switch (frame.case) {
      case "session":
        this.#begin(frame.value);
        break;
      case "presence": {
        const { first, count, bitmap } = frame.value;
        if (first + count > this.#frames.sent || bitmap.length * 8 < count) {
          throw new ParasyncError(
            "bad_request",
            "Cannot read presence: it speaks of keys not sent",
          );
        }
        this.#ready().presence(first, count, bitmap);
        break;
      }
      case "unchanged": {
        const { first, count, bitmap, held } = frame.value;
        this.#gate.answer(first, count, bitmap, held);
        this.#remainder.settle(first, count, held);
        this.#frames.wake();
        break;
      }
      case "candidates":
        this.#end.clock.start("client match");
        this.#ready().candidates(this.#readCandidates(frame.value));
        this.#end.clock.stop("client match");
        break;
      case "progress":
        progress(
          "server",
          frame.value.stage,
          safeSize(frame.value.done, "progress"),
          safeSize(frame.value.total, "progress"),
        );
        break;
      case "done":
        this.#ready();
        this.#done = frame.value;
        this.#calm.resolve();
        break;
      case "problem": {
        const { code, message } = frame.value;
        throw new ParasyncError(isFailureCode(code) ? code : "internal", message);
      }
      case undefined:
    }
  }

  #readCandidates(columns: Candidates): CandidateList {
    const list = decodeCandidates(
      columns,
      this.#frames.sent,
      (key) => this.#chunks.lengths[this.#keys.first(key)]!,
      this.#basisSize,
      STRONG_LENGTHS[this.#plan.suite(this.#end.hw).strong],
    );
    const compared = !this.#streamed || this.#end.confirm === "chunk";
    if (compared && list.strong.length === 0 && list.keys.length > 0) {
      throw new ParasyncError(
        "bad_request",
        "Cannot read candidates: strong checksums are missing",
      );
    }
    return list;
  }

  #begin(session: Session): void {
    if (this.#session !== undefined || session.maxPatchBytes === 0n) {
      throw new ParasyncError("bad_request", "Cannot read answer: its session makes no sense");
    }
    this.#session = session;
    // The other schemes' deltas are as they were.
    if (SCHEMES[this.#plan.name].modes) this.#coding = plainCoding(session);
    this.#basisSize = safeSize(session.basisSize, "basis_size");
    this.#acknowledged = this.#peer.acknowledge(session.requestKey);
    this.#acknowledged.catch((reason) => this.#fail(reason));
    this.#line = this.#measure(session, this.#acknowledged);
    this.#line.catch((reason) => this.#fail(reason));
    this.#sender = new PatchSender(this.#end, this.#peer, this.#writer, {
      key: session.requestKey,
      basisSize: this.#basisSize,
      limit: safeSize(session.maxPatchBytes, "max_patch_bytes"),
    });
    const partial = this.#resumes && session.partial;
    if (partial) this.#gate.resume(this.#basisSize > 0);
    // A file of the same size is likely to be the same one, or to have been changed in places.
    if (this.#gated && session.refines && this.#alike) this.#gate.decide(true);
    this.#remainder.decide(partial);
    this.#frames.answered();
    if (this.#streamed) this.#send();
  }

  /** Measures the line, and decides what is worth doing to spare it. */
  async #measure(session: Session, acknowledged: Promise<number>): Promise<Line> {
    const line = await Promise.race([
      measureLine(this.#peer, acknowledged, this.#calm.promise, session, this.#end),
      rejectedBy(this.#abort.signal),
    ]);
    if (line.compressed) {
      this.#coding = line.coding;
      this.#writer.restart();
    }
    const finer = SCHEMES[this.#plan.name].modes && session.refines;
    this.#gate.decide(finer && line.refines && this.#basisSize > 0);
    this.#refiner.decide(finer && line.refines && this.#basisSize > 0);
    this.#frames.wake();
    return line;
  }

  #send(): void {
    this.#patched = this.#sender!.send();
    this.#patched.catch((reason) => this.#fail(reason));
  }

  #ready(): StrongMatcher {
    if (this.#session === undefined) {
      throw new ParasyncError(
        "bad_request",
        "Cannot read answer: it does not begin with a session",
      );
    }
    return this.#matcher;
  }

  async #digest(): Promise<Uint8Array> {
    const { file, lanes } = this.#end;
    const { backend } = await openBackend(lanes.hw);
    return sessionDigest(backend, file.size, this.#segments);
  }

  /** Stops everything; the first reason is the one that is reported. */
  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#abort.abort(this.#failure.reason);
    this.#writer.fail(this.#failure.reason);
    this.#gate.fail(this.#failure.reason);
    this.#frames.wake();
  }

  /** A broken connection is a consequence where something else came first. */
  #cause(error: unknown): unknown {
    return this.#failure === undefined ? error : this.#failure.reason;
  }

  #outcome(
    digest: Uint8Array,
    rttMs: number,
    server: Record<string, number>,
  ): SyncOutcome {
    const stages = this.#end.clock.toMillis();
    for (const { name, ms } of this.#done!.stages) stages[`server ${name}`] = ms;
    for (const [name, ms] of Object.entries(server)) stages[`server ${name}`] = ms;
    const refined = this.#refiner.outcome;
    const coded = this.#coding.version === 2 ? this.#coding.coding : "off";
    const coding = coded === "off" ? "" : coded;
    return {
      oldBytes: this.#basisSize,
      newBytes: this.#end.file.size,
      upBytes: this.#frames.bytes + refined.upBytes + this.#writer.bytes,
      downBytes: this.#down + refined.downBytes,
      deltaBytes: this.#writer.bytes,
      unchangedBytes: this.#unchanged,
      resumedBytes: this.#remainder.heldBytes,
      refined,
      coding,
      savedBytes: coding === "" ? 0 : this.#writer.plainBytes - this.#writer.bytes,
      totals: this.#writer.totals,
      chunksOld: this.#done!.chunks,
      chunksNew: this.#chunks.count,
      chunksMatched: this.#matches.matched,
      rttMs,
      checksums: {
        client: this.#end.keeper.origin,
        server: recordOrigin(this.#done!.checksums),
      },
      serverBackend: this.#session!.backend,
      notice: this.#session!.notice,
      stages,
      digest,
    };
  }
}

/** Rejects when a signal aborts, with its reason. */
function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/**
 * The client's end of the schemes in which the server moves first (rsync, skysync_f): take the checksums of the
 * basis's blocks, look for them at every place of the new file, and send copies and literals in the order of
 * the target while the search goes on.
 */
import { PatchWriter } from "../delta/patch_writer.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { openBackend } from "../hashing/select.ts";
import { SEGMENT_BYTES, segmentCount, sessionDigest } from "../hashing/session_digest.ts";
import type { SegmentMatches } from "../matching/rolling_search.ts";
import { safeSize } from "../transport/messages.ts";
import { PatchSender } from "./patch_sender.ts";
import { NOT_REFINED } from "./refine_limits.ts";
import type { PatchAnswer, Peer, SourceEnd, SyncOutcome } from "./scheme.ts";
import type { BasisBlocks, SignaturePlan } from "./signature_plan.ts";

/** A copy is handed on when it has grown to this length, so that the server can begin on it. */
const COPY_BYTES = 16 << 20;

/**
 * Pushes the new file.
 *
 * @param plan The scheme.
 * @param end The client's end.
 * @param peer The server.
 * @returns What came of it; the server has committed the target by then.
 * @throws {ParasyncError} Whatever went wrong; the target is as it was then.
 */
export function pushBySignature(
  plan: SignaturePlan,
  end: SourceEnd,
  peer: Peer,
): Promise<SyncOutcome> {
  return new SignatureSource(plan, end, peer).run();
}

class SignatureSource {
  readonly #plan: SignaturePlan;
  readonly #end: SourceEnd;
  readonly #peer: Peer;
  readonly #writer: PatchWriter;
  readonly #segments: Uint8Array;
  readonly #abort = new AbortController();
  /** Up to where it is known what the new file is made of. */
  #settled = 0;
  /** Where in the basis the copy under way began, and how long it is by now: segments end it no sooner. */
  #copySource = 0;
  #copyLength = 0;
  #copied = 0;
  #patched: Promise<PatchAnswer> | undefined;
  #failure: { readonly reason: unknown } | undefined;

  constructor(plan: SignaturePlan, end: SourceEnd, peer: Peer) {
    this.#plan = plan;
    this.#end = end;
    this.#peer = peer;
    this.#writer = new PatchWriter(end.file, end.verifyUnchanged, { order: "target" });
    this.#segments = new Uint8Array(segmentCount(end.file.size) * STRONG_BYTES);
  }

  async run(): Promise<SyncOutcome> {
    const { signal, clock, file, lanes, keeper, parameters } = this.#end;
    const abort = (): void => this.#fail(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      signal.throwIfAborted();
      const answer = await this.#peer.signature();
      const { session } = answer;
      const basisSize = safeSize(session.basisSize, "basis_size");
      const blocks = await clock.time(
        "client signature",
        () => this.#plan.read(answer, this.#end),
      );
      // As in the original: it says that the signature is here whole.
      const rttMs = await this.#peer.acknowledge(session.requestKey);
      const sender = new PatchSender(this.#end, this.#peer, this.#writer, {
        key: session.requestKey,
        basisSize,
        limit: requireLimit(safeSize(session.maxPatchBytes, "max_patch_bytes")),
      });
      this.#patched = sender.send();
      this.#patched.catch((reason) => this.#fail(reason));
      // What stops the patch stops this as well.
      const stoppable = { ...this.#end, signal: this.#abort.signal };
      const from = await this.#plan.prefix(stoppable, blocks);
      await clock.time("client search", () => this.#search(blocks, from));
      const { backend } = await openBackend(lanes.hw);
      const digest = sessionDigest(backend, file.size, this.#segments);
      this.#end.verifyUnchanged();
      this.#writer.finish(digest);
      let patched = await this.#patched;
      if (patched.segments !== null) {
        keeper.distrust();
        patched = await sender.repair(patched.segments, this.#segments);
      }
      const stages = clock.toMillis();
      for (const [name, ms] of Object.entries({ ...blocks.stages, ...patched.stages })) {
        stages[`server ${name}`] = ms;
      }
      return {
        oldBytes: basisSize,
        newBytes: file.size,
        upBytes: this.#writer.bytes,
        downBytes: blocks.bytes,
        deltaBytes: this.#writer.bytes,
        totals: this.#writer.totals,
        resumedBytes: 0,
        unchangedBytes: 0,
        refined: NOT_REFINED,
        coding: "",
        savedBytes: 0,
        chunksOld: blocks.count,
        chunksNew: Math.ceil(file.size / parameters.avg),
        chunksMatched: Math.ceil(this.#copied / parameters.avg),
        rttMs,
        checksums: { client: keeper.origin, server: blocks.checksums },
        serverBackend: session.backend,
        notice: session.notice,
        stages,
        digest,
      };
    } catch (error) {
      this.#fail(error);
      await this.#patched?.catch(() => {});
      // A broken connection is a consequence where something else came first.
      throw this.#failure!.reason;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async #search({ table }: BasisBlocks, from: number): Promise<void> {
    const { lanes, reference, progress } = this.#end;
    if (from > 0) this.#copy(0, 0, from);
    let segment = 0;
    await lanes.search(reference, table, { from, withSegments: true }, (matches) => {
      this.#take(matches);
      this.#segments.set(matches.segment!, segment * STRONG_BYTES);
      segment++;
      const done = Math.min(reference.size, segment * SEGMENT_BYTES);
      progress("client", "search", done, reference.size);
    }, this.#abort.signal);
    this.#literalUpTo(reference.size);
    this.#flush();
  }

  #take({ targets, places, lengths, next }: SegmentMatches): void {
    for (let i = 0; i < targets.length; i++) {
      this.#literalUpTo(targets[i]!);
      this.#copy(places[i]!, targets[i]!, lengths[i]!);
    }
    // What the search has left behind will match nothing any more.
    this.#literalUpTo(Math.min(next, this.#end.file.size));
  }

  #copy(source: number, target: number, length: number): void {
    const follows = this.#copySource + this.#copyLength === source && this.#settled === target;
    if (!follows || this.#copyLength >= COPY_BYTES) this.#flush();
    if (this.#copyLength === 0) this.#copySource = source;
    this.#copyLength += length;
    this.#settled = target + length;
    this.#copied += length;
  }

  #flush(): void {
    const length = this.#copyLength;
    if (length > 0) this.#writer.copy(this.#copySource, this.#settled - length, length);
    this.#copyLength = 0;
  }

  #literalUpTo(end: number): void {
    if (end <= this.#settled) return;
    this.#flush();
    this.#writer.literal(this.#settled, end - this.#settled);
    this.#settled = end;
  }

  /** Stops everything; the first reason is the one that is reported. */
  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#abort.abort(this.#failure.reason);
    this.#writer.fail(this.#failure.reason);
  }
}

function requireLimit(limit: number): number {
  if (limit > 0) return limit;
  throw new ParasyncError("bad_request", "Cannot read answer: its session makes no sense");
}

/** The server's end of the finer rounds: checksums of small blocks in what the chunks have left of the basis. */
import type { Refine } from "../../proto/gen/parasync_pb.ts";
import { ParasyncError } from "../errors.ts";
import { groupsOf, PROOF_BYTES, setBit } from "../matching/block_proofs.ts";
import { CHECK_BYTES } from "../matching/range_signature.ts";
import { portions, type Ranges } from "../matching/ranges.ts";
import type { StageClock } from "../telemetry/stages.ts";
import { decodeVarints, encodeWords } from "../transport/columns.ts";
import { answerFrame, readRequest } from "../transport/messages.ts";
import type { FileReference, GroupsJob, RangesJob } from "../workers/jobs.ts";
import type { LaneGroup } from "../workers/lane_group.ts";
import { emitted } from "./emitted.ts";
import {
  LEAST_REFINED_BLOCK,
  MAX_REFINED_BLOCKS,
  MAX_REFINED_RANGES,
  MAX_ROUNDS,
  MOST_REFINED_BLOCK,
} from "./refine_limits.ts";

/** Bytes of the basis in one job. */
const JOB_BYTES = 1 << 20;

/** What the rounds of a session work on. */
export interface RefinementParts {
  readonly basis: FileReference | null;
  readonly lanes: LaneGroup;
  readonly clock: StageClock;
  readonly signal: AbortSignal;
}

/** The blocks that a round has asked for, to know those by that the next one says were found. */
interface Round {
  readonly ranges: Ranges;
  readonly block: number;
  readonly count: number;
}

/** The finer rounds of one session at the server. */
export class Refinement {
  readonly #parts: RefinementParts;
  #last: Round | undefined;
  #rounds = 0;

  /** @param parts What they work on. */
  constructor(parts: RefinementParts) {
    this.#parts = parts;
  }

  /**
   * Answers a round: says which proofs of the round before are right, then sends the checksums asked for.
   *
   * @param frame The content of the client's frame.
   * @returns Frames to send, length first.
   * @throws {ParasyncError} `bad_request` for what is no round of this basis, `too_large` for too many blocks or
   * rounds.
   */
  async *answer(frame: Uint8Array): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const request = readRequest(frame).frame;
    if (request.case !== "refine") throw refuse("the frame is not Refine");
    if (++this.#rounds > MAX_ROUNDS) {
      throw new ParasyncError("too_large", `Cannot refine more than ${MAX_ROUNDS} times`);
    }
    const { clock } = this.#parts;
    const round = this.#readRound(request.value);
    clock.start("refine");
    try {
      const bitmap = await this.#prove(request.value);
      yield answerFrame({ case: "proven", value: { bitmap } });
      this.#last = round;
      if (round !== undefined) yield* this.#sign(round, request.value.checkBytes);
    } finally {
      clock.stop("refine");
    }
    yield answerFrame({ case: "done", value: { chunks: round?.count ?? 0 } });
  }

  #readRound({ block, checkBytes, begins, lengths }: Refine): Round | undefined {
    if (block === 0) {
      if (begins.length + lengths.length > 0) throw refuse("there are ranges and no blocks");
      return undefined;
    }
    if (
      block < LEAST_REFINED_BLOCK || block > MOST_REFINED_BLOCK || checkBytes > CHECK_BYTES
    ) {
      throw refuse(`blocks of ${block} bytes with ${checkBytes} of checks are not made`);
    }
    const gaps = decodeVarints(begins, "begins");
    const spans = decodeVarints(lengths, "lengths", gaps.length);
    if (gaps.length > MAX_REFINED_RANGES) throw tooMany(`${MAX_REFINED_RANGES} ranges`);
    const size = this.#parts.basis?.size ?? 0;
    const ends = new Float64Array(gaps.length);
    let at = 0;
    let count = 0;
    for (let i = 0; i < gaps.length; i++) {
      const begin = at + gaps[i]!;
      at = begin + spans[i]!;
      if (spans[i]! < block || at > size) throw refuse("a range is outside the basis or too short");
      gaps[i] = begin;
      ends[i] = at;
      count += Math.floor(spans[i]! / block);
    }
    if (count > MAX_REFINED_BLOCKS) throw tooMany(`${MAX_REFINED_BLOCKS} blocks`);
    return { ranges: { begins: gaps, ends }, block, count };
  }

  async *#sign(
    { ranges, block }: Round,
    checkBytes: number,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const { basis, lanes, signal } = this.#parts;
    const { hw } = lanes;
    const jobs = function* (): Generator<RangesJob> {
      for (const pieces of portions(ranges, JOB_BYTES, block)) {
        yield { kind: "ranges", hw, file: basis!, block, checkBytes, ...pieces };
      }
    };
    yield* emitted<Uint8Array<ArrayBuffer>>((emit) => {
      let first = 0;
      return lanes.inOrder(jobs(), async (_job, { weaks, strong }) => {
        const weak = encodeWords(weaks);
        await emit(answerFrame({ case: "blockChecksums", value: { first, weak, strong } }));
        first += weaks.length;
      }, signal);
    });
  }

  /** Whether what the client has found in the last round's blocks is what they are: a bit for each proof. */
  async #prove({ found, proofs }: Refine): Promise<Uint8Array<ArrayBuffer>> {
    const claimed = proofs.length / PROOF_BYTES;
    if (!Number.isInteger(claimed)) throw refuse("a proof is cut short");
    const right = new Uint8Array(Math.ceil(claimed / 8));
    const round = this.#last;
    // A server that has not made the blocks can prove nothing; what is not proven is sent.
    if (round === undefined || claimed === 0) return right;
    if (found.length !== Math.ceil(round.count / 8)) {
      throw refuse("what was found is not of the round before");
    }
    const { basis, lanes, signal } = this.#parts;
    const { hw } = lanes;
    const { block, count } = round;
    const jobs = function* (): Generator<GroupsJob> {
      for (const groups of groupsOf(found, count, block, placesOf(round))) {
        yield { kind: "groups", hw, file: basis!, ...groups };
      }
    };
    const made = new Uint8Array(proofs.length);
    let filled = 0;
    await lanes.inOrder(jobs(), (_job, own) => {
      if (filled + own.length > made.length) throw refuse("there is not a proof for each group");
      made.set(own, filled);
      filled += own.length;
    }, signal);
    if (filled !== proofs.length) throw refuse("there is not a proof for each group");
    for (let i = 0; i < claimed; i++) {
      const [from, to] = [i * PROOF_BYTES, (i + 1) * PROOF_BYTES];
      if (made.subarray(from, to).every((byte, j) => byte === proofs[from + j])) setBit(right, i);
    }
    return right;
  }
}

/** Where blocks begin, asked for in order. */
function placesOf({ ranges: { begins, ends }, block }: Round): (index: number) => number {
  let range = 0;
  let first = 0;
  return (index) => {
    for (;;) {
      const held = Math.floor((ends[range]! - begins[range]!) / block);
      if (index < first + held) return begins[range]! + (index - first) * block;
      first += held;
      range++;
    }
  };
}

function refuse(reason: string): ParasyncError {
  return new ParasyncError("bad_request", `Cannot refine: ${reason}`);
}

function tooMany(what: string): ParasyncError {
  return new ParasyncError("too_large", `Cannot refine: a round has more than ${what}`);
}

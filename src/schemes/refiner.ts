/**
 * The client's end of the finer rounds: what the chunks have left of the new file is looked for once more, in
 * smaller blocks, in what they have left of the basis.
 */
import type { Answer, BlockChecksums } from "../../proto/gen/parasync_pb.ts";
import type { PatchWriter } from "../delta/patch_writer.ts";
import { isFailureCode, ParasyncError } from "../errors.ts";
import { GROUP_BLOCKS, groupsOf, hasBit, setBit } from "../matching/block_proofs.ts";
import { type BlockTable, createBlockTable } from "../matching/block_table.ts";
import type { MatchSink } from "../matching/match_list.ts";
import {
  coveredBytes,
  portions,
  RangeCollector,
  type Ranges,
  rangesWithout,
  wholeRange,
} from "../matching/ranges.ts";
import { decodeWords, encodeVarints } from "../transport/columns.ts";
import { readAnswer, requestFrame } from "../transport/messages.ts";
import type { GapsJob, GroupsJob } from "../workers/jobs.ts";
import { EventLoop } from "../workers/event_loop.ts";
import type { LaneGroup } from "../workers/lane_group.ts";
import { MAX_REFINED_COPIES, type RefineOutcome } from "./refine_limits.ts";
import { RefinePlanner, type RoundPlan } from "./refine_plan.ts";
import { falseRepeats } from "./repeated_blocks.ts";
import type { Peer, SourceEnd } from "./scheme.ts";

/** Bytes of the new file in one job. */
const JOB_BYTES = 1 << 20;

/** What a round has found and the next request proves. */
interface Found {
  readonly count: number;
  readonly block: number;
  /** Where it is in the new file, in order, and in the basis. */
  readonly targets: Float64Array;
  readonly sources: Float64Array;
  readonly blocks: Uint32Array;
  /** Where each block was found first in the new file, at its place among all blocks. */
  readonly firsts: Float64Array;
  readonly bitmap: Uint8Array<ArrayBuffer>;
}

/** What proves it: a proof for each group of blocks with any that were found. */
interface Proofs {
  readonly groups: readonly number[];
  readonly proofs: Uint8Array<ArrayBuffer>;
}

/**
 * Stands between the matches and the patch: copies go on at once, literals wait until it is known whether they
 * are looked for once more, and then until that is done.
 */
export class Refiner implements MatchSink {
  readonly #end: SourceEnd;
  readonly #writer: PatchWriter;
  #state: "undecided" | "on" | "off" = "undecided";
  #beside: LaneGroup | undefined;
  #gaps = new RangeCollector();
  readonly #used = new RangeCollector();
  #rounds = 0;
  #copies = 0;
  #bytes = 0;
  #up = 0;
  #down = 0;

  /**
   * @param end The client's end.
   * @param writer Where copies and literals go.
   */
  constructor(end: SourceEnd, writer: PatchWriter) {
    this.#end = end;
    this.#writer = writer;
  }

  get #lanes(): LaneGroup {
    return this.#beside ??= this.#end.lanesBeside();
  }

  /** What came of it so far. */
  get outcome(): RefineOutcome {
    return { rounds: this.#rounds, bytes: this.#bytes, upBytes: this.#up, downBytes: this.#down };
  }

  copy(source: number, target: number, length: number): void {
    if (this.#state !== "off") this.#used.add(source, source + length);
    this.#writer.copy(source, target, length);
  }

  literal(target: number, length: number, zeros = false): void {
    if (zeros || this.#state === "off") this.#writer.literal(target, length);
    else this.#gaps.add(target, target + length);
  }

  /**
   * Says whether there will be finer rounds; once.
   *
   * @param on Whether.
   */
  decide(on: boolean): void {
    if (this.#state !== "undecided") return;
    this.#state = on ? "on" : "off";
    if (on) return;
    this.#send(this.#gaps.merged());
    this.#gaps = new RangeCollector();
  }

  /**
   * Looks for what is left, round after round for as long as it pays, and hands all of it on.
   *
   * @param peer The server.
   * @param key The session's key.
   * @param basisSize Size of the basis in bytes.
   * @param rttMs A round trip in ms; 0 where only bytes count.
   * @throws {ParasyncError} What keeps it from being done, and `bad_request` for answers that make no sense.
   */
  async refine(peer: Peer, key: string, basisSize: number, rttMs: number): Promise<void> {
    if (this.#state !== "on") return;
    let gaps = this.#gaps.merged();
    const used = this.#used.merged();
    let left = rangesWithout(wholeRange(basisSize), used);
    const planner = new RefinePlanner(this.#end.file, rttMs, {
      basisSize,
      matched: coveredBytes(used) > 0,
      compressed: this.#end.compress.coding !== "off",
    });
    const loop = new EventLoop();
    let found: Found | undefined;
    for (let last = false;;) {
      const proofs = this.#proofs(found);
      // Awaited when it is planned what else to ask for.
      proofs.catch(() => {});
      const plan = last ? undefined : await planner.next(gaps, left);
      if (plan === undefined) {
        // What is left is sure now; but the last proof goes first, since what was found waits for its answer.
        const proven = found && this.#prove(peer, key, found, await proofs);
        proven?.catch(() => {});
        // Else literals would be compressed before the request has left.
        if (proven !== undefined) await loop.sent();
        this.#send(gaps);
        if (proven !== undefined) this.#send(await proven);
        return;
      }
      this.#rounds++;
      const asked = this.#ask(peer, key, plan, found, await proofs);
      asked.catch(() => {});
      // Lanes start while the server is being asked, but not before the request has left.
      await loop.sent();
      this.#beside ??= this.#end.lanesBeside();
      const { table, wrong, ms } = await asked;
      planner.came(table.weaks.byteLength + table.strong.byteLength, ms);
      last = planner.isLast(plan);
      found = await this.#search(plan, table, last);
      if (last) {
        gaps = wrong;
        continue;
      }
      planner.found(found === undefined ? 0 : found.targets.length * plan.block);
      const targets = new RangeCollector();
      const sources = new RangeCollector();
      for (let i = 0; found !== undefined && i < found.targets.length; i++) {
        targets.add(found.targets[i]!, found.targets[i]! + plan.block);
        sources.add(found.sources[i]!, found.sources[i]! + plan.block);
      }
      gaps = rangesWithout(gaps, targets.merged());
      left = rangesWithout(left, sources.merged());
      if (wrong.begins.length === 0) continue;
      const all = new RangeCollector();
      all.addAll(gaps);
      all.addAll(wrong);
      gaps = all.merged();
    }
  }

  /** Hands literals on. */
  #send({ begins, ends }: Ranges): void {
    for (let i = 0; i < begins.length; i++) {
      this.#writer.literal(begins[i]!, ends[i]! - begins[i]!);
    }
  }

  /** Asks for a round's checksums; with it the round before is proven. */
  async #ask(
    peer: Peer,
    key: string,
    plan: RoundPlan,
    before: Found | undefined,
    proofs: Proofs,
  ): Promise<{ readonly table: BlockTable; readonly wrong: Ranges; readonly ms: number }> {
    const { block, checkBytes, count, left: { begins, ends } } = plan;
    const weaks = new Uint32Array(count);
    const strong = new Uint8Array(count * checkBytes);
    let filled = 0;
    let begun: number | undefined;
    const wrong = await this.#request(peer, key, before, proofs, {
      block,
      checkBytes,
      begins: encodeVarints(begins.map((begin, i) => begin - (i === 0 ? 0 : ends[i - 1]!))),
      lengths: encodeVarints(begins.map((begin, i) => ends[i]! - begin)),
    }, (checksums) => {
      begun ??= performance.now();
      const words = decodeWords(checksums.weak, "weak");
      if (
        checksums.first !== filled || filled + words.length > count ||
        checksums.strong.length !== words.length * checkBytes
      ) {
        throw refuse("checksums are out of their order or range");
      }
      weaks.set(words, filled);
      strong.set(checksums.strong, filled * checkBytes);
      filled += words.length;
    });
    if (filled !== count) throw refuse("checksums are missing");
    const ms = performance.now() - begun!;
    const table = createBlockTable({
      block,
      basisSize: count * block,
      weak: "rabinkarp",
      strongName: "blake3",
      strongBytes: checkBytes,
      weaks,
      strong,
    });
    return { table, wrong, ms };
  }

  /** Proves the last round; what it gives is not what it seemed. */
  async #prove(peer: Peer, key: string, before: Found, proofs: Proofs): Promise<Ranges> {
    return await this.#request(peer, key, before, proofs, {}, () => {
      throw refuse("checksums were not asked for");
    });
  }

  /** Sends a request, takes its answer, and settles what the round before has found. */
  async #request(
    peer: Peer,
    key: string,
    before: Found | undefined,
    { groups, proofs }: Proofs,
    round: {
      readonly block?: number;
      readonly checkBytes?: number;
      readonly begins?: Uint8Array<ArrayBuffer>;
      readonly lengths?: Uint8Array<ArrayBuffer>;
    },
    onChecksums: (checksums: BlockChecksums) => void,
  ): Promise<Ranges> {
    const empty = new Uint8Array(0);
    const frame = requestFrame({
      case: "refine",
      value: { found: before?.bitmap ?? empty, proofs, ...round },
    });
    this.#up += frame.length;
    let wrong: Ranges | undefined;
    let over = false;
    for await (const bytes of peer.refine(key, frame)) {
      this.#end.signal.throwIfAborted();
      this.#down += bytes.length;
      const answer = readAnswer(bytes).frame;
      if (over) throw refuse("something follows its end");
      if (answer.case === "proven" && wrong === undefined) {
        if (answer.value.bitmap.length !== Math.ceil(groups.length / 8)) {
          throw refuse("it does not say which proofs are right");
        }
        wrong = this.#settle(before, groups, answer.value.bitmap);
      } else if (answer.case === "blockChecksums" && wrong !== undefined) {
        onChecksums(answer.value);
      } else if (answer.case === "done" && wrong !== undefined) {
        over = true;
      } else {
        requireProgress(answer);
      }
    }
    if (!over || wrong === undefined) {
      throw new ParasyncError("stream", "Cannot go on: the server's answer ended too early");
    }
    return wrong;
  }

  async #proofs(before: Found | undefined): Promise<Proofs> {
    if (before === undefined) return { groups: [], proofs: new Uint8Array(0) };
    const { reference: file, signal } = this.#end;
    const { hw } = this.#lanes;
    const { bitmap, count, block, firsts } = before;
    const jobs = function* (): Generator<GroupsJob & { readonly groups: readonly number[] }> {
      for (const portion of groupsOf(bitmap, count, block, (index) => firsts[index]!)) {
        yield { kind: "groups", hw, file, ...portion };
      }
    };
    const groups: number[] = [];
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    await this.#lanes.inOrder(
      jobs(),
      (job, proofs) => {
        groups.push(...job.groups);
        pieces.push(proofs);
      },
      signal,
      this.#lanes.farDepth,
    );
    return { groups, proofs: new Uint8Array(await new Blob(pieces).arrayBuffer()) };
  }

  /** Hands on what is proven; the rest, if there is any, is to be sent. */
  #settle(before: Found | undefined, groups: readonly number[], right: Uint8Array): Ranges {
    const wrong = new RangeCollector();
    const refuted = new Set(groups.filter((_, i) => !hasBit(right, i)));
    for (let i = 0; before !== undefined && i < before.targets.length; i++) {
      const { block } = before;
      const target = before.targets[i]!;
      if (refuted.has(Math.floor(before.blocks[i]! / GROUP_BLOCKS))) {
        wrong.add(target, target + block);
        continue;
      }
      this.#bytes += block;
      this.#writer.copy(before.sources[i]!, target, block);
    }
    return wrong.merged();
  }

  /** Searches the gaps for the blocks of a round; in the last one what is not found is handed on at once. */
  async #search(plan: RoundPlan, table: BlockTable, last: boolean): Promise<Found | undefined> {
    const { reference, clock, progress, signal } = this.#end;
    const lanes = this.#lanes;
    const { hw } = lanes;
    const { block, count, gaps, left } = plan;
    const places = blockPlaces(left, block, count);
    const firsts = new Float64Array(count);
    const checks = new Uint32Array(count);
    const bitmap = new Uint8Array(Math.ceil(count / 8));
    const targets: number[] = [];
    const blocks: number[] = [];
    const total = coveredBytes(gaps);
    let done = 0;
    const take = (target: number, index: number, check: number): void => {
      if (!hasBit(bitmap, index)) {
        setBit(bitmap, index);
        firsts[index] = target;
        checks[index] = check;
      } else if (check !== checks[index]) {
        // Two unlike contents agree with what is known of the block: one of them at most is it.
        return;
      }
      const before = targets.length - 1;
      const follows = before >= 0 && targets[before]! + block === target &&
        places[blocks[before]!]! + block === places[index]!;
      if (!follows && ++this.#copies > MAX_REFINED_COPIES) return;
      targets.push(target);
      blocks.push(index);
    };
    const jobs = function* (): Generator<GapsJob> {
      for (const pieces of portions(gaps, JOB_BYTES, 1)) {
        yield { kind: "gaps", hw, file: reference, table, ...pieces };
      }
    };
    await clock.time("client refine", () =>
      lanes.inOrder(
        jobs(),
        ({ begins, lengths }, found) => {
          const before = targets.length;
          for (let i = 0; i < found.targets.length; i++) {
            take(found.targets[i]!, found.blocks[i]!, found.checks[i]!);
          }
          for (let i = 0, next = before; i < begins.length; i++) {
            const end = begins[i]! + lengths[i]!;
            let at = begins[i]!;
            for (; last && next < targets.length && targets[next]! < end; next++) {
              if (targets[next]! > at) this.#writer.literal(at, targets[next]! - at);
              at = targets[next]! + block;
            }
            if (last && at < end) this.#writer.literal(at, end - at);
            done += lengths[i]!;
          }
          progress("client", "refine", done, total);
        },
        signal,
        lanes.farDepth,
      ));
    if (targets.length === 0) return undefined;
    const sure = await this.#withoutFalse(targets, blocks, firsts, block, last);
    return {
      count,
      block,
      targets: Float64Array.from(sure.targets),
      sources: Float64Array.from(sure.blocks, (index) => places[index]!),
      blocks: Uint32Array.from(sure.blocks),
      firsts,
      bitmap,
    };
  }

  /** Leaves out blocks that were found again and are something else there; after the last round it is sent. */
  async #withoutFalse(
    targets: readonly number[],
    blocks: readonly number[],
    firsts: Float64Array,
    block: number,
    last: boolean,
  ): Promise<{ readonly targets: readonly number[]; readonly blocks: readonly number[] }> {
    const isAgain = (target: number, i: number): boolean => firsts[blocks[i]!] !== target;
    const again = targets.filter(isAgain);
    if (again.length === 0) return { targets, blocks };
    const repeated = {
      block,
      targets: again,
      firsts: blocks.filter((_, i) => isAgain(targets[i]!, i)).map((index) => firsts[index]!),
    };
    const { reference, signal } = this.#end;
    const wrong = await falseRepeats(this.#lanes, reference, repeated, signal);
    if (wrong.size === 0) return { targets, blocks };
    if (last) {
      for (const target of wrong) this.#writer.literal(target, block);
    }
    return {
      targets: targets.filter((target) => !wrong.has(target)),
      blocks: blocks.filter((_, i) => !wrong.has(targets[i]!)),
    };
  }
}

/** Where the blocks of some ranges lie. */
function blockPlaces({ begins, ends }: Ranges, block: number, count: number): Float64Array {
  const places = new Float64Array(count);
  let index = 0;
  for (let i = 0; i < begins.length; i++) {
    for (let at = begins[i]!; at + block <= ends[i]!; at += block) places[index++] = at;
  }
  return places;
}

function requireProgress(answer: Answer["frame"]): void {
  if (answer.case === "progress") return;
  if (answer.case !== "problem") throw refuse("a frame has no place there");
  const { code, message } = answer.value;
  throw new ParasyncError(isFailureCode(code) ? code : "internal", message);
}

function refuse(reason: string): ParasyncError {
  return new ParasyncError("bad_request", `Cannot read what refines: ${reason}`);
}

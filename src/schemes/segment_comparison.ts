import type { Segments } from "../../proto/gen/parasync_pb.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { SEGMENT_BYTES, segmentCount } from "../hashing/session_digest.ts";
import { hasBit, setBit } from "../matching/block_proofs.ts";
import { answerFrame } from "../transport/messages.ts";
import type { FileReference } from "../workers/jobs.ts";
import type { AdoptedTarget, BasisEnd, PartialTarget } from "./scheme.ts";

/** Segments that are hashed in one job. */
const COMPARED_SEGMENTS = 4;

/** What is compared, and who is told. */
export interface ComparisonOptions {
  /** The server's end. */
  readonly end: BasisEnd;
  /** Size of the new file in bytes. */
  readonly newSize: number;
  /** What an interrupted sync has left of the target; null where there is nothing. */
  readonly partial: PartialTarget | null;
  /** Told of each comparison with the basis: whether it has all of these segments. */
  readonly onCompared: (allSame: boolean) => void;
  /** Told when an answer is there. */
  readonly onAnswer: () => void;
  /** Told what went wrong. */
  readonly onFailure: (reason: unknown) => void;
  /** Throws where the session is over, so that nothing more should be read. */
  readonly throwIfOver: () => void;
}

/** The digests of one question. */
interface Question {
  readonly first: number;
  readonly count: number;
  readonly digests: Uint8Array;
}

/**
 * The server's answers to a client that asks which segments of its file the basis has at the same place, and which of
 * them an interrupted sync has left in the target (docs/protocol.md).
 */
export class SegmentComparison {
  readonly #options: ComparisonOptions;
  #asked = 0;
  #last: Promise<void> = Promise.resolve();
  readonly #answers: Uint8Array<ArrayBuffer>[] = [];
  #adopted: Promise<AdoptedTarget | null> | undefined;

  /** @param options What is compared. */
  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  /** Whether an answer waits to be taken. */
  get answered(): boolean {
    return this.#answers.length > 0;
  }

  /** Takes the answers that are there: frames, in the order of the questions. */
  take(): Uint8Array<ArrayBuffer>[] {
    return this.#answers.splice(0);
  }

  /** Resolves when all questions so far are answered; rejects with what kept one from it. */
  settled(): Promise<void> {
    return this.#last;
  }

  /**
   * Takes the next question; it is answered after those before it.
   *
   * @throws {ParasyncError} `bad_request` where it is out of its order or range.
   */
  ask({ first, digests, targetOnly }: Segments): void {
    const { end, newSize, onAnswer, onFailure } = this.#options;
    const count = digests.length / STRONG_BYTES;
    if (
      end.confirm !== "target" && !targetOnly || !Number.isInteger(count) ||
      count < 1 || first !== this.#asked || first + count > segmentCount(newSize)
    ) {
      throw new ParasyncError(
        "bad_request",
        "Cannot read segments: they are out of their order or range",
      );
    }
    this.#asked += count;
    const question = { first, count, digests: digests.slice() };
    this.#last = this.#last.then(() => this.#answer(question, targetOnly));
    this.#last.catch(onFailure).finally(onAnswer);
  }

  async #answer(question: Question, targetOnly: boolean): Promise<void> {
    const { end: { basis, clock }, onCompared } = this.#options;
    const { first, count } = question;
    clock.start("compare");
    const held = await this.#compareTarget(question);
    let bitmap = new Uint8Array(Math.ceil(count / 8));
    if (!targetOnly && basis !== null) {
      bitmap = await this.#compare(basis, question, held);
      onCompared(Array.from({ length: count }).every((_, i) => hasBit(bitmap, i)));
    }
    clock.stop("compare");
    this.#answers.push(
      answerFrame({ case: "unchanged", value: { first, count, bitmap, held } }),
    );
  }

  /** Which segments an interrupted sync has left in the target; the others are cleared. */
  async #compareTarget(question: Question): Promise<Uint8Array<ArrayBuffer>> {
    const { partial } = this.#options;
    if (partial === null) return new Uint8Array(0);
    const target = await (this.#adopted ??= partial.adopt());
    if (target === null) return new Uint8Array(0);
    const held = await this.#compare(target.reference, question);
    for (let i = 0; i < question.count; i++) {
      if (hasBit(held, i)) target.hold(question.first + i);
      else await target.clear(question.first + i);
    }
    return held;
  }

  /** Which segments a file has at the same place, but for those that need not be looked at. */
  async #compare(
    file: FileReference,
    { first, count, digests }: Question,
    except = new Uint8Array(0),
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { end: { basis, known, lanes }, newSize, throwIfOver } = this.#options;
    const { hw } = lanes;
    const bitmap = new Uint8Array(Math.ceil(count / 8));
    const lengthIn = (size: number, segment: number): number =>
      Math.min(SEGMENT_BYTES, size - segment * SEGMENT_BYTES);
    const alike = Array.from({ length: count }, (_, i) => first + i).filter((segment) =>
      lengthIn(file.size, segment) === lengthIn(newSize, segment) &&
      (except.length === 0 || !hasBit(except, segment - first))
    );
    for (let i = 0; i < alike.length; i += COMPARED_SEGMENTS) {
      throwIfOver();
      const segments = Float64Array.from(alike.slice(i, i + COMPARED_SEGMENTS));
      const sinceMs = Date.now();
      const own = await lanes.run({ kind: "verify", hw, target: file, segments });
      if (file === basis) known?.note(own, sinceMs);
      for (let j = 0; j < own.segments.length; j++) {
        const at = (own.segments[j]! - first) * STRONG_BYTES;
        const digest = own.digests.subarray(j * STRONG_BYTES, (j + 1) * STRONG_BYTES);
        if (digest.every((byte, k) => byte === digests[at + k])) {
          setBit(bitmap, own.segments[j]! - first);
        }
      }
    }
    return bitmap;
  }
}

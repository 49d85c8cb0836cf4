import { AnsweredKeys } from "./answered_keys.ts";
import { type CandidateList, candidatesIn, joinedCandidates, STRONG_WORDS } from "./candidates.ts";
import { ParasyncError } from "../errors.ts";

/** Candidates that have arrived and are waiting to be confirmed, in the order they came. */
export class CandidateQueue {
  readonly #answered: AnsweredKeys;
  readonly #lists: CandidateList[] = [];
  /** The first row of the first list that was not taken. */
  #row = 0;

  /** @param expected About how many keys there will be. */
  constructor(expected: number) {
    this.#answered = new AnsweredKeys(expected);
  }

  /**
   * Notes the keys that the basis lacks: no candidates of theirs are taken any more.
   *
   * @param first The first key spoken of.
   * @param count How many.
   * @param bitmap A bit a key, lowest first: whether the basis has it.
   */
  absent(first: number, count: number, bitmap: Uint8Array): void {
    this.#answered.absent(first, count, bitmap);
  }

  /**
   * Appends a list, but for keys that were answered before.
   *
   * @param list The list, with strong checksums.
   * @throws {ParasyncError} `bad_request`, if it has none.
   */
  add(list: CandidateList): void {
    if (list.strong.length !== list.keys.length * STRONG_WORDS) {
      throw new ParasyncError(
        "bad_request",
        "Cannot confirm candidates: strong checksums are missing",
      );
    }
    const fresh = this.#answered.claimAll(list);
    if (fresh.keys.length > 0) this.#lists.push(fresh);
  }

  /**
   * Takes the candidates of the keys that have waited longest.
   *
   * @param most For how many keys at most.
   * @returns All candidates of each of these keys; undefined where none is waiting.
   */
  take(most: number): CandidateList | undefined {
    const pieces: CandidateList[] = [];
    for (let room = most; room > 0 && this.#lists.length > 0;) {
      const list = this.#lists[0]!;
      const { keys } = list;
      const first = this.#row;
      let row = first;
      for (; row < keys.length; row++) {
        if (keys[row] === keys[row - 1]) continue;
        if (room === 0) break;
        room--;
      }
      pieces.push(candidatesIn(list, first, row));
      this.#row = row;
      if (row === keys.length) {
        this.#lists.shift();
        this.#row = 0;
      }
    }
    return pieces.length === 0 ? undefined : joinedCandidates(pieces);
  }
}

import { type ChunkList, widened } from "../chunking/chunk_list.ts";

/** Where what is known about the new file goes: the delta's producer. */
export interface MatchSink {
  /** Bytes of the new file that the basis has. */
  copy(source: number, target: number, length: number): void;
  /** Bytes of the new file that must be sent, or named where all of them are zero. */
  literal(target: number, length: number, zeros?: boolean): void;
}

const UNKNOWN = -1;
const LITERAL = -2;

/** A copy is handed on when it has grown to this length, so that the server can begin on it. */
const COPY_BYTES = 16 << 20;

/**
 * What is known about each chunk of the new file: its place in the basis, or that it has none.
 *
 * Copies are handed on in the order of the file, so that neighbours which also follow each other in the basis
 * make one copy and the delta is the same whatever order the answers came in. Literals are handed on at once,
 * since sending them takes longest, or in the file's order too where the delta must be in it.
 */
export class MatchList {
  readonly #chunks: ChunkList;
  readonly #sink: MatchSink;
  readonly #ordered: boolean;
  #places: Float64Array;
  #frontier = 0;
  #copySource = 0;
  #copyTarget = 0;
  #copyLength = 0;
  /** Chunks that have a place in the basis. */
  matched = 0;

  /**
   * @param chunks The new file's chunks.
   * @param expected About how many there will be.
   * @param sink Where copies and literals go.
   * @param order Whether literals may overtake copies.
   */
  constructor(
    chunks: ChunkList,
    expected: number,
    sink: MatchSink,
    order: "any" | "target" = "any",
  ) {
    this.#chunks = chunks;
    this.#sink = sink;
    this.#ordered = order === "target";
    this.#places = new Float64Array(expected).fill(UNKNOWN);
  }

  /** Makes room for chunks that were appended to the list. */
  extend(): void {
    const { length } = this.#places;
    if (this.#chunks.count <= length) return;
    const capacity = Math.max(this.#chunks.count, Math.ceil(length * 1.5));
    this.#places = widened(this.#places, new Float64Array(capacity)).fill(UNKNOWN, length);
  }

  /** Whether nothing is known of this chunk yet. */
  isOpen(chunk: number): boolean {
    return this.#places[chunk] === UNKNOWN;
  }

  /** Notes that a chunk's bytes are found at `place` in the basis. */
  match(chunk: number, place: number): void {
    this.#places[chunk] = place;
    this.matched++;
  }

  /** Notes that a chunk is not in the basis, or that nobody need know, since it is nothing but zeros. */
  literal(chunk: number, zeros = false): void {
    this.#places[chunk] = LITERAL;
    if (this.#ordered) return;
    this.#sink.literal(this.#chunks.offsets[chunk]!, this.#chunks.lengths[chunk]!, zeros);
  }

  /** Hands on what is in order up to the first chunk that nothing is known of. */
  advance(): void {
    const { offsets, lengths, count } = this.#chunks;
    for (; this.#frontier < count; this.#frontier++) {
      const place = this.#places[this.#frontier]!;
      if (place === UNKNOWN) return;
      const target = offsets[this.#frontier]!;
      const length = lengths[this.#frontier]!;
      if (place === LITERAL) {
        if (!this.#ordered) continue;
        this.#flush();
        this.#sink.literal(target, length);
        continue;
      }
      const follows = this.#copyLength > 0 && this.#copyLength < COPY_BYTES &&
        this.#copySource + this.#copyLength === place &&
        this.#copyTarget + this.#copyLength === target;
      if (follows) {
        this.#copyLength += length;
        continue;
      }
      this.#flush();
      this.#copySource = place;
      this.#copyTarget = target;
      this.#copyLength = length;
    }
  }

  /**
   * Ends the list: every chunk that nothing is known of is a literal.
   *
   * The answers are over by then; a key the server said it had and sent no candidate for costs bytes only.
   */
  finish(): void {
    for (let chunk = this.#frontier; chunk < this.#chunks.count; chunk++) {
      if (this.isOpen(chunk)) this.literal(chunk);
    }
    this.advance();
    this.#flush();
  }

  #flush(): void {
    if (this.#copyLength > 0) {
      this.#sink.copy(this.#copySource, this.#copyTarget, this.#copyLength);
    }
    this.#copyLength = 0;
  }
}

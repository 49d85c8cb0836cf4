/** What the files of a pair consist of: random bytes and holes. */
import { RandomBytes, RandomNumbers } from "./random_bytes.ts";

/** Bytes to write, or so many bytes to leave out. */
export type Piece = Uint8Array | { readonly hole: number };

/** What a file holds, made piece by piece so that no file is ever whole in memory. */
export type Content = () => Iterable<Piece>;

/** A stretch of a file. */
export interface Span {
  /** The random bytes it is taken from; `null` for a hole. */
  readonly seed: string | null;
  /** Where in those it begins, in bytes. */
  readonly from: number;
  /** How long it is, in bytes. */
  readonly bytes: number;
}

const PIECE_BYTES = 4 << 20;

/** A file of these stretches, one behind the other. */
export function spans(list: readonly Span[]): Content {
  return function* () {
    const sources = new Map<string, RandomBytes>();
    const buffer = new Uint8Array(PIECE_BYTES);
    for (const { seed, from, bytes } of list) {
      if (seed === null) {
        yield { hole: bytes };
        continue;
      }
      let source = sources.get(seed);
      if (source === undefined) sources.set(seed, source = new RandomBytes(seed));
      for (let done = 0; done < bytes;) {
        const piece = buffer.subarray(0, Math.min(PIECE_BYTES, bytes - done));
        source.read(piece, from + done);
        yield piece;
        done += piece.length;
      }
    }
  };
}

/** A stretch of random bytes. */
export function random(seed: string, from: number, bytes: number): Span {
  return { seed, from, bytes };
}

/** `bytes` random bytes with `inserted` others put in at the middle. */
export function withInsert(bytes: number, inserted: number): Content {
  const middle = Math.floor(bytes / 2);
  return spans([
    random("base", 0, middle),
    random("inserted", 0, inserted),
    random("base", middle, bytes - middle),
  ]);
}

/** `bytes` random bytes of which `count` pages are overwritten. */
export function withPages(bytes: number, pageBytes: number, count: number): Content {
  const numbers = new RandomNumbers("pages");
  const pages = Math.floor(bytes / pageBytes);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, pages)) chosen.add(numbers.below(pages));
  const list: Span[] = [];
  let at = 0;
  for (const page of [...chosen].sort((a, b) => a - b)) {
    const begin = page * pageBytes;
    list.push(random("base", at, begin - at), random("pages", begin, pageBytes));
    at = begin + pageBytes;
  }
  return spans([...list, random("base", at, bytes - at)]);
}

/** `bytes` random bytes with `count` insertions and deletions of 1 to `longest` bytes. */
export function withScatter(bytes: number, count: number, longest: number): Content {
  const numbers = new RandomNumbers("scatter");
  const places = Array.from({ length: count }, () => numbers.below(bytes)).sort((a, b) => a - b);
  const list: Span[] = [];
  let at = 0;
  for (const place of places) {
    if (place < at) continue;
    const length = Math.min(1 + numbers.below(longest), bytes - place);
    const inserts = numbers.below(2) === 0;
    list.push(random("base", at, place - at));
    if (inserts) list.push(random("scatter", place, length));
    at = inserts ? place : place + length;
  }
  return spans([...list, random("base", at, bytes - at)]);
}

const ISLANDS = 16;
const ISLAND_BYTES = 8 << 20;

/**
 * A mostly empty file with islands of data in it.
 *
 * @param bytes The file's length.
 * @param edited Whether it is the new one: an island is other data, one is moved by an odd number of bytes,
 * and one is gone.
 */
export function islands(bytes: number, edited: boolean): Content {
  const stride = Math.floor(bytes / ISLANDS);
  const length = Math.min(ISLAND_BYTES, Math.floor(stride / 4));
  const list: Span[] = [];
  for (let island = 0; island < ISLANDS; island++) {
    const before = edited && island === 4 ? 12_345 % (stride - length) : 0;
    const after = stride - length - before;
    const data = edited && island === 9
      ? { seed: null, from: 0, bytes: length }
      : random(edited && island === 2 ? "other" : "island", island * stride, length);
    list.push(
      { seed: null, from: 0, bytes: before },
      data,
      { seed: null, from: 0, bytes: after },
    );
  }
  return spans([...list, { seed: null, from: 0, bytes: bytes - stride * ISLANDS }]);
}

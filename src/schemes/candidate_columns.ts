import type { Candidates } from "../../proto/gen/parasync_pb.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { type CandidateList, STRONG_WORDS, strongWords } from "../matching/candidates.ts";
import { CANDIDATES_PER_KEY } from "../matching/weak_index.ts";
import {
  decodeVarints,
  decodeZigzags,
  encodeVarints,
  encodeWords,
  encodeZigzags,
} from "../transport/columns.ts";

/** No key has more places than the server looks at. */
const MOST_PLACES = CANDIDATES_PER_KEY;

/** The columns of a `Candidates` message (docs/protocol.md). */
export type CandidateColumns = Omit<Candidates, "$typeName">;

/**
 * Codes candidates in runs: keys that follow each other, whose chunks follow each other in the basis.
 *
 * @param list The candidates, sorted by key.
 * @param lengthOf The length of a key's chunks in bytes.
 * @param strongLength Bytes in a strong checksum; in memory it has {@linkcode STRONG_BYTES}, zeros behind it.
 * @returns The columns of the message.
 */
export function encodeCandidates(
  list: CandidateList,
  lengthOf: (key: number) => number,
  strongLength: number = STRONG_BYTES,
): CandidateColumns {
  const { keys, places, strong } = list;
  const deltas: number[] = [];
  const counts: number[] = [];
  const offsets: number[] = [];
  let lastKey = 0;
  let expected = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const place = places[i]!;
    const follows = i > 0 && key === keys[i - 1]! + 1 && place === expected;
    if (follows) {
      counts[counts.length - 1]! += 1;
    } else {
      deltas.push(key - lastKey);
      counts.push(1);
      offsets.push(place - expected);
    }
    lastKey = key;
    expected = place + lengthOf(key);
  }
  return {
    indexDeltas: encodeVarints(deltas),
    counts: counts.every((count) => count === 1) ? new Uint8Array(0) : encodeVarints(counts),
    places: encodeZigzags(offsets),
    strong: packed(encodeWords(strong), STRONG_BYTES, strongLength),
  };
}

/**
 * Reads candidates back.
 *
 * @param columns What the server sent.
 * @param keyCount How many keys it was sent.
 * @param lengthOf The length of a key's chunks in bytes.
 * @param basisSize The size of the basis in bytes.
 * @param strongLength Bytes in a strong checksum.
 * @returns The candidates, sorted by key.
 * @throws {ParasyncError} `bad_request` for keys that were not sent, places outside the basis, or columns
 * that do not fit each other.
 */
export function decodeCandidates(
  columns: CandidateColumns,
  keyCount: number,
  lengthOf: (key: number) => number,
  basisSize: number,
  strongLength: number = STRONG_BYTES,
): CandidateList {
  const deltas = decodeVarints(columns.indexDeltas, "index_deltas");
  const runs = deltas.length;
  const counts = columns.counts.length > 0
    ? decodeVarints(columns.counts, "counts", runs)
    : new Float64Array(runs).fill(1);
  const offsets = decodeZigzags(columns.places, "places", runs);
  if (columns.strong.length % strongLength !== 0) throw malformed("a strong checksum is cut short");
  const strong = strongWords(packed(columns.strong, strongLength, STRONG_BYTES));
  if (counts.includes(0)) throw malformed("a run has no keys");
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total > MOST_PLACES * keyCount) throw malformed("it has more keys than were sent");
  if (strong.length !== 0 && strong.length !== total * STRONG_WORDS) {
    throw malformed("its columns do not fit each other");
  }
  const keys = new Float64Array(total);
  const places = new Float64Array(total);
  let at = 0;
  let key = 0;
  let place = 0;
  for (let run = 0; run < runs; run++) {
    place += offsets[run]!;
    for (let i = 0; i < counts[run]!; i++) {
      key += i === 0 ? deltas[run]! : 1;
      if (key >= keyCount) throw malformed(`key ${key} was not sent`);
      const end = place + lengthOf(key);
      if (place < 0 || end > basisSize) throw malformed(`key ${key} lies outside the basis`);
      keys[at] = key;
      places[at++] = place;
      place = end;
    }
  }
  return { keys, places, strong };
}

/** A column of values of `from` bytes as one of `to` bytes each: cut off, or with zeros behind them. */
function packed(column: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return column;
  const count = column.length / from;
  const out = new Uint8Array(count * to);
  const kept = Math.min(from, to);
  for (let i = 0; i < count; i++) out.set(column.subarray(i * from, i * from + kept), i * to);
  return out;
}

function malformed(reason: string): ParasyncError {
  return new ParasyncError("bad_request", `Cannot read candidates: ${reason}`);
}

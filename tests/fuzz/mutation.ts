import { type Numbers, oneOf, randomBytes } from "../fixtures/seeded.ts";
import { join, little, varint, WILD } from "../hostile/wire/bytes.ts";

/** The longest input that mutations make. */
const LONGEST = 1 << 16;

/** A number that decoders have been wrong about, or one beside it, or any. */
export function wildNumber(next: Numbers): bigint {
  const number = next(4) === 0
    ? BigInt(next(2 ** 32)) << BigInt(next(33))
    : oneOf(next, WILD) + BigInt(next(3) - 1);
  return BigInt.asUintN(64, number);
}

/** A small number mostly, a wild one now and then. */
export function someNumber(next: Numbers, usual: number): bigint {
  return next(8) === 0 ? wildNumber(next) : BigInt(next(usual + 1));
}

type Mutation = (next: Numbers, bytes: Uint8Array) => Uint8Array<ArrayBuffer>;

const MUTATIONS: readonly Mutation[] = [
  function flipBit(next, bytes) {
    return replaced(bytes, next(bytes.length), (byte) => byte ^ (1 << next(8)));
  },
  function setByte(next, bytes) {
    const byte = next(2) === 0 ? next(256) : oneOf(next, [0, 1, 0x7f, 0x80, 0xfe, 0xff]);
    return replaced(bytes, next(bytes.length), () => byte);
  },
  function step(next, bytes) {
    return replaced(bytes, next(bytes.length), (byte) => byte + oneOf(next, [-1, 1]));
  },
  function cutOff(next, bytes) {
    return bytes.slice(0, next(bytes.length));
  },
  function remove(next, bytes) {
    const from = next(bytes.length);
    return join(bytes.subarray(0, from), bytes.subarray(from + 1 + next(16)));
  },
  function insert(next, bytes) {
    return inserted(next, bytes, randomBytes(next, 1 + next(16)));
  },
  function insertNumber(next, bytes) {
    const number = wildNumber(next);
    return inserted(next, bytes, next(2) === 0 ? varint(number) : little(number, 8));
  },
  function overwriteNumber(next, bytes) {
    const copy = bytes.slice();
    const number = little(wildNumber(next), oneOf(next, [2, 4, 8]));
    const at = next(copy.length);
    copy.set(number.subarray(0, copy.length - at), at);
    return copy;
  },
  function repeat(next, bytes) {
    const from = next(bytes.length);
    return inserted(next, bytes, bytes.subarray(from, from + 1 + next(64)));
  },
  function exchange(next, bytes) {
    const middle = next(bytes.length);
    return join(bytes.subarray(middle), bytes.subarray(0, middle));
  },
];

/**
 * Changes an input in a few places.
 *
 * @param next Where the numbers come from.
 * @param bytes The input, which stays as it is.
 * @param other Another input, to join a half of.
 */
export function mutated(
  next: Numbers,
  bytes: Uint8Array,
  other: Uint8Array,
): Uint8Array<ArrayBuffer> {
  let input = next(8) === 0
    ? join(bytes.subarray(0, next(bytes.length + 1)), other.subarray(next(other.length + 1)))
    : new Uint8Array(bytes);
  for (let rounds = 1 + next(4); rounds > 0; rounds--) {
    if (input.length === 0) input = randomBytes(next, 1 + next(32));
    input = oneOf(next, MUTATIONS)(next, input);
  }
  return input.subarray(0, LONGEST);
}

/** A stream's bytes in pieces, as a socket might deliver them: one, many small ones, or some. */
export function pieces(next: Numbers, bytes: Uint8Array): Uint8Array[] {
  const most = oneOf(next, [1, 7, 64, 4096]);
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + next(most);
    cut.push(bytes.subarray(at, at + length));
    at += length;
  }
  return cut;
}

function replaced(
  bytes: Uint8Array,
  at: number,
  change: (byte: number) => number,
): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  copy[at] = change(copy[at]!);
  return copy;
}

function inserted(next: Numbers, bytes: Uint8Array, more: Uint8Array): Uint8Array<ArrayBuffer> {
  const at = next(bytes.length + 1);
  return join(bytes.subarray(0, at), more, bytes.subarray(at));
}

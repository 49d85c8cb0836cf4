/** Weak and strong checksums of every backend, and the combination of weak ones. */
import { type HashBackend, STRONG_BYTES } from "../../src/hashing/backend.ts";
import { CRC32 } from "../../src/hashing/crc_combine.ts";
import { crcShift } from "../../src/hashing/crc_shift.ts";
import { createPortable } from "../../src/hashing/portable.ts";
import { RandomBytes } from "../random_bytes.ts";
import { type Case, insist, type Materials } from "./case.ts";

/**
 * What a call alone costs, a fine block, a small and an average chunk, an odd one as content-defined chunking cuts
 * them, a read, and a segment.
 */
const SIZES: readonly (readonly [string, number])[] = [
  ["64 B", 64],
  ["512 B", 512],
  ["2 KiB", 2048],
  ["8 KiB", 8192],
  ["9274 B", 9274],
  ["64 KiB", 65536],
  ["1 MiB", 1 << 20],
];
/** Larger than the first-level cache, as where the programs hash. */
const SPAN = 1 << 20;
const PAIRS = 10_000;

function checksumCases(backend: HashBackend, oracle: HashBackend, memory: Uint8Array): Case[] {
  return SIZES.flatMap(([label, size]) => {
    const calls = Math.max(1, Math.floor(SPAN / size));
    const last = (calls - 1) * size;
    const common = {
      name: `${label}, ${backend.name}: ${backend.description}`,
      work: { bytes: calls * size },
      limit: "copy",
    } as const;
    let weak = 0;
    const [out, expected] = [new Uint8Array(STRONG_BYTES), new Uint8Array(STRONG_BYTES)];
    return [{
      ...common,
      group: "weak checksum",
      run: () => {
        for (let at = 0; at <= last; at += size) weak = backend.weak(memory, at, at + size);
      },
      check: () => insist(weak === oracle.weak(memory, last, last + size), "a CRC-32 differs"),
    }, {
      ...common,
      group: "strong checksum",
      run: () => {
        for (let at = 0; at <= last; at += size) backend.strong(memory, at, at + size, out, 0);
      },
      check: () => {
        oracle.strong(memory, last, last + size, expected, 0);
        insist(out.every((byte, i) => byte === expected[i]), "a BLAKE3 differs");
      },
    }];
  });
}

function combinationCases(backend: HashBackend, memory: Uint8Array): Case[] {
  const [left, right] = [8192, 9274];
  const a = backend.weak(memory, 0, left);
  const b = backend.weak(memory, left, left + right);
  const whole = backend.weak(memory, 0, left + right);
  const shift = crcShift();
  const check = (made: () => number): Case["check"] => () =>
    insist(made() === whole, "a combined CRC-32 differs");
  let [concatenated, shifted] = [0, 0];
  const common = { group: "combination", work: { count: PAIRS, each: "pair" } } as const;
  return [{
    ...common,
    name: "of two CRC-32, by squaring",
    run: () => {
      for (let i = 0; i < PAIRS; i++) concatenated = CRC32.concat(a, b, right);
    },
    check: check(() => concatenated),
  }, {
    ...common,
    name: "of two CRC-32, by tables",
    run: () => {
      for (let i = 0; i < PAIRS; i++) shifted = (shift.forward(a, right) ^ b) >>> 0;
    },
    check: check(() => shifted),
  }];
}

/** Every backend, hash-wasm alone as well, which is also who they are checked against. */
export async function hashingCases({ backends }: Materials): Promise<readonly Case[]> {
  const memory = new Uint8Array(new WebAssembly.Memory({ initial: 32 }).buffer);
  new RandomBytes("hashing").read(memory, 0);
  const oracle = await createPortable(true);
  return [
    ...[oracle, ...backends]
      .flatMap((backend) => checksumCases(backend, oracle, memory))
      .toSorted((a, b) => a.group < b.group ? 1 : a.group > b.group ? -1 : 0),
    ...combinationCases(oracle, memory),
  ];
}

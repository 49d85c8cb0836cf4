/** The index of weak checksums, and the messages that ask it. */
import { ChunkList } from "../../src/chunking/chunk_list.ts";
import { WeakIndex } from "../../src/matching/weak_index.ts";
import { decodeVarints, encodeVarints } from "../../src/transport/columns.ts";
import { FRAME_HEAD_BYTES } from "../../src/transport/framing.ts";
import { readRequest, requestFrame } from "../../src/transport/messages.ts";
import { RandomBytes } from "../random_bytes.ts";
import { type Case, insist } from "./case.ts";

/** Those of a GiB. */
const CHUNKS = 131_072;

function indexCases(lengths: Uint32Array, weaks: Uint32Array): Case[] {
  const chunks = new ChunkList(CHUNKS);
  chunks.append(lengths, weaks);
  let index = new WeakIndex(chunks, CHUNKS);
  index.extend();
  const found = (lengthOf: (chunk: number) => number): number => {
    let count = 0;
    for (let i = 0; i < CHUNKS; i++) if (index.find(weaks[i]!, lengthOf(i)) >= 0) count++;
    return count;
  };
  let [present, absent] = [0, 0];
  const common = { group: "weak index", work: { count: CHUNKS, each: "chunk" } } as const;
  return [{
    ...common,
    name: "build",
    run: () => {
      index = new WeakIndex(chunks, CHUNKS);
      index.extend();
    },
    check: () => insist(index.find(weaks[7]!, lengths[7]!) >= 0, "a chunk is not in the index"),
  }, {
    ...common,
    name: "look up, there",
    run: () => {
      present = found((i) => lengths[i]!);
    },
    check: () => insist(present === CHUNKS, "a chunk is not found"),
  }, {
    ...common,
    name: "look up, not there",
    run: () => {
      absent = found(() => 1);
    },
    check: () => insist(absent === 0, "a chunk is found that is not there"),
  }];
}

function messageCases(lengths: Uint32Array, weaks: Uint32Array): Case[] {
  let column = encodeVarints(lengths);
  let decoded: ArrayLike<number> = [];
  const framed = (): Uint8Array => {
    const weak = new Uint8Array(weaks.buffer, weaks.byteOffset, weaks.byteLength);
    return requestFrame({ case: "weakBatch", value: { weak, lengths: column } });
  };
  let frame = framed();
  let request = readRequest(frame.subarray(FRAME_HEAD_BYTES));
  const common = { group: "protobuf", work: { count: CHUNKS, each: "key" } } as const;
  return [{
    ...common,
    name: "write lengths",
    run: () => {
      column = encodeVarints(lengths);
    },
    check: () => insist(decodeVarints(column, "lengths").length === CHUNKS, "lengths are lost"),
  }, {
    ...common,
    name: "read lengths",
    run: () => {
      decoded = decodeVarints(column, "lengths");
    },
    check: () => insist(decoded[CHUNKS - 1] === lengths[CHUNKS - 1], "a length differs"),
  }, {
    ...common,
    name: "write a frame of keys",
    run: () => {
      frame = framed();
    },
    check: () => insist(frame.length > 4 * CHUNKS, "a frame is short"),
  }, {
    ...common,
    name: "read a frame of keys",
    run: () => {
      request = readRequest(frame.subarray(FRAME_HEAD_BYTES));
    },
    check: () => {
      const read = request.frame;
      insist(
        read.case === "weakBatch" && read.value.weak.length === 4 * CHUNKS,
        "a frame is read as another",
      );
    },
  }];
}

/** As many chunks as a GiB has, with random checksums. */
export function matchingCases(): readonly Case[] {
  const weaks = new Uint32Array(CHUNKS);
  new RandomBytes("weaks").read(new Uint8Array(weaks.buffer), 0);
  const lengths = Uint32Array.from({ length: CHUNKS }, (_, i) => 4096 + (i * 7919) % 8192);
  return [...indexCases(lengths, weaks), ...messageCases(lengths, weaks)];
}

/** The scan, the selection of cuts, the rolling search, and a file's chunks with their weak checksums. */
import fs from "node:fs";
import { join } from "node:path";
import { ChunkList } from "../../src/chunking/chunk_list.ts";
import { createRollKernel, type RollName } from "../../src/chunking/kernel/roll_kernel.ts";
import { createScanKernel, type ScanKernel } from "../../src/chunking/kernel/scan_kernel.ts";
import { BLOCK_BYTES, chunkParametersFor } from "../../src/chunking/parameters.ts";
import { cutsOf } from "../../src/chunking/rule_k.ts";
import { openPinned } from "../../src/files/pinned_file.ts";
import type { HashBackend } from "../../src/hashing/backend.ts";
import { LaneGroup } from "../../src/workers/lane_group.ts";
import { WorkerLane } from "../../src/workers/lane_handle.ts";
import { RandomBytes } from "../random_bytes.ts";
import { type Case, insist, type Materials } from "./case.ts";

const MIN = 4096, AVERAGE_BITS = 13, MAX = 12288;
const FILE_BYTES = 128 << 20;
const ROLL_BLOCK = 8192;
/** Those of 100 MiB, and of 1 GiB. */
const ROLL_BLOCKS = [13_000, 131_000];

function scanCases(random: Uint8Array): Case[] {
  const available = BLOCK_BYTES + MAX;
  const expected = cutsOf(random, { min: MIN, avg: 2 ** AVERAGE_BITS, max: MAX });
  // A kernel each: what one leaves marked is nothing to the next.
  const scanCase = (
    group: string,
    name: string,
    work: (kernel: ScanKernel) => number,
  ): Case => {
    const kernel = createScanKernel(available);
    kernel.memory.set(random, kernel.dataOffset);
    kernel.mark(0, available, AVERAGE_BITS);
    let count = 0;
    return {
      group,
      name,
      work: { bytes: BLOCK_BYTES },
      limit: "copy",
      run: () => {
        count = work(kernel);
      },
      check: () => {
        insist(expected[count - 1]! >= BLOCK_BYTES, "the kernel finds too few cuts");
        for (let i = 0; i < count; i++) insist(kernel.ends[i] === expected[i], `cut ${i} differs`);
      },
    };
  };
  const select = (kernel: ScanKernel): number => kernel.select(0, BLOCK_BYTES, available, MIN, MAX);
  return [
    scanCase("scan", "mark every candidate and select", (kernel) => {
      kernel.mark(0, available, AVERAGE_BITS);
      return select(kernel);
    }),
    scanCase(
      "scan",
      "cut from a known start",
      (kernel) => kernel.cut(0, BLOCK_BYTES, available, AVERAGE_BITS, MIN, MAX),
    ),
    scanCase("cut selection", "from marks", select),
  ];
}

function rollsumCase(random: Uint8Array): Case {
  const weaks = new Uint32Array(0);
  const capacity = random.length;
  const kernel = createRollKernel({ kind: "rollsum", block: ROLL_BLOCK, weaks, capacity });
  kernel.memory.set(random, kernel.dataOffset);
  let sum = 0;
  return {
    group: "rolling search",
    name: "rollsum of a block",
    work: { bytes: BLOCK_BYTES },
    limit: "copy",
    run: () => {
      for (let at = 0; at < BLOCK_BYTES; at += ROLL_BLOCK) sum = kernel.weak(at, at + ROLL_BLOCK);
    },
    check: () => {
      let [low, high] = [0, 0];
      for (const byte of random.subarray(BLOCK_BYTES - ROLL_BLOCK, BLOCK_BYTES)) {
        low = (low + byte + 31) & 0xffff;
        high = (high + low) & 0xffff;
      }
      insist(sum === high * 2 ** 16 + low, "a rollsum differs");
    },
  };
}

/** Through a MiB in which the block of the last position is found, and hardly another. */
function rollCase(kind: RollName, blocks: number, random: Uint8Array, backend: HashBackend): Case {
  const last = BLOCK_BYTES;
  const weaks = new Uint32Array(blocks);
  const weakOf = createRollKernel({
    kind,
    block: ROLL_BLOCK,
    weaks: new Uint32Array(0),
    capacity: random.length,
  });
  weakOf.memory.set(random, weakOf.dataOffset);
  // Alike but for the one that is looked for, so that chance finds no other.
  const wanted = kind === "crc32"
    ? backend.weak(random, last, last + ROLL_BLOCK)
    : weakOf.weak(last, last + ROLL_BLOCK);
  for (let i = 0; i < blocks; i++) weaks[i] = (wanted ^ Math.imul(i, 0x9e3779b1)) >>> 0;
  const kernel = createRollKernel({ kind, block: ROLL_BLOCK, weaks, capacity: random.length });
  kernel.memory.set(random, kernel.dataOffset);
  for (let i = 0; i < blocks; i++) kernel.enter(i);
  let end = 0;
  return {
    group: "rolling search",
    name: `${kind}, ${blocks} blocks`,
    work: { bytes: BLOCK_BYTES },
    limit: "copy",
    run: () => {
      for (let from = 0; from < last;) {
        const found = kernel.search(from, last, backend.weak);
        end = found < 0 ? last : found;
        from = end + 1;
      }
    },
    check: () => insist(kernel.search(last, last + 1, backend.weak) === last, "nothing is found"),
  };
}

function fileCases({ folder, backends, onEnd }: Materials): Case[] {
  const path = join(folder, "chunking");
  const content = new Uint8Array(FILE_BYTES);
  new RandomBytes("chunking").read(content, 0);
  fs.writeFileSync(path, content);
  const pinned = openPinned(path);
  const lanes = [new WorkerLane(), new WorkerLane()];
  onEnd(() => {
    for (const lane of lanes) lane.close();
    pinned.close();
  });
  const { name, identity, size } = pinned;
  const file = { path: pinned.path, name, identity, size, turn: null };
  const parameters = chunkParametersFor(size);
  let known: ChunkList | undefined;
  return backends.flatMap((backend) =>
    [1, 2].map((count): Case => {
      const group = new LaneGroup(lanes.slice(0, count), backend.name === "native" ? "1" : "0");
      let list = new ChunkList(0);
      return {
        group: "chunk a file",
        name: `cuts and weak checksums, ${backend.name}, ${count} ${
          count === 1 ? "lane" : "lanes"
        }`,
        work: { bytes: size },
        limit: "copy",
        run: async () => {
          list = new ChunkList(size / 8192);
          await group.chunk(file, parameters, false, ({ lengths, weaks }) => {
            list.append(lengths, weaks);
          });
        },
        check: () => {
          known ??= list;
          insist(list.bytes === size && list.count === known.count, "the chunks are others");
          for (let i = 0; i < list.count; i++) {
            insist(list.lengths[i] === known.lengths[i], `the length of chunk ${i} differs`);
            insist(list.weaks[i] === known.weaks[i], `the weak checksum of chunk ${i} differs`);
          }
        },
      };
    })
  );
}

/** The kernels in memory, and the lanes on a file. */
export function chunkingCases(materials: Materials): readonly Case[] {
  const random = new Uint8Array(BLOCK_BYTES + MAX);
  new RandomBytes("scan").read(random, 0);
  const backend = materials.backends.at(-1)!;
  return [
    ...scanCases(random),
    rollsumCase(random),
    ...ROLL_BLOCKS.flatMap((blocks) =>
      (["rollsum", "rabinkarp", "crc32"] as const).map((kind) =>
        rollCase(kind, blocks, random, backend)
      )
    ),
    ...fileCases(materials),
  ];
}

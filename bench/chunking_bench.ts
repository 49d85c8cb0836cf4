/**
 * Speed of chunking with weak checksums over a file in the page cache, on one lane and on two, with native and with
 * portable checksums, beside the machine's memory copy in the same minute.
 *
 * Run with `deno run -A bench/chunking_bench.ts [MIB] [ROUNDS]`. Every round times all of them in turn; the first
 * is dropped. The chunks must be the same for any number of lanes and any backend, or the bench fails. To reach
 * with native checksums: 0.2 of the memory copy on one lane, and 1.6 times that on two.
 */
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ChunkList } from "../src/chunking/chunk_list.ts";
import { chunkParametersFor, expectedChunks } from "../src/chunking/parameters.ts";
import { openPinned } from "../src/files/pinned_file.ts";
import type { HardwareChoice } from "../src/hashing/backend.ts";
import { STRONG_BYTES } from "../src/hashing/backend.ts";
import { openBackend } from "../src/hashing/select.ts";
import type { FileReference } from "../src/workers/jobs.ts";
import { WorkerLane } from "../src/workers/lane_handle.ts";
import { LaneGroup } from "../src/workers/lane_group.ts";
import { spreadOf } from "../src/cli/comparison/spread.ts";
import { renderTable } from "./e2e/table.ts";
import { makePair } from "./pairs.ts";

const MOST_LANES = 2;
const COPY_BYTES = 256 << 20;
const COPIES = 4;

/** Chunks a file once. */
interface Case {
  readonly hw: HardwareChoice;
  readonly lanes: number;
  readonly group: LaneGroup;
  /** GB/s of each round that counts. */
  readonly speeds: number[];
}

/** Best speed of a few copies between buffers that no cache holds, in GB/s. */
function copySpeed(from: Uint8Array, to: Uint8Array): number {
  let best = 0;
  for (let i = 0; i < COPIES; i++) {
    const start = performance.now();
    to.set(from);
    best = Math.max(best, from.length / (performance.now() - start) / 1e6);
  }
  return best;
}

/** How many chunks there are, and a digest of all their lengths and weak checksums. */
async function fingerprintOf({ count, lengths, weaks }: ChunkList): Promise<string> {
  const { backend } = await openBackend("auto");
  const out = new Uint8Array(2 * STRONG_BYTES);
  for (const [i, column] of [lengths, weaks].entries()) {
    backend.strong(new Uint8Array(column.buffer), 0, 4 * count, out, i * STRONG_BYTES);
  }
  return `${count} chunks, ${out.toHex?.() ?? out.join("")}`;
}

async function measure(file: FileReference, rounds: number): Promise<void> {
  const { missing } = await openBackend("auto");
  const choices: readonly HardwareChoice[] = missing === undefined ? ["1", "0"] : ["0"];
  if (missing !== undefined) process.stdout.write(`Without hw=1: ${missing}\n`);
  const lanes = Array.from({ length: MOST_LANES }, () => new WorkerLane());
  const cases = choices.flatMap((hw) =>
    [1, MOST_LANES].map((count): Case => ({
      hw,
      lanes: count,
      group: new LaneGroup(lanes.slice(0, count), hw),
      speeds: [],
    }))
  );
  const parameters = chunkParametersFor(file.size);
  const [from, to] = [new Uint8Array(COPY_BYTES).fill(1), new Uint8Array(COPY_BYTES).fill(2)];
  let copy = 0;
  let known: string | undefined;
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const { hw, lanes: count, group, speeds } of cases) {
        const list = new ChunkList(expectedChunks(file.size, parameters));
        const start = performance.now();
        await group.chunk(file, parameters, false, ({ lengths, weaks }) => {
          list.append(lengths, weaks);
        });
        const speed = file.size / (performance.now() - start) / 1e6;
        if (round > 0) speeds.push(speed);
        const found = await fingerprintOf(list);
        known ??= found;
        if (found !== known) {
          throw new Error(`Cannot trust hw=${hw} on ${count} lanes: ${found}, not ${known}`);
        }
      }
      copy = Math.max(copy, copySpeed(from, to));
    }
  } finally {
    for (const lane of lanes) lane.close();
  }
  report(cases, copy, file.size, rounds);
}

function report(cases: readonly Case[], copy: number, bytes: number, rounds: number): void {
  const rows = cases.map(({ hw, lanes, speeds }) => {
    const { median, min, max } = spreadOf(speeds);
    const alone = cases.find((other) => other.hw === hw && other.lanes === 1)!;
    return [
      `hw=${hw}, ${lanes === 1 ? "one lane" : `${lanes} lanes`}`,
      median.toFixed(2),
      `${min.toFixed(2)}–${max.toFixed(2)}`,
      (median / copy).toFixed(3),
      (max / copy).toFixed(3),
      lanes === 1 ? "" : (median / spreadOf(alone.speeds).median).toFixed(2),
    ];
  });
  const head = ["", "GB/s", "min–max", "× copy", "best × copy", "× one lane"];
  process.stdout.write(
    `Chunking with weak checksums, ${
      bytes >> 20
    } MiB, ${rounds} rounds, Deno ${Deno.version.deno}, ` +
      `${navigator.hardwareConcurrency} cores\nmemory copy ${copy.toFixed(2)} GB/s ` +
      `(${COPY_BYTES >> 20} MiB, best)\n${renderTable([head, ...rows], 2)}`,
  );
}

const mebibytes = Number(Deno.args[0] ?? 1024);
const rounds = Number(Deno.args[1] ?? 7);
const folder = Deno.makeTempDirSync({ prefix: "parasync-bench-" });
try {
  const { oldFile } = await makePair(folder, `same-${mebibytes}m`);
  fs.rmSync(join(folder, `same-${mebibytes}m.new`));
  using pinned = openPinned(oldFile);
  const { path, name, identity, size } = pinned;
  await measure({ path, name, identity, size, turn: null }, rounds);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}

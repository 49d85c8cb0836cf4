// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import fs from "node:fs";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { referenceOf, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { BLOCK_BYTES } from "../chunking/parameters.ts";
import { ScanChain } from "../chunking/scan_chain.ts";
import { LITERAL } from "../delta/range_queue.ts";
import { ParasyncError } from "../errors.ts";
import { TestFolder } from "../files/test_folder.ts";
import { newTurn } from "../files/write_turn.ts";
import type { StrongJob } from "./jobs.ts";
import { LaneGroup } from "./lane_group.ts";
import { InlineLane, type LaneHandle, WorkerLane } from "./lane_handle.ts";

const PARAMETERS = { min: 4096, avg: 8192, max: 12288 };

function strongJob(path: string, offsets: number[], lengths: number[]): StrongJob {
  return {
    kind: "strong",
    hw: "0",
    file: referenceOf(path),
    offsets: Float64Array.from(offsets),
    lengths: Uint32Array.from(lengths),
  };
}

/** Every kind of lane, each closed at the end of its turn. */
async function withEachLane(check: (lane: LaneHandle) => Promise<void>): Promise<void> {
  for (const lane of [new InlineLane(), new WorkerLane()]) {
    try {
      await check(lane);
    } finally {
      lane.close();
    }
  }
}

Deno.test("jobs are answered in the order they came, failures among them", async () => {
  using folder = new TestFolder();
  const path = folder.write("file", randomBytes(numbers(1), 100_000));
  await withEachLane(async (lane) => {
    const answered: number[] = [];
    await lane.run({ kind: "prepare", hw: "0" });
    const jobs = Array.from({ length: 48 }, (_, i) => {
      // Every third job reads behind the file's end.
      const job = strongJob(path, [i % 3 === 2 ? 99_999 : i * 100], [1000]);
      return lane.run(job).then(() => "done", (error) => (error as ParasyncError).code)
        .then((outcome) => (answered.push(i), outcome));
    });
    assert(lane.load === 48);
    const outcomes = await Promise.all(jobs);
    assertEquals(outcomes.slice(0, 3), ["done", "done", "changed"]);
    assertEquals(outcomes.filter((outcome) => outcome === "changed").length, 16);
    assertEquals(answered, Array.from({ length: 48 }, (_, i) => i));
    assertEquals([lane.load, lane.ready], [0, true]);
  });
});

Deno.test("a failure keeps its code and its message on the way to this thread", async () => {
  await withEachLane(async (lane) => {
    const identity = { dev: "0", ino: "0", size: 5, mtimeNs: "0" };
    const file = {
      path: "/nowhere/at/all",
      name: "/nowhere/at/all",
      identity,
      size: 5,
      turn: null,
    };
    const job = { ...strongJob(".", [0], [5]), file };
    const error = await assertRejects(() => lane.run(job), ParasyncError, "/nowhere/at/all");
    assertEquals(error.code, "not_found");
  });
});

Deno.test("a closed worker rejects what it had and what comes after", async () => {
  using folder = new TestFolder();
  const job = strongJob(folder.write("file", "content"), [0], [7]);
  const lane = new WorkerLane();
  const pending = [lane.run(job), lane.run(job)];
  lane.close();
  for (const outcome of [...pending, lane.run(job)]) {
    const error = await assertRejects(() => outcome, ParasyncError, "the worker was closed");
    assertEquals(error.code, "interrupted");
  }
  assert(lane.dead);
});

/** Lanes made in `body` get workers that run this program instead of their own. */
function withWorkers<T>(program: string, body: () => T): T {
  const real = globalThis.Worker;
  globalThis.Worker = class extends real {
    constructor() {
      super(`data:application/javascript,${encodeURIComponent(program)}`, { type: "module" });
    }
  };
  try {
    return body();
  } finally {
    globalThis.Worker = real;
  }
}

Deno.test("a worker that dies rejects all that it was asked for, at once and ever after", async () => {
  const lane = withWorkers(
    `self.onmessage = () => { throw new Error("out of luck"); };`,
    () => new WorkerLane(),
  );
  const jobs = [1, 2, 3].map(() => lane.run({ kind: "prepare", hw: "0" }));
  for (const job of jobs) {
    const error = await assertRejects(() => job, ParasyncError, "out of luck");
    assertEquals(error.code, "internal");
  }
  await assertRejects(() => lane.run({ kind: "prepare", hw: "0" }), ParasyncError, "out of luck");
  assertEquals([lane.dead, lane.load], [true, 0]);
});

Deno.test("a worker that cannot even start rejects what it was asked for", async () => {
  const lane = withWorkers("this is no program", () => new WorkerLane());
  await assertRejects(() => lane.run({ kind: "prepare", hw: "0" }), ParasyncError, "worker failed");
  assert(!lane.ready && lane.dead);
});

Deno.test("when a worker dies with a block in its hands the others do not wait for it", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(2, 0);
  const file = referenceOf(folder.write("file", randomBytes(numbers(2), 24 * BLOCK_BYTES)));
  const dying = withWorkers(
    `self.onmessage = ({ data: { chain } }) => {
      if (chain === undefined) return self.postMessage({ result: null });
      Atomics.add(new Int32Array(chain, 0, 4), 0, 1);
      throw new Error("struck down");
    };`,
    () => new WorkerLane(),
  );
  const group = new LaneGroup([dying, ...lanes.take(2)], "0");
  await dying.run({ kind: "prepare", hw: "0" });
  // It takes whichever block is next; those behind it can only be ended by being told.
  await assertRejects(
    () => group.chunk(file, PARAMETERS, false, () => {}),
    ParasyncError,
    "struck down",
  );
  let blocks = 0;
  await lanes.group(2).chunk(file, PARAMETERS, false, () => blocks++);
  assertEquals(blocks, 24);
});

Deno.test("this thread's lane lets timers and the network have their turns in between", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  const file = referenceOf(folder.write("file", randomBytes(numbers(3), 12 * BLOCK_BYTES)));
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  // How many blocks go between two turns depends on the machine; that turns never come does not.
  for (let round = 0; round < 100 && turns === 0; round++) {
    await lanes.group(1).chunk(file, PARAMETERS, false, () => {});
  }
  clearInterval(timer);
  assert(turns > 0, "no timer fired during 1200 blocks");
});

Deno.test("a worker ends its scan when the chain is aborted from here", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1, 0);
  const file = referenceOf(folder.write("file", randomBytes(numbers(4), 2 * BLOCK_BYTES)));
  const chain = new ScanChain();
  // Block 0 is taken here and never scanned.
  assertEquals(chain.take().block, 0);
  const [lane] = lanes.take(1);
  const scan = lane!.run({
    kind: "scan",
    hw: "0",
    file,
    parameters: PARAMETERS,
    chain: chain.state,
    withSegment: false,
  });
  setTimeout(() => chain.abort(), 20);
  const error = await assertRejects(() => scan, ParasyncError);
  assertEquals(error.code, "interrupted");
});

Deno.test("the literals of an append job move to the lane and come back with the result", async () => {
  using folder = new TestFolder();
  const target = { ...referenceOf(folder.write("target", new Uint8Array(3000))), turn: newTurn() };
  await withEachLane(async (lane) => {
    const memory = randomBytes(numbers(5), 4096);
    const bytes = memory.slice();
    const { digest, literals } = await lane.run({
      kind: "append",
      hw: "0",
      basis: null,
      targetFile: target,
      target: 0,
      length: 2999,
      sources: Float64Array.of(LITERAL),
      lengths: Uint32Array.of(2999),
      literals: memory.subarray(0, 2999),
      fresh: true,
    });
    assertEquals(digest, null);
    assertEquals(new Uint8Array(literals.buffer), bytes);
    assertEquals(memory.length, lane instanceof WorkerLane ? 0 : 4096);
    assertEquals(fs.readFileSync(target.path).subarray(0, 2999), Buffer.from(bytes.slice(0, 2999)));
  });
});

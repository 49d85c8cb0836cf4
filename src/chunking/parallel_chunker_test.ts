// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { type Numbers, numbers } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { type BlockChunks, blockCount } from "./block_scanner.ts";
import { chunkInParallel, type ScanLane } from "./parallel_chunker.ts";
import { BLOCK_BYTES } from "./parameters.ts";
import type { ScanChain } from "./scan_chain.ts";

const COLUMN = new Uint32Array(0);

/** A lane that takes its time, by chance. */
class IdleLane implements ScanLane {
  readonly #blocks: number;
  readonly #next: Numbers;
  underWay = 0;
  most = 0;

  constructor(blocks: number, next: Numbers, readonly depth = 1) {
    this.#blocks = blocks;
    this.#next = next;
  }

  async scan(chain: ScanChain): Promise<BlockChunks | null> {
    this.most = Math.max(this.most, ++this.underWay);
    try {
      const { block } = chain.take();
      for (let turns = this.#next(20); turns > 0; turns--) await Promise.resolve();
      return block < this.#blocks
        ? { block, lengths: COLUMN, weaks: COLUMN, zeros: [], segment: null }
        : null;
    } finally {
      this.underWay--;
    }
  }
}

Deno.test("blocks come in the file's order, each once, whichever lane is done first", async () => {
  const next = numbers(3);
  for (let lanes = 1; lanes <= 16; lanes++) {
    const blocks = next(60);
    const order: number[] = [];
    await chunkInParallel(
      blocks * BLOCK_BYTES - (blocks > 0 ? next(BLOCK_BYTES) : 0),
      Array.from({ length: lanes }, () => new IdleLane(blocks, next, 1 + next(3))),
      ({ block }) => order.push(block),
    );
    assertEquals(order, Array.from({ length: blocks }, (_, i) => i));
  }
});

Deno.test("a lane has no more blocks under way than its depth", async () => {
  const lanes = [1, 2, 5].map((depth) => new IdleLane(100, numbers(depth), depth));
  await chunkInParallel(100 * BLOCK_BYTES, lanes, () => {});
  assertEquals(lanes.map(({ most }) => most), [1, 2, 5]);
});

Deno.test("an empty file asks no lane", async () => {
  const lane: ScanLane = { depth: 1, scan: () => Promise.reject(new Error("asked")) };
  await chunkInParallel(0, [lane], () => {});
});

Deno.test("what a lane throws is reported, and nothing is handed on after it", async () => {
  const order: number[] = [];
  const good = new IdleLane(50, numbers(5), 2);
  const bad: ScanLane = {
    depth: 1,
    scan: async (chain) => {
      const chunks = await good.scan(chain);
      if (chunks === null || chunks.block < 20) return chunks;
      throw new ParasyncError("changed", "Cannot read it: it became shorter");
    },
  };
  const work = chunkInParallel(50 * BLOCK_BYTES, [good, bad], ({ block }) => order.push(block));
  const error = await assertRejects(() => work, ParasyncError, "it became shorter");
  assertEquals(error.code, "changed");
  const handedOn = order.length;
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(order.length, handedOn);
  assertEquals(order, Array.from({ length: handedOn }, (_, i) => i));
});

Deno.test("lanes that wait for one that failed give up, and its reason is the one reported", async () => {
  // What a lane does that waits for a block that never comes: it asks the chain until that is aborted.
  const waiting: ScanLane = {
    depth: 1,
    scan: async (chain) => {
      const { block } = chain.take();
      for (let turn = 0; turn < 10_000; turn++) {
        if (new Int32Array(chain.state)[2] !== 0) chain.waitForStart(block);
        await Promise.resolve();
      }
      throw new Error("the chain was never aborted");
    },
  };
  const failing: ScanLane = { depth: 1, scan: () => Promise.reject(new RangeError("first")) };
  await assertRejects(
    () => chunkInParallel(9 * BLOCK_BYTES, [waiting, failing], () => {}),
    RangeError,
    "first",
  );
});

Deno.test("what the receiver of blocks throws is reported, and it is not called again", async () => {
  let calls = 0;
  await assertRejects(
    () =>
      chunkInParallel(30 * BLOCK_BYTES, [new IdleLane(30, numbers(1), 3)], () => {
        if (++calls === 7) throw new Error("no more");
      }),
    Error,
    "no more",
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(calls, 7);
});

Deno.test("an aborted signal ends the work with its reason", async () => {
  const stop = new AbortController();
  const reason = new ParasyncError("interrupted", "Cannot go on: stopped");
  let blocks = 0;
  await assertRejects(
    () =>
      chunkInParallel(1000 * BLOCK_BYTES, [new IdleLane(1000, numbers(2), 2)], () => {
        if (++blocks === 10) stop.abort(reason);
      }, stop.signal),
    ParasyncError,
    "stopped",
  );
});

Deno.test("the last block may be short, and a full one has no other behind it", () => {
  assertEquals([0, 1, BLOCK_BYTES, BLOCK_BYTES + 1].map(blockCount), [0, 1, 1, 2]);
});

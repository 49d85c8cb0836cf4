/** Syncs with both ends in one process: what comes out is the new file, whatever the files and the lanes. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
import { DATA_KINDS, dataOf } from "../../tests/fixtures/data_kinds.ts";
import { EDIT_KINDS, edited } from "../../tests/fixtures/edit_kinds.ts";
import {
  leftovers,
  type LocalSyncOptions,
  SHORT_CHUNKS,
  syncInFolder,
} from "../../tests/fixtures/local_sync.ts";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { COLLIDING, HookedLane, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { ParasyncError } from "../errors.ts";
import { TestFolder } from "../files/test_folder.ts";
import { NATIVE_AVAILABLE } from "../hashing/test_backends.ts";
import { InlineLane } from "../workers/lane_handle.ts";
import { LaneGroup } from "../workers/lane_group.ts";
import type { SyncOutcome } from "./scheme.ts";

const USUAL = { min: 4096, avg: 8192, max: 12288 };
const CONFIRMATIONS = ["chunk", "target"] as const;

/** Syncs and makes sure that the target is the new file, the outcome adds up and nothing is left behind. */
async function syncAndCompare(
  old: Uint8Array | null,
  file: Uint8Array,
  options: LocalSyncOptions,
  about: string,
): Promise<SyncOutcome> {
  using folder = new TestFolder();
  if (old !== null) folder.write("old", old);
  folder.write("new", file);
  const outcome = await syncInFolder(folder, options).catch((error) => {
    throw new Error(`${about}: ${error}`, { cause: error });
  });
  assert(fs.readFileSync(folder.join("target")).equals(file), `${about}: another result`);
  assertEquals(leftovers(folder), [], about);
  const { copiedBytes, literalBytes, zeroBytes } = outcome.totals;
  assert(copiedBytes + literalBytes + zeroBytes >= file.length, about);
  assertEquals([outcome.oldBytes, outcome.newBytes], [old?.length ?? 0, file.length], about);
  return outcome;
}

Deno.test("every edit of every kind of data comes out as the new file", async () => {
  using lanes = new TestLanes(8);
  const next = numbers(101);
  for (const kind of DATA_KINDS) {
    for (const edit of EDIT_KINDS) {
      const old = dataOf(kind, next(60_000), next);
      const file = edited(edit, old, next);
      for (const hw of NATIVE_AVAILABLE ? ["0", "1"] as const : ["0"] as const) {
        const threads = [1, 2, 3, 8][next(4)]!;
        const confirm = CONFIRMATIONS[next(2)]!;
        await syncAndCompare(
          old,
          file,
          { parameters: SHORT_CHUNKS, lanes: lanes.group(threads, hw), confirm },
          `${edit} of ${old.length} bytes of ${kind}, hw=${hw}, ${threads} threads, ${confirm}`,
        );
      }
    }
  }
});

Deno.test("files of several blocks come out right on 1, 2, 3 and 8 threads", async () => {
  using lanes = new TestLanes(8);
  const next = numbers(102);
  for (const threads of [1, 2, 3, 8]) {
    for (const kind of ["mixed", "archive", "zeros"] as const) {
      const old = dataOf(kind, (2 << 20) + next(3 << 20), next);
      const edit = EDIT_KINDS[next(EDIT_KINDS.length)]!;
      const file = edited("insert", edited(edit, old, next), next);
      const hw = NATIVE_AVAILABLE && threads > 2 ? "1" : "0";
      const options = { parameters: USUAL, lanes: lanes.group(threads, hw) };
      for (const confirm of CONFIRMATIONS) {
        const about = `insert after ${edit} of ${kind}, ${threads} threads, ${confirm}`;
        await syncAndCompare(old, file, { ...options, confirm }, about);
      }
    }
  }
});

Deno.test("the sizes at which files begin to have one more of something come out right", async () => {
  using lanes = new TestLanes(2);
  const next = numbers(103);
  const { min, max } = SHORT_CHUNKS;
  const sizes = [0, 1, 47, 48, 63, 64, min + 1, max - 1, max, max + 1, 2 * max, 4096 * max];
  for (const size of [...sizes, (1 << 20) - 1, 1 << 20, (1 << 20) + 1]) {
    for (const oldSize of [0, 1, size]) {
      const old = randomBytes(next, oldSize);
      const file = concatenated(old, randomBytes(next, size)).slice(0, size);
      const confirm = CONFIRMATIONS[next(2)]!;
      const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(2), confirm };
      await syncAndCompare(old, file, options, `${oldSize} to ${size} bytes, ${confirm}`);
    }
  }
});

Deno.test("a file for which there is no basis is sent whole", async () => {
  using lanes = new TestLanes(1);
  const next = numbers(104);
  for (const size of [0, 1, 100_000]) {
    const file = randomBytes(next, size);
    for (const confirm of CONFIRMATIONS) {
      const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(1), confirm };
      const { totals, chunksOld } = await syncAndCompare(null, file, options, `${size} bytes`);
      assertEquals([totals.literalBytes, totals.copiedBytes, chunksOld], [size, 0, 0]);
    }
  }
});

Deno.test("what the basis has is copied: little is sent for little that is new", async () => {
  using lanes = new TestLanes(2);
  const next = numbers(105);
  const old = randomBytes(next, 500_000);
  const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(2) };
  const same = await syncAndCompare(old, old, options, "identical");
  assertEquals([same.totals.literalBytes, same.chunksMatched], [0, same.chunksNew]);
  assertEquals(same.totals.copies, 1, "one run of chunks is one copy");
  const insert = concatenated(
    old.subarray(0, 250_000),
    randomBytes(next, 10),
    old.subarray(250_000),
  );
  const { totals } = await syncAndCompare(old, insert, options, "insert");
  assert(totals.literalBytes < 5 * SHORT_CHUNKS.max, `${totals.literalBytes} bytes for 10`);
  const reversed = concatenated(old.subarray(250_000), old.subarray(0, 250_000));
  const moved = await syncAndCompare(old, reversed, options, "halves exchanged");
  assert(moved.totals.literalBytes < 8 * SHORT_CHUNKS.max, `${moved.totals.literalBytes} bytes`);
});

Deno.test("zeros are neither sent nor written", async () => {
  using lanes = new TestLanes(1);
  const file = concatenated(new Uint8Array(3 << 20), randomBytes(numbers(106), 1000));
  const options = { parameters: USUAL, lanes: lanes.group(1) };
  const { upBytes } = await syncAndCompare(new Uint8Array(10), file, options, "zeros");
  assert(upBytes < 20_000, `${upBytes} bytes were sent`);
});

Deno.test("bodies as short as a server may want them come out right", async () => {
  using lanes = new TestLanes(2);
  const next = numbers(107);
  const old = dataOf("mixed", 200_000, next);
  const file = edited("insert", edited("reverse blocks", old, next), next);
  for (const maxPatchBytes of [1, 100, 10_000]) {
    const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(2), maxPatchBytes };
    await syncAndCompare(old, file, options, `bodies of ${maxPatchBytes} bytes`);
  }
});

Deno.test("weak checksums that collide by the thousand cost bytes and never a byte of the result", async () => {
  const next = numbers(108);
  const lane = new InlineLane();
  const lanes = new LaneGroup([new HookedLane(lane, COLLIDING)], "0");
  try {
    // Nearly all chunks have 64 bytes, so that eight weak checksums make about sixteen keys.
    const parameters = { min: 64, avg: 2 ** 19, max: 65 };
    for (const edit of EDIT_KINDS) {
      const old = dataOf("mixed", 40_000, next);
      const file = edited(edit, old, next);
      for (const confirm of CONFIRMATIONS) {
        await syncAndCompare(old, file, { parameters, lanes, confirm }, `${edit}, ${confirm}`);
      }
    }
    const old = randomBytes(next, 40_000);
    const options = { parameters: { min: 64, avg: 64, max: 128 }, lanes };
    const { chunksMatched } = await syncAndCompare(old, old, options, "identical");
    assert(chunksMatched > 0, "what is equal is found among what is not");
  } finally {
    lane.close();
  }
});

Deno.test("a false match in every segment of a long file is repaired", async () => {
  const next = numbers(109);
  const lane = new InlineLane();
  // All weak checksums are equal: under confirm=target nearly every place is wrong.
  const lanes = new LaneGroup([new HookedLane(lane, { weak: () => 0 })], "0");
  try {
    const old = randomBytes(next, 3_200_000);
    const file = randomBytes(next, 3_100_000);
    const parameters = { min: 4096, avg: 2 ** 19, max: 4097 };
    const options = { parameters, lanes, confirm: "target" as const };
    const { totals } = await syncAndCompare(old, file, options, "repair");
    // It was all copied from wrong places first, and all sent after that.
    assert(totals.copiedBytes > 3_000_000 && totals.literalBytes >= file.length);
  } finally {
    lane.close();
  }
});

Deno.test("a signal that aborts at any moment leaves the target and nothing else", async () => {
  using lanes = new TestLanes(2);
  const next = numbers(110);
  const old = dataOf("mixed", 300_000, next);
  for (let moment = 0; moment < 30; moment++) {
    using folder = new TestFolder();
    folder.write("old", old);
    folder.write("new", edited("insert", old, next));
    folder.write("target", "as it was");
    const stop = new AbortController();
    const reason = new ParasyncError("interrupted", "Cannot go on: stopped");
    let turns = 0;
    // Turns of the event loop rather than time, which differs from machine to machine.
    const tick = setInterval(() => turns++ === moment && stop.abort(reason), 0);
    if (moment === 0) stop.abort(reason);
    const options = { parameters: SHORT_CHUNKS, lanes: lanes.group(2), signal: stop.signal };
    const outcome = await syncInFolder(folder, options).catch((error) => error);
    clearInterval(tick);
    assertEquals(leftovers(folder), []);
    if (outcome === reason) assertEquals(folder.text("target"), "as it was");
    else assert(!(outcome instanceof Error), `${outcome}`);
    if (moment === 0) assertEquals(outcome, reason);
  }
});

Deno.test("a lane that fails at any of its jobs ends the sync with its reason", async () => {
  const next = numbers(111);
  const old = dataOf("mixed", 200_000, next);
  const file = edited("insert", old, next);
  for (const kind of ["scan", "strong", "apply", "verify"]) {
    for (const end of ["client", "server"]) {
      if (end === "client" && (kind === "apply" || kind === "verify")) continue;
      using folder = new TestFolder();
      using good = new TestLanes(1);
      using hooked = new TestLanes(1);
      folder.write("old", old);
      folder.write("new", file);
      folder.write("target", "as it was");
      const before = (job: { kind: string }): void => {
        if (job.kind === kind) throw new ParasyncError("file_io", `Cannot ${kind}: I/O error`);
      };
      const failing = new LaneGroup([new HookedLane(hooked.take(1)[0]!, { before })], "0");
      const error = await assertRejects(
        () =>
          syncInFolder(folder, {
            parameters: SHORT_CHUNKS,
            lanes: end === "client" ? failing : good.group(1),
            basisLanes: end === "client" ? good.group(1) : failing,
          }),
        ParasyncError,
        `Cannot ${kind}`,
      );
      assertEquals([error.code, leftovers(folder)], ["file_io", []], `${kind} at the ${end}`);
      assertEquals(folder.text("target"), "as it was");
    }
  }
});

Deno.test("a file that changes while it is synced ends the sync, and is named as the reason", async () => {
  using lanes = new TestLanes(2);
  const next = numbers(112);
  const old = dataOf("random", 4 << 20, next);
  for (const changing of ["new", "old"]) {
    using folder = new TestFolder();
    folder.write("old", old);
    folder.write("new", edited("insert", old, next));
    folder.write("target", "as it was");
    let once = false;
    const before = (): void => {
      if (!once) fs.truncateSync(folder.join(changing), 1000);
      once = true;
    };
    const [first, second] = lanes.take(2);
    const group = new LaneGroup([new HookedLane(first!, { before }), second!], "0");
    const error = await assertRejects(
      () => syncInFolder(folder, { parameters: USUAL, lanes: group }),
      ParasyncError,
      changing,
    );
    assertEquals([error.code, leftovers(folder)], ["changed", []]);
    assertEquals(folder.text("target"), "as it was");
  }
});

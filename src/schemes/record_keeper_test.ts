// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
import { leftovers, SHORT_CHUNKS, syncInFolder } from "../../tests/fixtures/local_sync.ts";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { blockParameters } from "../chunking/parameters.ts";
import { type BlockRecords, ChecksumStore, RACY_MS } from "../files/checksum_store.ts";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { StageClock } from "../telemetry/stages.ts";
import type { LaneGroup } from "../workers/lane_group.ts";
import { RecordKeeper, recordOrigin, SKYSYNC_BLOCK_BYTES, storeRecords } from "./record_keeper.ts";
import type { SyncOutcome } from "./scheme.ts";

const SIGNAL = new AbortController().signal;

/** This machine's clock as it will be when the files of now have been left alone long enough. */
function laterClock(): Disposable {
  const now = Date.now;
  Date.now = () => now() + RACY_MS + 1_500;
  return { [Symbol.dispose]: () => void (Date.now = now) };
}

function storeIn(folder: TestFolder): ChecksumStore {
  return new ChecksumStore({ kind: "cache", directory: folder.join("cache") }, (problem) => {
    throw new Error(problem);
  });
}

interface Obtained {
  readonly records: BlockRecords;
  readonly origin: string;
  readonly stages: readonly string[];
}

async function obtain(
  path: string,
  store: ChecksumStore,
  lanes: LaneGroup,
  block: number,
): Promise<Obtained> {
  using file = openPinned(path);
  const keeper = new RecordKeeper(file, store);
  assertEquals(keeper.origin, "");
  const clock = new StageClock();
  const records = await keeper.obtain({ block, lanes, clock, stage: "client ", signal: SIGNAL });
  return { records, origin: keeper.origin, stages: Object.keys(clock.toMillis()) };
}

Deno.test("records are computed once and found by the next run, with the same values", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(2);
  using _later = laterClock();
  const store = storeIn(folder);
  const path = folder.write("file", randomBytes(numbers(151), 100_001));
  const first = await obtain(path, store, lanes.group(2), 1024);
  const second = await obtain(path, storeIn(folder), lanes.group(2), 1024);
  assertEquals([first.origin, second.origin], ["computed", "stored"]);
  assertEquals(first.stages, ["client checksums-computed"]);
  assertEquals(second.stages, ["client checksums-stored"]);
  assertEquals(second.records, first.records);
  assertEquals((await obtain(path, store, lanes.group(2), 2048)).origin, "computed");
});

Deno.test("records of a file that was changed since are computed anew, and found again then", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  using _later = laterClock();
  const store = storeIn(folder);
  const bytes = randomBytes(numbers(152), 50_000);
  const path = folder.write("file", bytes);
  const { records: before } = await obtain(path, store, lanes.group(1), 1024);
  await lanes.group(1).release([]);
  bytes[0]! ^= 1;
  fs.unlinkSync(path);
  folder.write("file", bytes);
  const after = await obtain(path, store, lanes.group(1), 1024);
  assertEquals(after.origin, "computed");
  assert(after.records.weaks[0] !== before.weaks[0]);
  assertEquals((await obtain(path, store, lanes.group(1), 1024)).origin, "stored");
});

Deno.test("where there is no file there are no records, and they come from nowhere", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  const keeper = new RecordKeeper(null, storeIn(folder));
  const clock = new StageClock();
  const wish = { block: 64, lanes: lanes.group(1), clock, stage: "", signal: SIGNAL };
  const { weaks, strong, size } = await keeper.obtain(wish);
  assertEquals([weaks.length, strong.length, size, keeper.origin], [0, 0, 0, ""]);
});

Deno.test("a sync that is stopped computes no records and stores none", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  using _later = laterClock();
  using file = openPinned(folder.write("file", randomBytes(numbers(153), 50_000)));
  const store = storeIn(folder);
  const signal = AbortSignal.abort(new RangeError("stopped"));
  await assertRejects(() => storeRecords(file, store, 64, lanes.group(1), signal), RangeError);
  assert(await storeRecords(file, store, 64, lanes.group(1), SIGNAL));
  assert(await storeRecords(file, store, 64, lanes.group(1), signal), "they are there already");
});

Deno.test("what another end says of its records is believed as far as it is known", () => {
  assertEquals(["stored", "computed", "", "__proto__"].map(recordOrigin), [
    "stored",
    "computed",
    "",
    "",
  ]);
});

for (const scheme of ["skysync_f", "skysync_c"] as const) {
  const block = scheme === "skysync_f" ? 1024 : SKYSYNC_BLOCK_BYTES;
  const parameters = scheme === "skysync_f" ? blockParameters(block) : SHORT_CHUNKS;

  /** Syncs and checks that the target is the new file. */
  const synced = async (
    folder: TestFolder,
    store: ChecksumStore,
    lanes: LaneGroup,
  ): Promise<SyncOutcome> => {
    const outcome = await syncInFolder(folder, {
      scheme,
      parameters,
      store,
      lanes,
      confirm: "target",
    });
    const target = fs.readFileSync(folder.join("target"));
    assert(target.equals(fs.readFileSync(folder.join("new"))), "the target is the new file");
    assertEquals(leftovers(folder), []);
    fs.unlinkSync(folder.join("target"));
    return outcome;
  };

  const filesIn = (folder: TestFolder, seed: number): void => {
    const next = numbers(seed);
    const old = randomBytes(next, 200_000);
    folder.write("old", old);
    const added = randomBytes(next, 3000);
    folder.write("new", concatenated(old.subarray(0, 120_000), added, old.subarray(120_000)));
  };

  Deno.test(`${scheme}: a sync from stored records is the sync from computed ones`, async () => {
    using folder = new TestFolder();
    using lanes = new TestLanes(1);
    using _later = laterClock();
    filesIn(folder, 154);
    const store = storeIn(folder);
    const first = await synced(folder, store, lanes.group(1));
    const second = await synced(folder, store, lanes.group(1));
    assertEquals(first.checksums.client, "computed");
    assertEquals(second.checksums.client, "stored");
    assertEquals(second.totals, first.totals);
    assertEquals(second.digest, first.digest);
  });

  Deno.test(`${scheme}: records that are wrong cost bytes and never a wrong file`, async () => {
    using folder = new TestFolder();
    using lanes = new TestLanes(1);
    using _later = laterClock();
    filesIn(folder, 155);
    const store = storeIn(folder);
    const honest = await synced(folder, store, lanes.group(1));
    const records = (await obtain(folder.join("old"), store, lanes.group(1), block)).records;
    const ends: readonly (readonly string[])[] = [["old"], ["new"], ["old", "new"]];
    for (const tampered of ends) {
      for (const base of ["old", "new"]) {
        using file = openPinned(folder.join(base));
        const honestly = tampered.includes(base) ? null : folder.join("nowhere");
        const { weaks, strong } = await obtain(
          file.path,
          new ChecksumStore({ kind: "off" }),
          lanes.group(1),
          block,
        ).then(({ records }) => records);
        if (honestly === null) {
          // Each block is said to be the one before it.
          weaks.copyWithin(1, 0);
          strong.copyWithin(32, 0);
        }
        const wrong = { ...records, size: file.size, weaks, strong };
        assert(store.save(file.path, file.identity, wrong, Date.now()));
      }
      const outcome = await synced(folder, store, lanes.group(1));
      const { literalBytes } = outcome.totals;
      assertEquals(outcome.checksums.client, "stored");
      assert(literalBytes >= honest.totals.literalBytes, `${literalBytes} bytes for ${tampered}`);
    }
  });
}

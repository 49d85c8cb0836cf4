/** Files of one size, long enough to ask about segments first: what has not changed is not cut. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { leftovers, syncInFolder } from "../../tests/fixtures/local_sync.ts";
import { numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { HookedLane, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { TestFolder } from "../files/test_folder.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import { readAnswer } from "../transport/messages.ts";
import type { Job, JobResult } from "../workers/jobs.ts";
import { LaneGroup } from "../workers/lane_group.ts";
import type { Confirmation, Peer, SyncOutcome } from "./scheme.ts";

const PARAMETERS = { min: 2048, avg: 8192, max: 65_536 };
const SEGMENTS = 97;
const SIZE = (SEGMENTS - 1) * SEGMENT_BYTES + 1234;

const OLD = ((): Uint8Array<ArrayBuffer> => {
  const bytes = randomBytes(numbers(4), SIZE);
  bytes.fill(0, 20 * SEGMENT_BYTES - 100, 23 * SEGMENT_BYTES + 100);
  return bytes;
})();

/** What came of a sync. */
interface Done {
  readonly outcome: SyncOutcome;
  /** Blocks of the new file that were cut after all, in the order that they were. */
  readonly late: readonly number[];
}

/** What a client's lanes wait for before each scan. */
class Progress {
  #scans = 0;
  #answered = 0;
  readonly #opened = Promise.withResolvers<void>();
  readonly #settled = Promise.withResolvers<void>();
  readonly #scansBefore: number;
  readonly #answers: number;

  /**
   * @param scansBefore So many blocks may be scanned
   * @param answers before so many segments are answered.
   */
  constructor(scansBefore: number, answers: number) {
    this.#scansBefore = scansBefore;
    this.#answers = answers;
  }

  /** Nothing is scanned before the session is opened, so that it is known what to do. */
  async scan(): Promise<void> {
    const scan = this.#scans++;
    await this.#opened.promise;
    if (scan >= this.#scansBefore) await this.#settled.promise;
  }

  /** Sees what the client has been told. */
  watched(peer: Peer): Peer {
    const match = peer.match.bind(peer);
    const watch = async function* (this: Progress, frames: AsyncIterable<Uint8Array>) {
      for await (const frame of match(frames)) {
        const answer = readAnswer(frame.slice()).frame;
        yield frame;
        // The client has taken it, since it asks for more.
        if (answer.case === "session") this.#opened.resolve();
        if (answer.case === "unchanged") this.#answered += answer.value.count;
        if (this.#answered >= this.#answers) this.#settled.resolve();
      }
    };
    peer.match = watch.bind(this);
    return peer;
  }
}

/** A lane of a client that reports what it cuts late. */
class ClientLane extends HookedLane {
  progress: Progress | undefined;

  override async run<J extends Job>(job: J): Promise<JobResult<J>> {
    if (job.kind === "scan") await this.progress?.scan();
    return await super.run(job);
  }
}

async function synced(
  file: Uint8Array<ArrayBuffer>,
  about: string,
  progress = new Progress(SEGMENTS, 0),
  confirm: Confirmation = "target",
): Promise<Done> {
  using folder = new TestFolder();
  using lanes = new TestLanes(3, 0);
  folder.write("old", OLD);
  folder.write("new", file);
  const late: number[] = [];
  const before = (job: Job): void => {
    if (job.kind === "cut") late.push(job.block);
  };
  const client = lanes.take(2).map((lane) => new ClientLane(lane, { before }));
  for (const lane of client) lane.progress = progress;
  const outcome = await syncInFolder(folder, {
    parameters: PARAMETERS,
    lanes: new LaneGroup(client, "auto"),
    basisLanes: new LaneGroup(lanes.take(3).slice(2), "auto"),
    confirm,
    between: (peer) => progress.watched(peer),
  });
  assert(fs.readFileSync(folder.join("target")).equals(file), `${about}: differs`);
  assertEquals(leftovers(folder), [], about);
  return { outcome, late };
}

/** The old file with the bytes at these places changed. */
function changedAt(...places: readonly number[]): Uint8Array<ArrayBuffer> {
  const file = OLD.slice();
  for (const place of places) file[place]! ^= 255;
  return file;
}

Deno.test("nothing of an unchanged file is cut", async () => {
  const { outcome, late } = await synced(OLD, "unchanged");
  assertEquals([late, outcome.totals.literalBytes, outcome.unchangedBytes], [[], 0, SIZE]);
  assertEquals([outcome.chunksNew, outcome.chunksMatched], [SEGMENTS, SEGMENTS]);
});

Deno.test("of a changed file the blocks that have changed are cut late, as if all of it had been cut", async () => {
  const places = [
    [3 * SEGMENT_BYTES + 500_000],
    [5 * SEGMENT_BYTES, 6 * SEGMENT_BYTES - 1, 7 * SEGMENT_BYTES + 1],
    [0, SIZE - 1],
    Array.from({ length: 30 }, (_, i) => (3 * i + 24) % 90 * SEGMENT_BYTES + 40_000 * (i % 25)),
  ];
  for (const some of places) {
    const file = changedAt(...some);
    const { outcome, late } = await synced(file, `${some}`);
    const changed = new Set(some.map((place) => Math.floor(place / SEGMENT_BYTES)));
    assertEquals(late, [...changed].toSorted((a, b) => a - b), `${some}`);
    // Under confirm=chunk nobody asks about segments.
    const whole = await synced(file, `${some}`, undefined, "chunk");
    assertEquals(whole.late, []);
    assertEquals(outcome.totals.literalBytes, whole.outcome.totals.literalBytes, `${some}`);
    assert(outcome.chunksNew < whole.outcome.chunksNew, `${some}: ${outcome.chunksNew} chunks`);
  }
});

Deno.test("zeros in a block that is cut late are named, not sent or looked for", async () => {
  const { outcome, late } = await synced(
    changedAt(21 * SEGMENT_BYTES + 5, 22 * SEGMENT_BYTES),
    "zeros",
  );
  assertEquals(late, [21, 22]);
  assert(outcome.totals.zeroBytes > SEGMENT_BYTES, `${outcome.totals.zeroBytes} bytes of zeros`);
});

Deno.test("where nothing is the same, blocks are soon cut again when they are read", async () => {
  const everywhere = Array.from({ length: SEGMENTS }, (_, i) => i * SEGMENT_BYTES + 700 * (i % 5));
  const file = changedAt(...everywhere);
  const { outcome, late } = await synced(file, "everywhere", new Progress(64, 48));
  assertEquals(late, Array.from({ length: late.length }, (_, i) => i));
  // What was under way when it was decided is hashed still.
  assert(late.length >= 48 && late.length < 80, `${late.length} blocks were cut late`);
  assertEquals(outcome.unchangedBytes, 0);
  const whole = await synced(file, "everywhere", undefined, "chunk");
  const more = outcome.totals.literalBytes - whole.outcome.totals.literalBytes;
  // Where they begin to be cut again no chunk of the old file does.
  assert(more >= 0 && more < 4 * PARAMETERS.max, `${more} bytes more`);
});

Deno.test("another file of the same size is sent whole", async () => {
  const { outcome } = await synced(randomBytes(numbers(99), SIZE), "another");
  assertEquals(outcome.totals.literalBytes, SIZE);
});

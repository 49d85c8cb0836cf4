/** The server's end of a patch that comes in the order of the target. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import {
  leftovers,
  openBasis,
  openReception,
  SHORT_CHUNKS,
} from "../../tests/fixtures/local_sync.ts";
import {
  bodyOf,
  type Command,
  COMMANDS,
  digestOf,
  FILE,
  OLD,
  refusal,
  stream,
  totalsOf,
} from "../../tests/fixtures/patches.ts";
import { concatenated, numbers, randomBytes } from "../../tests/fixtures/seeded.ts";
import { HookedLane, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { addTotals, noTotals } from "../delta/format.ts";
import { randomPieces } from "../delta/test_scripts.ts";
import { ParasyncError } from "../errors.ts";
import { TestFolder } from "../files/test_folder.ts";
import { SEGMENT_BYTES } from "../hashing/session_digest.ts";
import type { Job } from "../workers/jobs.ts";
import { LaneGroup } from "../workers/lane_group.ts";
import type { Received, Reception } from "./reception.ts";

const next = numbers(261);

/** Lanes in this thread and in workers, and what is asked of them. */
interface Asked {
  readonly jobs: string[];
  /** Called before each job; what it throws the job fails with. */
  before(job: Job): void;
}

/** A reception whose target must survive whatever `use` does, or become the new file. */
async function withOrdered(
  use: (reception: Reception, folder: TestFolder, asked: Asked) => Promise<unknown>,
  { inline = 1, basis = true, file = FILE } = {},
): Promise<void> {
  using folder = new TestFolder();
  using lanes = new TestLanes(2, inline);
  const asked: Asked = { jobs: [], before: () => {} };
  const group = new LaneGroup(
    lanes.take(2).map((lane, i) =>
      new HookedLane(lane, {
        before: (job) => {
          if (job.kind !== "release") asked.jobs.push(`${job.kind} ${i}`);
          asked.before(job);
        },
      })
    ),
    "0",
  );
  if (basis) folder.write("old", OLD);
  folder.write("target", "as it was");
  using pinned = openBasis(folder);
  const reception = await openReception(
    folder,
    pinned,
    file.length,
    group,
    SHORT_CHUNKS,
    "target",
  );
  try {
    await use(reception, folder, asked);
  } finally {
    await reception.discard();
    assertEquals(leftovers(folder), []);
    const target = fs.readFileSync(folder.join("target"));
    assert(target.equals(file) || target.toString() === "as it was", "the target is neither");
  }
}

Deno.test("a patch in order is taken in any bodies and pieces, by one lane, byte by byte once", async () => {
  for (let round = 0; round < 12; round++) {
    await withOrdered(async (reception, folder, { jobs }) => {
      const cuts = [next(7), next(7)].sort((a, b) => a - b);
      const [first, second, last] = [
        COMMANDS.slice(0, cuts[0]),
        COMMANDS.slice(cuts[0], cuts[1]),
        COMMANDS.slice(cuts[1]),
      ];
      const totals = noTotals();
      for (const part of [first, second, last]) addTotals(totals, totalsOf(part!));
      const bodies = [
        stream(first!, { digest: null }),
        stream(second!, { digest: null }),
        stream(last!, { totals }),
      ];
      const outcomes: Received[] = [];
      for (const body of bodies) {
        const pieces = randomPieces(next, body, round % 2 === 0 ? 100_000 : 3000);
        outcomes.push(await reception.receive(bodyOf(...pieces), "chunk"));
      }
      assertEquals(outcomes.map(({ kind }) => kind), ["part", "part", "committed"]);
      assertEquals(reception.covered, FILE.length);
      assert(fs.readFileSync(folder.join("target")).equals(FILE));
      assertEquals(jobs, [jobs[0], jobs[0]]);
      assertEquals(jobs[0]!.split(" ")[0], "append");
    }, { inline: round % 3 });
  }
});

Deno.test("a new file of literals alone needs no basis, however long it is", async () => {
  const file = randomBytes(next, 7 * SEGMENT_BYTES + 77);
  const digest = await digestOf(file);
  for (const inline of [0, 2]) {
    await withOrdered(async (reception, folder) => {
      const command: Command = (encoder) => encoder.literal(0, file);
      const body = stream([command], { oldSize: 0, newSize: file.length, digest });
      const pieces = randomPieces(next, body, 200_000);
      assertEquals((await reception.receive(bodyOf(...pieces), "chunk")).kind, "committed");
      assert(fs.readFileSync(folder.join("target")).equals(file));
    }, { inline, basis: false, file });
  }
});

const [FIRST, SECOND, ...REST] = COMMANDS;

/** Patches that are wrong, and what they are refused with. */
const WRONG: readonly (readonly [string, string, () => Uint8Array])[] = [
  ["commands in another order", "bad_request", () => stream([SECOND!, FIRST!, ...REST])],
  ["a copy twice", "bad_request", () =>
    stream([FIRST!, FIRST!, SECOND!, ...REST], {
      digest: null,
    })],
  [
    "two copies that overlap",
    "bad_request",
    () => stream([FIRST!, (encoder) => encoder.copy(0, 299_999, 400_000), ...REST]),
  ],
  ["a gap", "bad_request", () => stream([FIRST!, ...REST], { totals: totalsOf(COMMANDS) })],
  [
    "an end that is missing",
    "stream",
    () => stream(COMMANDS.slice(0, -1), { totals: totalsOf(COMMANDS) }),
  ],
  [
    "totals of more commands than it has",
    "bad_request",
    () => stream(COMMANDS, { totals: { ...totalsOf(COMMANDS), copies: 99 } }),
  ],
  [
    "the right pieces from wrong places",
    "verification",
    () => stream([(encoder) => encoder.copy(5, 0, 300_000), ...COMMANDS.slice(1)]),
  ],
  [
    "a copy from outside of the basis",
    "bad_request",
    () => stream([(encoder) => encoder.copy(OLD.length - 100, 0, 300_000), SECOND!, ...REST]),
  ],
  ["garbage", "bad_request", () => randomBytes(next, 5000)],
  ["nothing", "stream", () => new Uint8Array(0)],
  [
    "something behind its end",
    "bad_request",
    () => concatenated(stream(COMMANDS), new Uint8Array(1)),
  ],
];

for (const [about, code, body] of WRONG) {
  Deno.test(`a patch in order with ${about} is refused, and everything is as it was`, async () => {
    await withOrdered(async (reception, folder) => {
      const pieces = randomPieces(next, body(), 5000);
      assertEquals(await refusal(reception.receive(bodyOf(...pieces), "chunk")), code);
      assertEquals(folder.text("target"), "as it was");
      assertEquals(leftovers(folder), []);
      assertEquals(await refusal(reception.receive(bodyOf(stream(COMMANDS)), "chunk")), "changed");
    });
  });
}

Deno.test("bodies that come at once, each in its place, are refused or make the new file", async () => {
  for (let round = 0; round < 6; round++) {
    await withOrdered(async (reception) => {
      const bodies = [
        stream(COMMANDS.slice(0, 3), { digest: null }),
        stream(COMMANDS.slice(3), { totals: totalsOf(COMMANDS) }),
      ];
      const outcomes = await Promise.allSettled(
        bodies.map((body) =>
          reception.receive(bodyOf(...randomPieces(next, body, 20_000)), "chunk")
        ),
      );
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") assert(outcome.reason instanceof ParasyncError);
      }
    });
  }
});

Deno.test("a false match is repaired by sending its segment whole", async () => {
  const wrong: Command[] = [(encoder) => encoder.copy(5, 0, 300_000), ...COMMANDS.slice(1)];
  const segment: Command = (encoder) => encoder.literal(0, FILE.slice(0, SEGMENT_BYTES));
  await withOrdered(async (reception, folder) => {
    const received = await reception.receive(bodyOf(stream(wrong)), "target");
    assertEquals(received.kind, "mismatch");
    const repair = stream([segment], { digest: null });
    const repaired = await reception.receive(
      bodyOf(...randomPieces(next, repair, 70_000)),
      "target",
      true,
    );
    assertEquals(repaired.kind, "committed");
    assert(fs.readFileSync(folder.join("target")).equals(FILE));
  });
});

Deno.test("a lane that fails fails the patch with its reason", async () => {
  await withOrdered(async (reception, folder, asked) => {
    asked.before = ({ kind }) => {
      if (kind === "append") throw new ParasyncError("no_space", "Cannot write: no space left");
    };
    assertEquals(await refusal(reception.receive(bodyOf(stream(COMMANDS)), "chunk")), "no_space");
    assertEquals(folder.text("target"), "as it was");
  });
});

Deno.test("a basis that changes during a patch in order is the reason, whatever came of it", async () => {
  await withOrdered(async (reception, folder) => {
    const body = async function* (): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      fs.truncateSync(folder.join("old"), 1_000_000);
      yield stream(COMMANDS);
    };
    assertEquals(await refusal(reception.receive(body(), "chunk")), "changed");
  });
});

Deno.test("a reception in order that is given up ends its body and removes what there is", async () => {
  await withOrdered(async (reception, folder) => {
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => go = resolve);
    let waiting: () => void = () => {};
    const begun = new Promise<void>((resolve) => waiting = resolve);
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield stream(COMMANDS).subarray(0, 20_000);
      waiting();
      await gate;
      yield stream(COMMANDS).subarray(20_000);
    };
    const received = refusal(reception.receive(body(), "chunk"));
    await begun;
    await reception.discard();
    assertEquals(leftovers(folder), []);
    go();
    assertEquals(await received, "interrupted");
  });
});

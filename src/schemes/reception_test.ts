/** The server's end of a patch: honest ones, and what may happen to them on the way. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
import { leftovers, openBasis, openReception } from "../../tests/fixtures/local_sync.ts";
import {
  bodyOf,
  COMMANDS,
  digestOf,
  FILE,
  OLD,
  refusal,
  stream,
  totalsOf,
  withReception,
} from "../../tests/fixtures/patches.ts";
import { numbers, randomBytes, shuffled } from "../../tests/fixtures/seeded.ts";
import { HookedLane, TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { addTotals, noTotals } from "../delta/format.ts";
import { randomPieces } from "../delta/test_scripts.ts";
import { ParasyncError } from "../errors.ts";
import { TestFolder } from "../files/test_folder.ts";
import type { Job } from "../workers/jobs.ts";
import { LaneGroup } from "../workers/lane_group.ts";
import type { Received } from "./reception.ts";

const next = numbers(152);

Deno.test("a patch is taken whole, in any order of its commands and cut in any way", async () => {
  for (let round = 0; round < 20; round++) {
    await withReception(async (reception, folder) => {
      const body = stream(shuffled(next, COMMANDS));
      const received = await reception.receive(
        bodyOf(...randomPieces(next, body, round % 2 === 0 ? 100_000 : 3000)),
        "chunk",
      );
      assertEquals([received.kind, reception.covered], ["committed", FILE.length]);
      assert(fs.readFileSync(folder.join("target")).equals(FILE));
    }, { threads: 1 + round % 3 });
  }
});

Deno.test("a patch is taken in several bodies, one after the other or all at once", async () => {
  for (let round = 0; round < 12; round++) {
    await withReception(async (reception, folder) => {
      const commands = shuffled(next, COMMANDS);
      const parts = [1, 2, 3, 3].map((end, i) =>
        commands.slice(i === 0 ? 0 : [1, 2, 3][i - 1], end)
      );
      parts[3] = commands.slice(3);
      const totals = noTotals();
      for (const part of parts) addTotals(totals, totalsOf(part));
      const last = parts.pop()!;
      const bodies = parts.map((part) => stream(part, { digest: null }));
      const receive = (body: Uint8Array): Promise<Received> =>
        reception.receive(bodyOf(...randomPieces(next, body, 5000)), "chunk");
      const outcomes: Received[] = [];
      if (round % 2 === 0) {
        for (const body of bodies) outcomes.push(await receive(body));
        outcomes.push(await receive(stream(last, { totals })));
      } else {
        const all = [...bodies, stream(last, { totals })];
        outcomes.push(...await Promise.all(all.map(receive)));
      }
      assertEquals(outcomes.map(({ kind }) => kind), ["part", "part", "part", "committed"]);
      assert(fs.readFileSync(folder.join("target")).equals(FILE));
    });
  }
});

Deno.test("an empty new file is a patch of no commands", async () => {
  await withReception(async (reception, folder) => {
    const digest = await digestOf(new Uint8Array(0));
    const body = stream([], { newSize: 0, digest });
    assertEquals((await reception.receive(bodyOf(body), "chunk")).kind, "committed");
    assertEquals(folder.text("target"), "");
    folder.write("target", "as it was");
  }, { newSize: 0 });
});

Deno.test("a connection that breaks fails the reception with its reason", async () => {
  const broken = new ParasyncError("stream", "Cannot go on: the connection broke");
  await withReception(async (reception, folder) => {
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield stream(COMMANDS).subarray(0, 10_000);
      await Promise.resolve();
      throw broken;
    };
    assertEquals(await assertRejects(() => reception.receive(body(), "chunk")), broken);
    assertEquals(folder.text("target"), "as it was");
  });
});

Deno.test("one body that fails ends the others of the same patch", async () => {
  await withReception(async (reception) => {
    const parts = [COMMANDS.slice(0, 2), COMMANDS.slice(2, 4), COMMANDS.slice(4)];
    const outcomes = await Promise.allSettled([
      reception.receive(bodyOf(stream(parts[0]!, { digest: null })), "chunk"),
      reception.receive(bodyOf(randomBytes(next, 100)), "chunk"),
      reception.receive(bodyOf(stream(parts[2]!, { totals: totalsOf(COMMANDS) })), "chunk"),
    ]);
    assertEquals(outcomes.slice(1).map(({ status }) => status), ["rejected", "rejected"]);
  });
});

Deno.test("two bodies that both claim to be the last do not wait for each other", async () => {
  await withReception(async (reception) => {
    const totals = totalsOf(COMMANDS);
    const bodies = [
      stream(COMMANDS.slice(0, 3), { totals }),
      stream(COMMANDS.slice(3), { totals }),
    ];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => timer = setTimeout(() => resolve("they hang"), 5000));
    const settled = Promise.allSettled(
      bodies.map((body) => reception.receive(bodyOf(body), "chunk")),
    );
    const outcome = await Promise.race([settled, late]);
    clearTimeout(timer);
    assert(outcome !== "they hang", "they hang");
  });
});

Deno.test("what comes while the whole is being verified is refused, and nothing of it written", async () => {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  folder.write("old", OLD);
  using basis = openBasis(folder);
  let late: Promise<string> | undefined;
  const before = ({ kind }: Job): void => {
    if (kind !== "verify" || late !== undefined) return;
    const garbage = stream([(encoder) => encoder.literal(0, randomBytes(next, 5000))], {
      digest: null,
    });
    late = refusal(reception.receive(bodyOf(garbage), "chunk"));
  };
  const group = new LaneGroup([new HookedLane(lanes.take(1)[0]!, { before })], "0");
  const reception = await openReception(folder, basis, FILE.length, group);
  const received = await reception.receive(bodyOf(stream(COMMANDS)), "chunk");
  assertEquals([received.kind, await late], ["committed", "bad_request"]);
  assert(fs.readFileSync(folder.join("target")).equals(FILE));
  assertEquals(leftovers(folder), []);
});

Deno.test("a reception that is given up ends the bodies under way and removes what there is", async () => {
  await withReception(async (reception, folder) => {
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => go = resolve);
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield stream(COMMANDS).subarray(0, 20_000);
      await gate;
      yield stream(COMMANDS).subarray(20_000);
    };
    const received = refusal(reception.receive(body(), "chunk"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await reception.discard();
    assertEquals(leftovers(folder), []);
    go();
    assertEquals(await received, "interrupted");
  });
});

Deno.test("a basis that changes during the patch is the reason, whatever came of it", async () => {
  await withReception(async (reception, folder) => {
    const body = async function* (): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      fs.truncateSync(folder.join("old"), 1_000_000);
      yield stream(COMMANDS);
    };
    assertEquals(await refusal(reception.receive(body(), "chunk")), "changed");
  });
});

Deno.test("a basis that changed explains more than the garbage that was sent", async () => {
  await withReception(async (reception, folder) => {
    fs.appendFileSync(folder.join("old"), "more");
    const garbage = randomBytes(next, 500);
    assertEquals(await refusal(reception.receive(bodyOf(garbage), "chunk")), "changed");
  });
});

Deno.test("a target that changed since the session began is left as it is", async () => {
  await withReception(async (reception, folder) => {
    const body = async function* (): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      folder.write("target", "somebody else's");
      yield stream(COMMANDS);
    };
    assertEquals(await refusal(reception.receive(body(), "chunk")), "changed");
    assertEquals(folder.text("target"), "somebody else's");
    folder.write("target", "as it was");
  });
});

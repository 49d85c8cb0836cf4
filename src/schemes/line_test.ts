// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { create } from "@bufbuild/protobuf";
import { openPinned } from "../files/pinned_file.ts";
import { TestFolder } from "../files/test_folder.ts";
import { SHORT_CHUNKS, sourceEnd } from "../../tests/fixtures/local_sync.ts";
import { TestLanes } from "../../tests/fixtures/test_lanes.ts";
import { SessionSchema } from "../../proto/gen/parasync_pb.ts";
import { availableCodings } from "../delta/coding.ts";
import { type Line, measureLine } from "./line.ts";
import { ScriptedPeer } from "../../tests/fixtures/scripted_peer.ts";
import type { CompressChoice, Peer, RefineChoice } from "./scheme.ts";

interface Situation {
  /** Round trips in ms, in the order in which they are known. */
  readonly measured: readonly number[];
  readonly refine?: RefineChoice;
  readonly compress?: CompressChoice;
  readonly deltaVersion?: number;
  readonly codings?: string;
}

const OFF = { version: 2, coding: "off", level: 0 } as const;
const FAST = [1];
const SLOW = [50, 50];
const AUTO: CompressChoice = { coding: "auto", level: undefined };
/** A server over a line whose round trips are known one after the other, the last of them in calm. */
function peerWith(measured: readonly number[]): Peer {
  return {
    ...new ScriptedPeer([]),
    roundTrip(_acknowledged: Promise<number>, short: number) {
      const known = measured.findIndex((ms) => ms < short);
      return Promise.resolve(known < 0 ? Math.min(...measured) : measured[known]!);
    },
  } as unknown as Peer;
}

async function lineIn(situation: Situation): Promise<Line> {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  using file = openPinned(folder.write("new", "x"));
  const { refine = "auto", compress = AUTO, deltaVersion = 2, codings = "zstd,deflate" } =
    situation;
  const end = { ...sourceEnd(file, lanes.group(1), SHORT_CHUNKS), refine, compress };
  const session = create(SessionSchema, { deltaVersion, codings });
  return await measureLine(
    peerWith(situation.measured),
    Promise.resolve(0),
    Promise.resolve(),
    session,
    end,
  );
}

Deno.test("one short round trip shows a fast line, a slow one shows in several", async () => {
  for (
    const [measured, rttMs, slow] of [
      [[11.9], 11.9, false],
      [[50, 2, 1], 2, false],
      [[29, 13, 14], 13, true],
      [[40, 45], 40, true],
    ] as const
  ) {
    const line = await lineIn({ measured });
    assertEquals([line.rttMs, line.slow, line.refines], [rttMs, slow, slow], `${measured} ms`);
  }
});

Deno.test("finer rounds are for a slow line, or for whoever asks for them", async () => {
  const choices: readonly (readonly [RefineChoice, number, boolean, number])[] = [
    ["auto", 1, false, 1],
    ["auto", 100, true, 100],
    ["off", 100, false, 100],
    // Who asks for them counts bytes, not time.
    ["on", 1, true, 0],
    ["on", 100, true, 0],
  ];
  for (const [refine, measured, refines, patienceMs] of choices) {
    const line = await lineIn({ measured: [measured, measured], refine });
    assertEquals(
      [line.refines, line.patienceMs],
      [refines, patienceMs],
      `${refine}, ${measured} ms`,
    );
  }
});

Deno.test("a fast line's delta is not coded unless that was asked for", async () => {
  assertEquals((await lineIn({ measured: FAST })).coding, OFF);
  const asked = { coding: "deflate", level: 9 } as const;
  const { coding } = await lineIn({ measured: FAST, compress: asked });
  assertEquals(coding, { version: 2, coding: "deflate", level: 9 });
});

Deno.test("a slow line's delta is coded as both ends can, best first", async () => {
  const [best] = availableCodings();
  const codingFor = async (situation: Partial<Situation>): Promise<Line["coding"]> =>
    (await lineIn({ measured: SLOW, ...situation })).coding;
  assertEquals(await codingFor({}), { version: 2, coding: best!, level: 6 });
  assertEquals(await codingFor({ codings: "deflate" }), {
    version: 2,
    coding: "deflate",
    level: 6,
  });
  assertEquals(await codingFor({ codings: "" }), { version: 2, coding: "off", level: 0 });
  assertEquals(await codingFor({ codings: "brotli" }), { version: 2, coding: "off", level: 0 });
  const zstd = { coding: "zstd", level: undefined } as const;
  const served = await codingFor({ compress: zstd, codings: "deflate" });
  assertEquals(served, { version: 2, coding: "deflate", level: 6 });
});

Deno.test("a server that says nothing of version 2 is sent version 1, compressed or not", async () => {
  assertEquals((await lineIn({ measured: SLOW, deltaVersion: 0 })).coding, { version: 1 });
  const asked = { coding: "zstd", level: 3 } as const;
  assertEquals((await lineIn({ measured: SLOW, deltaVersion: 1, compress: asked })).coding, {
    version: 1,
  });
});

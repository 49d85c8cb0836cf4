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
import type { CompressChoice, RefineChoice } from "./scheme.ts";

interface Situation {
  /** Round trips in ms; a promise that stays pending where it is undefined. */
  readonly measured?: number;
  readonly acknowledged?: number;
  readonly refine?: RefineChoice;
  readonly compress?: CompressChoice;
  readonly deltaVersion?: number;
  readonly codings?: string;
}

const AUTO: CompressChoice = { coding: "auto", level: undefined };
const pending = (ms: number | undefined): Promise<number> =>
  ms === undefined ? new Promise(() => {}) : Promise.resolve(ms);

async function lineIn(situation: Situation): Promise<Line> {
  using folder = new TestFolder();
  using lanes = new TestLanes(1);
  using file = openPinned(folder.write("new", "x"));
  const { refine = "auto", compress = AUTO, deltaVersion = 2, codings = "zstd,deflate" } =
    situation;
  const end = { ...sourceEnd(file, lanes.group(1), SHORT_CHUNKS), refine, compress };
  const session = create(SessionSchema, { deltaVersion, codings });
  const { measured, acknowledged } = situation;
  return await measureLine(pending(measured), pending(acknowledged), session, end);
}

Deno.test("the first round trip that is known counts, whichever it is", async () => {
  assertEquals((await lineIn({ measured: 40 })).rttMs, 40);
  assertEquals((await lineIn({ acknowledged: 3 })).rttMs, 3);
});

Deno.test("one between a busy moment's and a slow line's waits for the second, and the shorter counts", async () => {
  for (
    const [measured, acknowledged, rttMs, slow] of [
      [11.9, 50, 11.9, false],
      [12, 2, 2, false],
      [29, 13, 13, true],
      [20, 45, 20, true],
      [30, undefined, 30, true],
    ] as const
  ) {
    const situation = acknowledged === undefined ? { measured } : { measured, acknowledged };
    const line = await lineIn(situation);
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
    const line = await lineIn({ measured, refine });
    assertEquals(
      [line.refines, line.patienceMs],
      [refines, patienceMs],
      `${refine}, ${measured} ms`,
    );
  }
});

Deno.test("a fast line's delta is not coded unless that was asked for", async () => {
  assertEquals((await lineIn({ measured: 1 })).coding, { version: 1 });
  const asked = { coding: "deflate", level: 9 } as const;
  const { coding } = await lineIn({ measured: 1, compress: asked });
  assertEquals(coding, { version: 2, coding: "deflate", level: 9 });
});

Deno.test("a slow line's delta is coded as both ends can, best first", async () => {
  const [best] = availableCodings();
  const codingFor = async (situation: Situation): Promise<Line["coding"]> =>
    (await lineIn({ measured: 50, ...situation })).coding;
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

Deno.test("a server that says nothing of version 2 is sent version 1, as is whoever wants it", async () => {
  assertEquals((await lineIn({ measured: 50, deltaVersion: 0 })).coding, { version: 1 });
  const asked = { coding: "zstd", level: 3 } as const;
  assertEquals((await lineIn({ measured: 50, deltaVersion: 1, compress: asked })).coding, {
    version: 1,
  });
  const off = { coding: "off", level: undefined } as const;
  assertEquals((await lineIn({ measured: 50, compress: off })).coding, { version: 1 });
});

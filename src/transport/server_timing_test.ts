// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { formatTiming, readTiming } from "./server_timing.ts";

const STAGES = [
  { stage: "chunk", beginMs: 0.4, endMs: 81.6, busyMs: 80.125 },
  { stage: "checksums-stored", beginMs: 3, endMs: 3, busyMs: 0 },
];

Deno.test("stages travel in a header, as browsers show them too", () => {
  const header = formatTiming(STAGES);
  assertEquals(
    header,
    "chunk;dur=81.2;at=0.4;busy=80.125, checksums-stored;dur=0;at=3;busy=0",
  );
  assertEquals(readTiming(header), STAGES);
  assertEquals(readTiming(formatTiming([])), []);
});

Deno.test("what a server may not say there is left out", () => {
  const hostile = ["chunk;dur=1", "a b;dur=1;at=0;busy=1", "x;dur=-1;at=0;busy=0", ";;;", "\x1b"];
  assertEquals(
    readTiming([...hostile, "match;dur=2;at=1;busy=1.5", "y;dur=1e9;at=0;busy=0"].join(",")),
    [{ stage: "match", beginMs: 1, endMs: 3, busyMs: 1.5 }],
  );
});

// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { unpainted } from "./paint.ts";
import { renderTimeline } from "./timeline.ts";
import { displayWidth } from "./width.ts";

const STAGES = [
  { stage: "client chunk", beginMs: 0, endMs: 50, busyMs: 50 },
  { stage: "server receive", beginMs: 20, endMs: 100, busyMs: 20 },
  { stage: "client match", beginMs: 10, endMs: 60, busyMs: 25 },
];
const STYLE = { colour: false, width: 66 };

Deno.test("stages stand in the order of their beginnings, to scale, with what they waited", () => {
  assertEquals(
    renderTimeline(STAGES, 100, STYLE),
    [
      "stage            begin     end   busy    wait  █ busy  ░ waiting, in all",
      "client chunk    0.0 ms   50 ms  50 ms  0.0 ms  █████████",
      "client match     10 ms   60 ms  25 ms   25 ms    █████░░░░",
      "server receive   20 ms  100 ms  20 ms   60 ms      ████░░░░░░░░░░",
      "",
    ].join("\n"),
  );
});

Deno.test("every bar fits, has a column, and never begins after its end", () => {
  const stages = [
    { stage: "server commit", beginMs: 999.9, endMs: 1000, busyMs: 0.1 },
    { stage: "server chunk", beginMs: -3, endMs: 0, busyMs: 1 },
    { stage: "client send", beginMs: 5, endMs: 5, busyMs: 0 },
  ];
  for (const width of [20, 60, 80, 200]) {
    const [, ...lines] = renderTimeline(stages, 900, { colour: true, width }).trimEnd().split("\n");
    assertEquals(lines.length, 3);
    if (width < 70) continue;
    for (const line of lines) {
      assertMatch(line, /█/);
      assert(displayWidth(unpainted(line)) < width, line);
    }
  }
});

Deno.test("a stage's name from a server cannot move the cursor, and no stages are no lines", () => {
  const hostile = { stage: "server \x1b[2J\n", beginMs: 0, endMs: 1, busyMs: 1 };
  const text = renderTimeline([hostile], 1, STYLE);
  assertEquals(text.split("\n").length, 3);
  assert(!text.includes("\x1b"));
  assertEquals(renderTimeline([], 5, STYLE), "");
});

// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ProgressView } from "./progress.ts";
import { screenAfter, testOutput } from "./test_output.ts";

/** A clock that a test turns by hand. */
function manualTiming() {
  let time = 0;
  let tick: (() => void) | undefined;
  let period = 0;
  return {
    now: () => time,
    every(millis: number, body: () => void) {
      [period, tick] = [millis, body];
      return () => tick = undefined;
    },
    /** Lets `millis` pass with all the ticks in them. */
    pass(millis: number) {
      for (const end = time + millis; time < end;) {
        time = Math.min(end, time + period);
        tick?.();
      }
    },
    running: () => tick !== undefined,
  };
}

Deno.test("on a terminal the bars stand below the text and are gone at the end", () => {
  const timing = manualTiming();
  const output = testOutput({ isTerminal: true });
  const view = new ProgressView(output, "auto", timing);
  view.update("client chunk", 0, 100);
  timing.pass(100);
  output.write("first line\n");
  view.update("client chunk", 50, 100);
  view.update("match", 10, 100);
  timing.pass(100);
  output.write("second line\n");
  const screen = screenAfter(output.text(), 80);
  assertEquals(screen.slice(0, 2), ["first line", "second line"]);
  assertEquals(screen.length, 4);
  assertMatch(screen[2] ?? "", /^client chunk .* 50 %/);
  assertMatch(screen[3] ?? "", /^match .* 10 %/);

  view.finish();
  view.finish();
  output.write("done\n");
  assertEquals(screenAfter(output.text(), 80), ["first line", "second line", "done", ""]);
  assert(!timing.running());
});

Deno.test("a terminal that is made narrower or wider keeps its text and no remains of bars", () => {
  for (const [from, to] of [[80, 20], [80, 33], [30, 100], [12, 7]] as const) {
    const timing = manualTiming();
    let columns: number = from;
    const output = testOutput({ isTerminal: true, size: () => ({ columns, rows: 24 }) });
    const view = new ProgressView(output, "on", timing);
    output.write("text\n");
    view.update("client chunk", 1, 3);
    view.update("天地玄黃", 2, 3);
    timing.pass(300);
    const before = output.text();
    columns = to;
    view.finish();
    const screen = screenAfter(
      output.text().slice(before.length),
      columns,
      screenAfter(before, from),
    );
    assertEquals(screen, ["text", ""], `${from} to ${to}`);
  }
});

Deno.test("more stages than rows show the latest that fit", () => {
  const timing = manualTiming();
  const output = testOutput({ isTerminal: true, size: () => ({ columns: 80, rows: 4 }) });
  const view = new ProgressView(output, "auto", timing);
  for (let stage = 0; stage < 9; stage++) view.update(`stage ${stage}`, 0, 1);
  timing.pass(100);
  const screen = screenAfter(output.text(), 80);
  assertEquals(screen.map((row) => row.slice(0, 7)), ["stage 6", "stage 7", "stage 8"]);
  view.finish();
});

Deno.test("rates are of the last seconds, and stay once a stage is done", () => {
  const timing = manualTiming();
  const output = testOutput({ isTerminal: true });
  const view = new ProgressView(output, "auto", timing);
  const rate = () => /\S+ [kMG]?B\/s/.exec(screenAfter(output.text(), 80).join(""))?.[0];
  view.update("send", 0, 10e6);
  timing.pass(100);
  assertEquals(rate(), undefined);
  for (let step = 1; step <= 30; step++) {
    view.update("send", step * 100_000, 10e6);
    timing.pass(100);
  }
  assertEquals(rate(), "1.00 MB/s");
  timing.pass(5000);
  assertEquals(rate(), "0 B/s");
  view.update("send", 10e6, 10e6);
  timing.pass(100);
  const last = rate();
  assert(last !== "0 B/s");
  timing.pass(10_000);
  assertEquals(rate(), last);
  view.finish();
});

Deno.test("updates alone write nothing: drawing is the clock's", () => {
  const timing = manualTiming();
  const output = testOutput({ isTerminal: true });
  const view = new ProgressView(output, "auto", timing);
  for (let done = 0; done < 10_000; done++) view.update("chunk", done, 10_000);
  assertEquals(output.text(), "");
  timing.pass(1000);
  const drawings = output.text().split("chunk").length - 1;
  assert(drawings > 0 && drawings <= 10, String(drawings));
  view.finish();
});

Deno.test("elsewhere there is a plain line every five seconds and nothing to erase", () => {
  const timing = manualTiming();
  const output = testOutput();
  const view = new ProgressView(output, "auto", timing);
  timing.pass(5000);
  assertEquals(output.text(), "");
  view.update("client chunk", 62, 100);
  view.update("server chunk", 4, 100);
  timing.pass(10_000);
  view.finish();
  const lines = output.text().trimEnd().split("\n");
  assertEquals(lines.length, 2);
  assertStringIncludes(lines[0] ?? "", "client chunk 62 %, server chunk 4 %");
  assert(!output.text().includes("\x1b"));
});

Deno.test("progress that is off starts no clock and writes nothing", () => {
  const timing = manualTiming();
  const output = testOutput({ isTerminal: true });
  const view = new ProgressView(output, "off", timing);
  view.update("chunk", 1, 2);
  assert(!timing.running());
  output.write("text\n");
  view.finish();
  assertEquals(output.text(), "text\n");
});

Deno.test("the system's clock neither leaks nor keeps the program alive", () => {
  const view = new ProgressView(testOutput({ isTerminal: true }), "auto");
  view.update("chunk", 1, 2);
  view.finish();
});

// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { StageClock } from "./stages.ts";

function manualClock(): { clock: StageClock; advance(millis: number): void } {
  let time = 1000;
  return { clock: new StageClock(() => time), advance: (millis) => time += millis };
}

Deno.test("a stage's time runs from its first start to its last end", () => {
  const { clock, advance } = manualClock();
  clock.start("chunk");
  advance(10);
  clock.stop("chunk");
  advance(5);
  clock.start("chunk");
  advance(7);
  clock.stop("chunk");
  advance(100);
  assertEquals(clock.toMillis(), { chunk: 22 });
});

Deno.test("stages overlap, and starts of several workers nest", () => {
  const { clock, advance } = manualClock();
  clock.start("chunk");
  clock.start("chunk");
  advance(1);
  clock.start("match");
  clock.stop("chunk");
  advance(2.0004);
  assertEquals(clock.toMillis(), { chunk: 3, match: 2 });
  clock.stop("chunk");
  advance(4);
  clock.stop("match");
  assertEquals(clock.toMillis(), { chunk: 3, match: 6 });
});

Deno.test("an end without a start is ignored", () => {
  const { clock, advance } = manualClock();
  clock.stop("send");
  clock.start("send");
  advance(1);
  clock.stop("send");
  advance(1);
  clock.stop("send");
  assertEquals(clock.toMillis(), { send: 1 });
});

Deno.test("time ends its stage when the body throws", async () => {
  const { clock, advance } = manualClock();
  await assertRejects(() =>
    clock.time("apply", () => {
      advance(3);
      throw new Error("full");
    })
  );
  advance(50);
  assertEquals(clock.toMillis(), { apply: 3 });
});

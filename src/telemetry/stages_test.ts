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

Deno.test("a stage is busy while any of its starts is open, and not in between", () => {
  const { clock, advance } = manualClock();
  advance(1);
  clock.start("match");
  advance(2);
  clock.start("match");
  advance(3);
  clock.stop("match");
  advance(4);
  clock.stop("match");
  advance(10);
  clock.start("match");
  advance(5);
  clock.stop("match");
  advance(100);
  assertEquals(clock.timeline(), [{ stage: "match", beginMs: 1, endMs: 25, busyMs: 14 }]);
  assertEquals(clock.timeline(990), [{ stage: "match", beginMs: 11, endMs: 35, busyMs: 14 }]);
});

Deno.test("what a stage waits for is no work, whoever else of it works meanwhile is", async () => {
  const { clock, advance } = manualClock();
  const arriving = async function* (): AsyncGenerator<number> {
    for (let part = 1; part <= 3; part++) {
      advance(10);
      yield await Promise.resolve(part);
    }
    advance(10);
  };
  let sum = 0;
  await clock.time("receive", async () => {
    for await (const part of clock.awaited("receive", arriving())) {
      advance(1);
      sum += part;
    }
  });
  assertEquals(sum, 6);
  assertEquals(clock.timeline(), [{ stage: "receive", beginMs: 0, endMs: 43, busyMs: 3 }]);

  await clock.time("receive", async () => {
    clock.start("receive");
    for await (const _ of clock.awaited("receive", arriving())) advance(1);
    clock.stop("receive");
  });
  assertEquals(clock.timeline().map(({ busyMs }) => busyMs), [46]);
});

Deno.test("who stops taking leaves nothing waiting", async () => {
  const { clock, advance } = manualClock();
  const oneByOne = async function* (): AsyncGenerator<number> {
    yield await Promise.resolve(1);
    yield 2;
  };
  clock.start("receive");
  for await (const _ of clock.awaited("receive", oneByOne())) break;
  advance(5);
  await assertRejects(async () => {
    const broken = async function* (): AsyncGenerator<number> {
      await Promise.reject(new Error("reset"));
      yield 1;
    };
    for await (const _ of clock.awaited("receive", broken())) advance(1);
  });
  advance(5);
  clock.stop("receive");
  assertEquals(clock.timeline(), [{ stage: "receive", beginMs: 0, endMs: 10, busyMs: 10 }]);
});

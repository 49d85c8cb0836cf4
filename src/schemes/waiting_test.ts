// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { waitedFor } from "./waiting.ts";

Deno.test("who waits is told until the work is over, and gets what it gives", async () => {
  const work = Promise.withResolvers<number>();
  let told = 0;
  const waiting = waitedFor(work.promise, () => {
    if (++told === 2) work.resolve(7);
    return `frame ${told}`;
  });
  const frames: string[] = [];
  let next = await waiting.next();
  for (; !next.done; next = await waiting.next()) frames.push(next.value);
  assertEquals([frames, next.value], [["frame 1", "frame 2"], 7]);
});

Deno.test("work that is over at once is not told of, and its failure is passed on", async () => {
  const frames = waitedFor(Promise.resolve(1), () => "frame");
  assertEquals(await frames.next(), { done: true, value: 1 });
  const failing = waitedFor(Promise.reject(new RangeError("no")), () => "frame");
  await assertRejects(() => failing.next(), RangeError, "no");
});

// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { TaskLimit } from "./task_limit.ts";
import { settled } from "./test_client.ts";

Deno.test("so many tasks run at once and no more, in the order they came", async () => {
  const limit = new TaskLimit(2);
  const tasks = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
  const begun: number[] = [];
  const results = tasks.map(({ promise }, i) =>
    limit.run(() => {
      begun.push(i);
      return promise;
    })
  );
  await settled();
  assertEquals(begun, [0, 1]);
  tasks[1]!.resolve(11);
  await settled();
  assertEquals(begun, [0, 1, 2]);
  tasks.forEach(({ resolve }, i) => resolve(10 + i));
  assertEquals(await Promise.all(results), [10, 11, 12, 13, 14]);
});

Deno.test("a task that fails makes room for the next one", async () => {
  const limit = new TaskLimit(1);
  const failing = limit.run(() => Promise.reject(new Error("no")));
  const next = limit.run(() => Promise.resolve(1));
  await assertRejects(() => failing, Error, "no");
  assertEquals(await next, 1);
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { emitted } from "./emitted.ts";

/** Resolves when all promises that depend on nothing else have been settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Everything that a sequence gives before it ends or fails. */
async function taken<T>(things: AsyncIterable<T>): Promise<{ held: T[]; failure: unknown }> {
  const held: T[] = [];
  try {
    for await (const thing of things) held.push(thing);
    return { held, failure: undefined };
  } catch (failure) {
    return { held, failure };
  }
}

Deno.test("everything comes in order, however it was made", async () => {
  const made = Array.from({ length: 1000 }, (_, i) => i);
  const inTurns = emitted<number>(async (emit) => {
    for (const i of made) {
      if (i % 7 === 0) await settled();
      await emit(i);
    }
  });
  assertEquals((await taken(inTurns)).held, made);
  const atOnce = emitted<number>(async (emit) => void await Promise.all(made.map(emit)));
  assertEquals((await taken(atOnce)).held, made);
});

Deno.test("work that makes nothing gives an empty sequence", async () => {
  assertEquals(await taken(emitted(() => Promise.resolve())), { held: [], failure: undefined });
});

Deno.test("a thing that is false is a thing", async () => {
  const things = emitted<number | undefined>(async (emit) => {
    await emit(0);
    await emit(undefined);
  });
  assertEquals((await taken(things)).held, [0, undefined]);
});

Deno.test("a failure comes after what was made before it", async () => {
  const failure = new ParasyncError("changed", "Cannot sign: it was changed");
  for (const made of [[], [1, 2, 3]]) {
    const things = emitted<number>(async (emit) => {
      for (const i of made) await emit(i);
      throw failure;
    });
    assertEquals(await taken(things), { held: made, failure });
  }
});

Deno.test("what nobody takes is not made without end", async () => {
  let made = 0;
  const things = emitted<number>(async (emit) => {
    for (; made < 1000; made++) await emit(made);
  });
  await things.next();
  await settled();
  const ahead = made;
  assert(ahead < 50, `${ahead} were made and one was taken`);
  for (let i = 0; i < 100; i++) await things.next();
  assert(made > ahead, "it went on when some were taken");
  await things.return();
});

Deno.test("a sequence that is left ends when its work has, whose failure then is nobody's", async () => {
  let ended = false;
  let refusal: unknown;
  const things = emitted<number>(async (emit) => {
    try {
      for (let i = 0;; i++) await emit(i);
    } catch (error) {
      refusal = error;
      await settled();
      ended = true;
      throw error;
    }
  });
  for await (const thing of things) if (thing === 3) break;
  assert(ended, "the work had ended");
  assert(refusal instanceof ParasyncError);
  assertEquals(refusal.code, "interrupted");
});

Deno.test("work that fails before it begins fails the sequence", async () => {
  const things = emitted(() => Promise.reject(new RangeError("at once")));
  await assertRejects(() => things.next(), RangeError, "at once");
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { RoundTrips } from "./round_trips.ts";

/** A promise that stays pending. */
const NEVER = new Promise<never>(() => {});

Deno.test("a short round trip says enough at once", async () => {
  const trips = new RoundTrips(() => NEVER);
  const shortest = trips.shortest(10, NEVER);
  for (const ms of [50, 9]) trips.add(ms);
  assertEquals(await shortest, 9);
});

Deno.test("long ones say nothing until one is measured in calm, and the shortest of all counts", async () => {
  const trips = new RoundTrips(() => NEVER);
  const calm = Promise.withResolvers<void>();
  let known = false;
  trips.shortest(10, calm.promise).then(() => known = true);
  for (const ms of [50, 40, 60]) trips.add(ms);
  await new Promise((resolve) => setTimeout(resolve));
  calm.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  // Those were measured elsewhere, who knows when.
  assertEquals(known, false);
});

Deno.test("round trips are made until enough is known, the first one not counting", async () => {
  let trips = 0;
  const measured = new RoundTrips(() => {
    trips++;
    return Promise.resolve();
  });
  const ms = await measured.shortest(0, Promise.resolve());
  assert(ms >= 0 && ms < 1000);
  await new Promise((resolve) => setTimeout(resolve));
  const before = trips;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert(before >= 2 && trips === before, `${before} and then ${trips} round trips`);
});

Deno.test("where none can be made, the one that was measured elsewhere counts", async () => {
  const trips = new RoundTrips(() => Promise.reject(new Error("gone")));
  await new Promise((resolve) => setTimeout(resolve));
  const shortest = trips.shortest(10, NEVER);
  trips.add(70);
  assertEquals(await shortest, 70);
});

/** Round trips of which the first that begins in calm, and every one after it, takes for ever. */
function endless(needed: number): RoundTrips {
  let trips = 0;
  const early = new Promise<void>((resolve) => setTimeout(resolve, 5));
  return new RoundTrips(() => [Promise.resolve(), early][trips++] ?? NEVER, needed);
}

Deno.test("one that is under way in calm is long as soon as it has taken so long", async () => {
  const ms = await endless(1).shortest(1, Promise.resolve());
  assert(ms >= 1 && ms < Infinity);
});

Deno.test("where several must be long, one that is under way says nothing", async () => {
  let known = false;
  endless(2).shortest(1, Promise.resolve()).then(() => known = true);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals(known, false);
});

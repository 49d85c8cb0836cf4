// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { BusyError } from "./busy.ts";
import { type QueueLimits, SyncQueue } from "./sync_queue.ts";

const LONG: QueueLimits = { maxConcurrent: 1, maxQueue: 8, queueMs: 600_000 };
const NEVER = new AbortController().signal;

/** A queue whose syncs are at work from when they are admitted until they end. */
class Shop {
  readonly order: string[] = [];
  readonly queue: SyncQueue;
  readonly #working: string[] = [];

  constructor(limits: Partial<QueueLimits> = {}) {
    this.queue = new SyncQueue({ ...LONG, ...limits }, () => this.#working.length);
  }

  async ask(client: string, name = client, signal = NEVER): Promise<void> {
    const begun = await this.queue.enter(client, signal);
    this.order.push(name);
    this.#working.push(name);
    begun();
  }

  /** Ends the sync that has been at work the longest, and lets the next one begin. */
  async end(): Promise<void> {
    this.#working.shift();
    this.queue.wake();
    await settle();
  }
}

/** Lets all that is ready happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

Deno.test("as many syncs as may work begin at once, and the next one when one of them ends", async () => {
  const shop = new Shop({ maxConcurrent: 2 });
  const asked = ["a", "b", "c"].map((client) => shop.ask(client));
  await settle();
  assertEquals([shop.order.join(""), shop.queue.waiting], ["ab", 1]);
  await shop.end();
  assertEquals([shop.order.join(""), shop.queue.waiting], ["abc", 0]);
  await Promise.all(asked);
});

Deno.test("clients take turns, and each client's syncs come in their order", async () => {
  const shop = new Shop();
  const names = ["z0", "a1", "a2", "a3", "b1", "b2", "c1"];
  const asked = names.map((name) => shop.ask(name[0]!, name));
  await settle();
  for (let ended = 0; ended < names.length; ended++) await shop.end();
  assertEquals(shop.order, ["z0", "a1", "b1", "c1", "a2", "b2", "a3"]);
  await Promise.all(asked);
});

Deno.test("nobody who comes later overtakes one who waits", async () => {
  const shop = new Shop();
  const asked = [shop.ask("a"), shop.ask("b")];
  await settle();
  await shop.end();
  asked.push(shop.ask("c"));
  await settle();
  assertEquals(shop.order, ["a", "b"]);
  await shop.end();
  assertEquals(shop.order, ["a", "b", "c"]);
  await Promise.all(asked);
});

Deno.test("one client takes half of the places at most, and all of them are bounded", async () => {
  const shop = new Shop({ maxQueue: 4 });
  const asked = [shop.ask("x")];
  await settle();
  for (const client of ["a", "a", "b", "b"]) asked.push(shop.ask(client).catch(() => {}));
  await settle();
  const refusal = await assertRejects(() => shop.ask("c"), BusyError, "4 wait already");
  assertEquals(refusal.retryAfterSeconds, 600);
  const half = new Shop({ maxQueue: 4 });
  asked.push(half.ask("x"));
  await settle();
  asked.push(half.ask("a"), half.ask("a"));
  await settle();
  await assertRejects(() => half.ask("a"), BusyError);
  asked.push(half.ask("b"));
  await settle();
  assertEquals(half.queue.waiting, 3);
  for (let turn = 0; turn < 5; turn++) await Promise.all([shop.end(), half.end()]);
  await Promise.all(asked);
});

Deno.test("who waits for too long is told to come again, and holds nobody up", async () => {
  const shop = new Shop({ queueMs: 1 });
  await shop.ask("a");
  await assertRejects(() => shop.ask("b"), BusyError, "none ended within 1 ms");
  assertEquals(shop.queue.waiting, 0);
  await shop.end();
  await shop.ask("c");
  assertEquals(shop.order, ["a", "c"]);
});

Deno.test("who goes while waiting makes room", async () => {
  const shop = new Shop();
  await shop.ask("a");
  const controller = new AbortController();
  const asked = shop.ask("b", "b", controller.signal);
  const next = shop.ask("b", "b2");
  await settle();
  controller.abort();
  await assertRejects(() => asked, ParasyncError, "the client went away");
  await shop.end();
  await next;
  assertEquals(shop.order, ["a", "b2"]);
});

Deno.test("a sync that was admitted and never begins lets the next one in", async () => {
  const queue = new SyncQueue(LONG, () => 0);
  const leave = await queue.enter("a", NEVER);
  const next = queue.enter("b", NEVER);
  await settle();
  assertEquals(queue.waiting, 1);
  leave();
  leave();
  (await next)();
  assertEquals(queue.waiting, 0);
});

/** Places of syncs at work, and who gets the next one. */
// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { settled, TestSessions } from "../../tests/fixtures/test_sessions.ts";
import { BusyError } from "./busy.ts";
import { FULL_GRANT } from "./grant.ts";
import type { Session } from "./session.ts";

/** The process's clock, which stands still until it is moved. */
class StoppedClock implements Disposable {
  ms = 1_000_000;

  constructor() {
    Object.defineProperty(performance, "now", { value: () => this.ms, configurable: true });
  }

  [Symbol.dispose](): void {
    Reflect.deleteProperty(performance, "now");
  }
}

/** A sync whose first request has just been answered. */
async function answered(sessions: TestSessions, name: string, look = false): Promise<Session> {
  const { session, enter } = await sessions.begin(name, "192.0.2.1", { look });
  enter()();
  return session;
}

Deno.test("a sync has its place for half a second after a request, and nobody else in the meantime", async () => {
  using clock = new StoppedClock();
  await using sessions = new TestSessions({ limits: { maxConcurrent: 1, maxQueue: 0 } });
  await answered(sessions, "a");
  clock.ms += 499;
  await assertRejects(() => sessions.begin("b"), BusyError, "1 syncs are at work");
  clock.ms += 2;
  await answered(sessions, "b");
});

Deno.test("a sync that goes on has its place for half a second more", async () => {
  using clock = new StoppedClock();
  await using sessions = new TestSessions({ limits: { maxConcurrent: 1, maxQueue: 0 } });
  const session = await answered(sessions, "a");
  clock.ms += 499;
  const leave = session.enter();
  clock.ms += 10_000;
  await assertRejects(() => sessions.begin("b"), BusyError);
  leave();
  clock.ms += 499;
  await assertRejects(() => sessions.begin("b"), BusyError);
  clock.ms += 2;
  await answered(sessions, "b");
});

Deno.test("who waits gets the place of a sync that does not go on, though nothing else happens", async () => {
  using clock = new StoppedClock();
  await using sessions = new TestSessions({ limits: { maxConcurrent: 1 } });
  await answered(sessions, "a");
  const waiting = sessions.begin("b");
  await settled();
  assertEquals(sessions.table.waiting, 1);
  clock.ms += 501;
  (await waiting).enter()();
});

Deno.test("a sync that has ended, and one that only looked, have no place any more", async () => {
  using _clock = new StoppedClock();
  await using sessions = new TestSessions({ limits: { maxConcurrent: 1, maxQueue: 0 } });
  sessions.folder.write("a", "old");
  await answered(sessions, "a", true);
  const session = await answered(sessions, "a");
  await sessions.table.end(session, new BusyError("Cannot go on: it is over", 1));
  await answered(sessions, "b");
});

Deno.test("a sync under way goes on beside four times as many as may begin, and no more", async () => {
  using clock = new StoppedClock();
  await using sessions = new TestSessions({ limits: { maxConcurrent: 2, maxQueue: 0 } });
  const { table } = sessions;
  const begun: Session[] = [];
  for (const name of ["a", "b", "c", "d", "e", "f", "g", "h", "i"]) {
    begun.push(await answered(sessions, name));
    clock.ms += 501;
  }
  const find = (session: Session): Session =>
    table.find(session.parts.key, session.parts.name, FULL_GRANT);
  const leaving: (() => void)[] = [];
  for (const session of begun.slice(0, 8)) leaving.push(find(session).enter());
  assertEquals(table.busy, 8);
  const last = begun.at(-1)!;
  const refusal = assertThrows(() => find(last), BusyError, "8 syncs are at work");
  assertEquals(refusal.retryAfterSeconds, 1);
  // One that is at work already may have another request.
  find(begun[0]!).enter()();
  leaving.pop()!();
  leaving.push(find(last).enter());
  for (const leave of leaving) leave();
});

Deno.test("addresses of one network of IPv6 have a client's share of the queue between them", async () => {
  await using sessions = new TestSessions({ limits: { maxConcurrent: 1, maxQueue: 4 } });
  const leave = (await sessions.begin("a", "192.0.2.1", { look: true })).enter();
  const look = async (name: string, client: string): Promise<void> => {
    const { enter } = await sessions.begin(name, client, { look: true });
    enter()();
  };
  const waiting = [look("b", "2001:db8::1"), look("c", "2001:db8::2")];
  await settled();
  await assertRejects(() => look("d", "2001:db8::3"), BusyError, "2 wait already");
  waiting.push(look("e", "2001:db8:0:1::3"));
  await settled();
  assertEquals(sessions.table.waiting, 3);
  leave();
  await Promise.all(waiting);
});

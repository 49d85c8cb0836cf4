/** When the lock of a target is given away: not while anything still reads or writes what a newcomer would go on with. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fs from "node:fs";
import { GatedLane } from "../../tests/fixtures/gated_lane.ts";
import { COMMANDS, FILE, OLD, stream } from "../../tests/fixtures/patches.ts";
import { segmentFrames } from "../../tests/fixtures/segment_frames.ts";
import { settled, TestSessions } from "../../tests/fixtures/test_sessions.ts";
import { ParasyncError } from "../errors.ts";
import { artefactPath } from "../files/artefact.ts";
import { acquireLease } from "../files/lease.ts";
import { PartialRecord } from "../files/partial_record.ts";
import { freshKey } from "../files/test_folder.ts";
import { LEAST_RESUMED_BYTES } from "../schemes/resume_limits.ts";
import { createLogger } from "../telemetry/log.ts";
import { FRAMES_TYPE } from "./headers.ts";
import type { Limits } from "./limits.ts";
import { LOOPBACK_HOSTS } from "./loopback.ts";
import { Routes } from "./routes.ts";
import type { Session } from "./session.ts";
import { TokenThrottle } from "./token_throttle.ts";

const GONE = new ParasyncError("stream", "Cannot go on: the client went away");

/** Asserts that nobody else can sync to a file. */
function assertLocked({ folder }: TestSessions, name: string): void {
  const error = assertThrows(() => acquireLease(folder.locate(name), freshKey()), ParasyncError);
  assertEquals(error.code, "locked");
}

/** Asserts that somebody else can. */
function assertFree({ folder }: TestSessions, name: string): void {
  acquireLease(folder.locate(name), freshKey()).release();
}

/** A body that brings a patch's first commands, and nothing more until its session is over. */
async function* brokenBody({ signal }: Session): AsyncGenerator<Uint8Array> {
  yield stream(COMMANDS).subarray(0, 10_000);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  throw GONE;
}

/** A patch in whose first copy a lane is stuck. */
async function patching(
  sessions: TestSessions,
  lane: GatedLane,
): Promise<{ readonly session: Session; readonly patch: Promise<unknown> }> {
  sessions.folder.write("a", OLD);
  const { session, enter } = await sessions.begin("a");
  const leave = enter();
  session.open({ newSize: FILE.length, newMtimeNs: undefined });
  const patch = session.during(async () => {
    const reception = await session.reception();
    return await reception.receive(brokenBody(session), "chunk");
  });
  patch.catch(() => {});
  leave();
  await lane.reached;
  return { session, patch };
}

Deno.test("a target stays locked until the last write of a patch that was broken off has ended", async () => {
  const lane = new GatedLane("apply");
  await using sessions = new TestSessions({ lane });
  const { session, patch } = await patching(sessions, lane);
  // From outside, while the body notices by itself: who is second to give up must wait as well.
  const ended = sessions.table.end(session, GONE);
  await settled();
  assertLocked(sessions, "a");
  lane.open();
  await assertRejects(() => patch, ParasyncError);
  await ended;
  assertFree(sessions, "a");
  assertEquals(sessions.folder.list(), ["a"]);
});

Deno.test("whoever ends a session that is being ended waits for it, too", async () => {
  const lane = new GatedLane("apply");
  await using sessions = new TestSessions({ lane });
  const { session, patch } = await patching(sessions, lane);
  let over = 0;
  const ended = [0, 1].map(() => sessions.table.end(session, GONE).then(() => over++));
  await settled();
  assertEquals(over, 0);
  lane.open();
  await Promise.all(ended);
  await assertRejects(() => patch, ParasyncError);
});

const PARTIAL_BYTES = LEAST_RESUMED_BYTES;

/** What an interrupted sync has left of a file. */
function leavePartial({ folder }: TestSessions, name: string): void {
  const location = folder.locate(name);
  const key = freshKey();
  const left = artefactPath(location.directory, key, "part");
  fs.writeFileSync(left, new Uint8Array(PARTIAL_BYTES), { mode: 0o600 });
  new PartialRecord(location).write(key);
}

/** A client's request that has a stuck lane compare what was left. */
async function resuming(
  limits: Partial<Limits> = {},
): Promise<{
  readonly sessions: TestSessions;
  readonly lane: GatedLane;
  readonly response: Response;
  readonly said: (pattern: RegExp) => Promise<void>;
}> {
  const lane = new GatedLane("verify");
  const sessions = new TestSessions({ lane, limits, keepPartial: true });
  leavePartial(sessions, "a");
  let log = "";
  let news: () => void = () => {};
  const write = (line: string): void => {
    log += line;
    news();
  };
  const routes = new Routes({
    sessions: sessions.table,
    access: {
      tokens: undefined,
      throttle: new TokenThrottle(),
      hosts: new Set(LOOPBACK_HOSTS),
      anyAddress: false,
    },
    limits: sessions.limits,
    logger: createLogger({ level: "info", write }),
    schemes: ["parasync"],
    prefix: "",
    accessLog: false,
  });
  const request = new Request(
    "http://localhost/csums_queue?basis_filename=a&target=replace&confirm=target",
    {
      method: "POST",
      headers: { host: "localhost", "content-type": FRAMES_TYPE },
      body: new Blob(segmentFrames(PARTIAL_BYTES)),
    },
  );
  const response = await routes.handle(request, { client: "192.0.2.1" });
  assertEquals(response.status, 200);
  await lane.reached;
  const said = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(log)) await new Promise<void>((resolve) => news = resolve);
  };
  return { sessions, lane, response, said };
}

Deno.test("a client that goes while its target is compared keeps it locked until that has ended", async () => {
  const { sessions, lane, response } = await resuming();
  await using _ = sessions;
  const cancelled = response.body!.cancel();
  await settled();
  assertLocked(sessions, "a");
  lane.open();
  await cancelled;
  assertFree(sessions, "a");
});

Deno.test("a client that takes nothing loses its session, and the lock goes when nothing works for it", async () => {
  const { sessions, lane, response, said } = await resuming({ idleMs: 500 });
  await using _ = sessions;
  await said(/the client took nothing for 500 ms/);
  await settled();
  assertLocked(sessions, "a");
  assert(sessions.table.count === 0, "the session is there still");
  lane.open();
  await assertRejects(() => response.arrayBuffer(), ParasyncError, "the client took nothing");
  while (sessions.folder.list().some((name) => name.endsWith(".lease"))) await settled();
  assertFree(sessions, "a");
});

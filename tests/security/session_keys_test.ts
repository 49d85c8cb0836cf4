// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import type { FailureCode } from "../../src/errors.ts";
import { answerOf, assertProblem } from "../problem.ts";
import { type Server } from "../program.ts";
import { literalPatch, openFrames, openSession, sendPatch } from "../wire_session.ts";
import { sleep, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(50_000, 1);
const NEW = someBytes(70_000, 2);
const REPLACE = "basis_filename=a&target=replace";

async function open(server: Server, query = REPLACE, size = NEW.length): Promise<string> {
  const { status, key, answers } = await openSession(server.url, query, openFrames(size));
  assertEquals([status, answers.at(-1)?.frame.case], [200, "done"]);
  assertMatch(key, /^[0-9a-f]{32}$/);
  return key;
}

async function assertTaken(
  server: Server,
  key: string,
  patch: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const response = await sendPatch(server.url, "a", key, patch);
  assertEquals([response.status, await response.text()], [200, "OK"]);
}

async function assertRefused(
  server: Server,
  name: string,
  key: string,
  body: Uint8Array<ArrayBuffer>,
  code: FailureCode,
): Promise<void> {
  assertProblem(await answerOf(await sendPatch(server.url, name, key, body)), code);
}

Deno.test("a session's key is good for its patch, and for nothing after it", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const key = await open(server);
  const patch = await literalPatch(OLD.length, NEW);
  await assertTaken(server, key, patch);
  await space.untouched("a", NEW);
  const { ino, mtimeMs } = fs.statSync(`${space.root}/a`);
  await assertRefused(server, "a", key, patch, "changed");
  await space.untouched("a", NEW);
  const after = fs.statSync(`${space.root}/a`);
  assertEquals([after.ino, after.mtimeMs], [ino, mtimeMs]);
});

Deno.test("a key that nobody was given, or none, or no key at all, is refused", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const patch = await literalPatch(OLD.length, NEW);
  await assertRefused(server, "a", "0123456789abcdef0123456789abcdef", patch, "changed");
  for (const key of ["", "x", "../../outside", "0".repeat(31), "0".repeat(33), "A".repeat(32)]) {
    await assertRefused(server, "a", key, patch, "bad_request");
  }
  await space.untouched("a", OLD);
});

Deno.test("a session's key is refused for every other name, and keeps its own session", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  space.old("b", OLD);
  fs.mkdirSync(`${space.root}/folder`);
  space.old("folder/a", OLD);
  const server = await space.serve();
  const key = await open(server);
  const patch = await literalPatch(OLD.length, NEW);
  for (const name of ["b", "folder/a", "./a", `${space.root}/a`, "a.new", "gone"]) {
    await assertRefused(server, name, key, patch, "changed");
  }
  await assertRefused(server, "../a", key, patch, "forbidden");
  await assertTaken(server, key, patch);
  await space.untouched("a", NEW);
  await space.untouched("b", OLD);
});

Deno.test("a newer session takes the place of an idle one, whose key is refused then", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const [older, newer] = [await open(server), await open(server)];
  assert(older !== newer);
  const patch = await literalPatch(OLD.length, NEW);
  await assertRefused(server, "a", older, patch, "changed");
  await assertTaken(server, newer, patch);
  await space.untouched("a", NEW);
});

Deno.test("a session that is unused for --session-ttl is forgotten, with its files", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve(["--session-ttl=300ms"]);
  const key = await open(server);
  await sleep(300);
  await space.clean();
  await assertRefused(server, "a", key, await literalPatch(OLD.length, NEW), "changed");
  await space.untouched("a", OLD);
});

Deno.test("a key is refused once its basis was changed or replaced", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const patch = await literalPatch(OLD.length, NEW);
  for (const query of [REPLACE, "basis_filename=a&target=new"]) {
    const old = space.old("a", OLD);
    let key = await open(server, query);
    fs.appendFileSync(old, "x");
    await assertRefused(server, "a", key, patch, "changed");
    fs.writeFileSync(old, OLD);
    key = await open(server, query);
    fs.writeFileSync(`${old}.2`, OLD);
    fs.renameSync(`${old}.2`, old);
    await assertRefused(server, "a", key, patch, "changed");
    await space.untouched("a", OLD);
  }
});

Deno.test("another server of the same folder goes on with a session", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const [one, two] = [await space.serve(), await space.serve()];
  const patch = await literalPatch(OLD.length, NEW);
  const key = await open(one);
  await assertTaken(two, key, patch);
  await space.untouched("a", NEW);
  await assertRefused(one, "a", key, patch, "changed");
});

Deno.test("two patches of one session at once give one result", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const key = await open(server);
  const patch = await literalPatch(OLD.length, NEW);
  const responses = await Promise.all([1, 2].map(() => sendPatch(server.url, "a", key, patch)));
  for (const response of responses) await response.body?.cancel();
  const good = responses.filter(({ status }) => status === 200).length;
  await space.clean();
  // The second may come after the first, or at the same time and then spoil both.
  await space.untouched("a", good > 0 ? NEW : OLD);
  assert(good <= 1);
});

Deno.test("requests that are refused leave no descriptor open", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  fs.mkdirSync(`${space.root}/a.new`);
  const server = await space.serve();
  const count = () => fs.readdirSync(`/proc/${server.program.pid}/fd`).length;
  const patch = await literalPatch(OLD.length, NEW);
  const refused = async () => {
    for (const query of ["basis_filename=a", "basis_filename=gone", `${REPLACE}&hw=9`]) {
      await openSession(server.url, query, openFrames(10));
    }
    await openSession(server.url, REPLACE, new Uint8Array([9]));
    const key = await open(server);
    await assertRefused(server, "a", key, patch.subarray(0, 100), "stream");
  };
  await refused();
  const before = count();
  for (let i = 0; i < 10; i++) await refused();
  await sleep(100);
  assert(count() <= before + 5, `${before} descriptors became ${count()}`);
  await space.untouched("a", OLD);
});

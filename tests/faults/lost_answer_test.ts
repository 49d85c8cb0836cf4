// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { halted } from "../halted.ts";
import { Program, run, Server } from "../program.ts";
import { Relay } from "../relay.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";

const SIZE = 9 << 20;
const OLD = someBytes(SIZE, 1);
const NEW = someBytes(SIZE, 2);
const OTHER = someBytes(SIZE, 3);

/** The new file's time, so that a second push cannot be told by it. */
const MTIME = 1_500_000_000;

const RETRIES = { env: { PARASYNC_RETRIES: "9" } };

/** A push whose server is halted when its target is committed, and nothing is answered yet. */
async function unanswered(space: Workspace) {
  const old = space.old("f", OLD);
  const file = space.new(NEW);
  fs.utimesSync(file, MTIME, MTIME);
  const server = await space.serve([], { env: { PARASYNC_FAILPOINT: "before-ok=stop" } });
  const relay = space.with(new Relay(server.port));
  const client = space.with(new Program(["push", file, `${relay.url}/f`, "--json"], RETRIES));
  await halted(server.program.pid);
  assert(equalBytes(space.read("f"), NEW), "it is not committed");
  return { server, relay, client, committed: fs.statSync(old) };
}

/** The target as others see it. */
function seen(space: Workspace): { inode: number; mtimeMs: number } {
  const { ino, mtimeMs } = fs.statSync(join(space.root, "f"));
  return { inode: ino, mtimeMs };
}

/** How many answers get lost, beginning with the patch's, and how much of each from its end. */
const LOSSES: Record<string, readonly [count: number, bytes: number]> = {
  "OK is lost": [1, Infinity],
  "OK is lost behind the head of its answer": [1, 2],
  "OK is lost, and an answer that says it again": [2, Infinity],
  "OK is lost, and halves of answers that say it again": [3, 2],
  "OK is lost, and several that say it again": [4, Infinity],
};

for (const [what, [count, bytes]] of Object.entries(LOSSES)) {
  Deno.test(`a push whose ${what} ends well, and is done once`, async () => {
    await using space = new Workspace();
    const { server, relay, client, committed } = await unanswered(space);
    relay.loseAnswers(count, bytes);
    server.program.kill("SIGCONT");
    const { code, stdout, stderr } = await client.ended;
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout).verified, true);
    assertEquals(relay.answersToLose, 0);
    assert(equalBytes(space.read("f"), NEW), "the target is another file");
    assertEquals(seen(space), { inode: committed.ino, mtimeMs: MTIME * 1000 });
    assertEquals(server.log.match(/Patch applied/g)?.length, 1, server.log);
    await space.clean();
  });
}

Deno.test("a push whose OK is lost does not undo what another has pushed since", async () => {
  await using space = new Workspace();
  const { server, relay, client } = await unanswered(space);
  // No answer comes through until the other one is there.
  relay.loseAnswers(Infinity);
  server.program.kill("SIGCONT");
  await client.says("stderr", /trying again/);
  const second = await space.serve();
  const { code, stderr } = await run(["push", space.new(OTHER, "other"), `${second.url}/f`]);
  assertEquals(code, 0, stderr);
  relay.loseAnswers(0);
  assertEquals((await client.ended).code, 0, client.stderr);
  assert(equalBytes(space.read("f"), OTHER), "the other's file is gone");
  await space.clean();
});

Deno.test("a push whose server is killed before it says OK ends well at the next server", async () => {
  await using space = new Workspace();
  const { server, client } = await unanswered(space);
  server.program.kill("SIGKILL");
  await server.program.ended;
  await client.says("stderr", /trying again/);
  await using _next = await Server.start(space.root, [`--port=${server.port}`, "--fsync=off"]);
  const { code, stdout, stderr } = await client.ended;
  assertEquals(code, 0, stderr);
  const { verified, literal_bytes } = JSON.parse(stdout);
  assertEquals({ verified, literal_bytes }, { verified: true, literal_bytes: 0 });
  assertMatch(stderr, /^(parasync: Cannot [^\n]+; trying again in [^\n]+\n)+$/);
  assert(equalBytes(space.read("f"), NEW), "the target is another file");
  assertEquals(seen(space).mtimeMs, MTIME * 1000);
});

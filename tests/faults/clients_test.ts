// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { DeltaEncoder } from "../../src/delta/encoder.ts";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { Program, run } from "../program.ts";
import { Relay } from "../relay.ts";
import { openFrames, openSession } from "../wire_session.ts";
import { equalBytes, sleep, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(200_000, 1);
const NEW = someBytes(24 << 20, 2);
const OTHER = someBytes(400_000, 3);
const MIDDLE = 2 << 20;

Deno.test("a client killed in its middle leaves nothing, and a new push works at once", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
  await using client = new Program(["push", space.new(NEW), `${relay.url}/a`]);
  await space.temporary();
  await relay.holding;
  client.kill("SIGKILL");
  await client.ended;
  relay.cut();
  assertSucceeded(await run(["push", space.new(OTHER, "other"), `${server.url}/a`]));
  await space.untouched("a", OTHER);
});

Deno.test("a client killed while it waits for the server's answer keeps nobody out", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const relay = space.with(new Relay(server.port, { holdAnswerAfter: 0 }));
  await using client = new Program(["push", space.new(NEW), `${relay.url}/a`]);
  await relay.holding;
  client.kill("SIGKILL");
  await client.ended;
  relay.cut();
  assertSucceeded(await run(["push", space.new(OTHER, "other"), `${server.url}/a`]));
  await space.untouched("a", OTHER);
});

Deno.test("a second push to a target at work ends with 5; the first goes on, another target too", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  space.old("b", OLD);
  const server = await space.serve();
  const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
  await using first = new Program(["push", space.new(NEW), `${relay.url}/a`]);
  await space.temporary();
  await relay.holding;
  const other = space.new(OTHER, "other");
  assertFailed(await run(["push", other, `${server.url}/a`]), 5, /another sync of it is at work/);
  assertFailed(await run(["push", other, `${server.url}/./a`]), 5, /another sync of it is at work/);
  assertSucceeded(await run(["push", other, `${server.url}/b`]));
  relay.release();
  assertSucceeded(await first.ended);
  await space.untouched("a", NEW);
  assertSucceeded(await run(["push", other, `${server.url}/a`]));
  await space.untouched("a", OTHER);
});

Deno.test("two servers of one folder keep two pushes to one target apart", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const [one, two] = [await space.serve(), await space.serve()];
  const relay = space.with(new Relay(one.port, { holdAfter: MIDDLE }));
  await using first = new Program(["push", space.new(NEW), `${relay.url}/a`]);
  await space.temporary();
  const other = space.new(OTHER, "other");
  assertFailed(await run(["push", other, `${two.url}/a`]), 5, /another sync of it is at work/);
  relay.release();
  assertSucceeded(await first.ended);
  assertSucceeded(await run(["push", other, `${two.url}/a`]));
  await space.untouched("a", OTHER);
});

Deno.test("a push beyond --max-concurrent ends with 22 and may come again", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve(["--max-concurrent=1", "--queue-timeout=1s"]);
  const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
  await using first = new Program(["push", space.new(NEW), `${relay.url}/a`]);
  await space.temporary();
  const other = ["push", space.new(OTHER, "other"), `${server.url}/b`];
  assertFailed(await run(other), 22, /1 syncs are at work, and none ended within 1000 ms/);
  relay.release();
  assertSucceeded(await first.ended);
  assertSucceeded(await run(other));
});

for (const folder of ["", "deep/er"]) {
  Deno.test(`what a killed server left${folder && " in a nested folder"} does not hinder the next push, and is removed`, async () => {
    await using space = new Workspace();
    fs.mkdirSync(join(space.root, folder), { recursive: true });
    const name = join(folder, "a");
    space.old(name, OLD);
    const ttl = "--session-ttl=150ms";
    const server = await space.serve([ttl]);
    const relay = space.with(new Relay(server.port, { holdAfter: MIDDLE }));
    await using client = new Program(["push", space.new(NEW), `${relay.url}/${name}`]);
    await space.temporary();
    server.program.kill("SIGKILL");
    await server.program.ended;
    relay.cut();
    assert((await client.ended).code !== 0);
    assert(equalBytes(space.read(name), OLD));
    assert(space.artefacts().length > 0);
    const next = await space.serve([ttl]);
    const other = space.new(OTHER, "other");
    assertSucceeded(await run(["push", other, `${next.url}/${name}`]));
    await sleep(400);
    assertSucceeded(await run(["push", other, `${next.url}/${name}`]));
    await space.untouched(name, OTHER);
  });
}

Deno.test("a client that gives up before it begins leaves no session behind", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  // The request is on its way before the new file is opened.
  assertFailed(await run(["push", space.path, `${server.url}/a`]), 3, /it is a folder/);
  await space.untouched("a", OLD);
  assertEquals(fs.readdirSync(space.root), ["a"]);
  assertSucceeded(await run(["push", space.new(OTHER), `${server.url}/a`]));
});

Deno.test("a client that goes while the server still verifies leaves the old file as it was", async () => {
  await using space = new Workspace();
  const old = someBytes(50_000, 9);
  space.old("a", old);
  const server = await space.serve();
  // Two GiB of nothing are named in a moment and take a while to be read back.
  const size = 2 ** 31;
  const query = "basis_filename=a&target=replace&allocated=0";
  const { key } = await openSession(server.url, query, openFrames(size));
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const encoder = new DeltaEncoder(
    { oldSize: old.length, newSize: size },
    (piece) => pieces.push(piece),
  );
  encoder.zero(0, size);
  encoder.end(new Uint8Array(32));
  const controller = new AbortController();
  const sent = fetch(`${server.url}/patch?basis_filename=a`, {
    method: "POST",
    body: new Blob(pieces),
    headers: { "content-type": "application/octet-stream", "x-request-key": key },
    signal: controller.signal,
  });
  await space.temporary();
  await sleep(50);
  controller.abort();
  await assertRejects(() => sent);
  await server.program.says("stderr", /Cannot serve request.*the client went away/);
  await space.untouched("a", old);
});

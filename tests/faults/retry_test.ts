// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { Program, run, Server } from "../program.ts";
import { Relay } from "../relay.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";

const SIZE = 12 << 20;
const OLD = someBytes(SIZE, 1);
const NEW = someBytes(SIZE, 2);

/** What a retry says. */
const AGAIN = /^parasync: Cannot [^\n]+; trying again in \d+\.\d s \(1 of 9\)$/m;

const KEPT = { env: { PARASYNC_KEEP_PARTIAL: "on" } };
const RETRIES = { env: { PARASYNC_RETRIES: "9" } };

Deno.test("a push is done in the end when its server is started late", async () => {
  await using space = new Workspace();
  space.old("f", OLD);
  const first = await space.serve();
  await first[Symbol.asyncDispose]();
  await using client = new Program(["push", space.new(NEW), `${first.url}/f`], RETRIES);
  await client.says("stderr", AGAIN);
  assertMatch(client.stderr, /connection refused/);
  await using _second = await Server.start(space.root, [`--port=${first.port}`, "--fsync=off"]);
  const { code, stderr } = await client.ended;
  assertEquals(code, 0, stderr);
  assert(equalBytes(space.read("f"), NEW), "the new file is another one");
});

Deno.test("a push goes on by itself when its server is killed in the middle and started again", async () => {
  await using space = new Workspace();
  space.old("f", OLD);
  const first = await space.serve([], KEPT);
  const relay = space.with(new Relay(first.port, { holdAfter: SIZE - (1 << 20) }));
  await using client = new Program(["push", space.new(NEW), `${relay.url}/f`, "--json"], RETRIES);
  await relay.holding;
  first.program.kill("SIGKILL");
  await first.program.ended;
  relay.release();
  await client.says("stderr", AGAIN);
  await using _second = await Server.start(
    space.root,
    [`--port=${first.port}`, "--fsync=off"],
    KEPT,
  );
  const { code, stdout, stderr } = await client.ended;
  assertEquals(code, 0, stderr);
  assert(Number(JSON.parse(stdout).resumed_bytes) > 0, stdout);
  assert(equalBytes(space.read("f"), NEW), "the new file is another one");
  await space.clean();
});

Deno.test("what does not pass is not tried again", async () => {
  await using space = new Workspace();
  space.old("f", OLD);
  const token = join(space.path, "token");
  fs.writeFileSync(token, "c2VjcmV0IGFuZCBsb25nIGVub3VnaA\n", { mode: 0o600 });
  const server = await space.serve([`--token-file=${token}`, "--max-file-size=1MiB"]);
  const file = space.new(NEW);
  for (
    const [args, code] of [
      [["push", file, `${server.url}/f`], 5],
      [["push", file, `${server.url}/f`, `--token-file=${token}`], 22],
      [["push", join(space.path, "none"), `${server.url}/f`, `--token-file=${token}`], 3],
    ] as const
  ) {
    const outcome = await run(args, RETRIES);
    assertEquals(
      [outcome.code, /trying again/.test(outcome.stderr)],
      [code, false],
      outcome.stderr,
    );
  }
});

Deno.test("--timeout ends the tries, too", async () => {
  await using space = new Workspace();
  const first = await space.serve();
  await first[Symbol.asyncDispose]();
  const outcome = await run(
    ["push", space.new(NEW), `${first.url}/f`, "--timeout=1s"],
    { env: { PARASYNC_RETRIES: "100" } },
  );
  assertEquals(outcome.code, 30, outcome.stderr);
});

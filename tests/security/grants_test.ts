/** What tokens with attributes open, and what they do not. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { assertProblem } from "../problem.ts";
import { type Outcome, run, type Server } from "../program.ts";
import { rawRequest } from "../raw_request.ts";
import { someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(50_000, 1);
const NEW = someBytes(50_000, 2);

const TOKENS = `# one a line
t0ken-all name=admin
t0ken-read read-only name=reader
t0ken-images prefix=/images/ name=images
t0ken-one prefix=/images/disk.img read-only
`;

async function guarded(space: Workspace, flags: readonly string[] = []): Promise<Server> {
  fs.mkdirSync(join(space.root, "images"));
  fs.mkdirSync(join(space.root, "imagesX"));
  for (const name of ["a", "images/disk.img", "imagesX/a"]) space.old(name, OLD);
  const file = space.new(TOKENS, "tokens");
  fs.chmodSync(file, 0o600);
  return await space.serve([`--token-file=${file}`, ...flags]);
}

Deno.test("a token to look with finds out what would be sent, and changes nothing", async () => {
  await using space = new Workspace();
  const server = await guarded(space);
  const file = space.new(NEW);
  const env = { PARASYNC_TOKEN: "t0ken-read" };
  for (const scheme of ["parasync", "rsync", "dsync", "skysync_f"]) {
    const push = ["push", file, `${server.url}/a`, `--scheme=${scheme}`];
    assertSucceeded(await run([...push, "--dry-run"], { env }));
    assertFailed(await run(push, { env }), 5, /the token is one to look with/);
  }
  assertFailed(
    await run(["push", file, `${server.url}/created`], { env }),
    5,
    /the token is one to look with/,
  );
  assert(!fs.existsSync(join(space.root, "created")));
  await space.untouched("a", OLD);
});

Deno.test("a token to look with cannot go on with the session of another", async () => {
  await using space = new Workspace();
  const server = await guarded(space);
  for (const target of ["/patch?basis_filename=a", "/patch?basis_filename=images/disk.img"]) {
    const answer = await rawRequest(server.port, {
      method: "POST",
      target,
      headers: {
        "Content-Type": "application/octet-stream",
        "X-Request-Key": "0123456789abcdef0123456789abcdef",
        authorization: "Bearer t0ken-read",
      },
      body: "x",
    });
    assertMatch(assertProblem(answer, "forbidden"), /one to look with/);
  }
});

Deno.test("a token for a folder opens what is in it and nothing else, by any spelling", async () => {
  await using space = new Workspace();
  const server = await guarded(space);
  fs.symlinkSync("..", join(space.root, "images", "up"));
  fs.symlinkSync("images", join(space.root, "alias"));
  const file = space.new(NEW);
  const env = { PARASYNC_TOKEN: "t0ken-images" };
  const push = (name: string): Promise<Outcome> =>
    run(["push", file, `${server.url}/${name}`], { env });
  assertSucceeded(await push("images/disk.img"));
  assertSucceeded(await push("images/new.img"));
  for (
    const name of ["a", "imagesX/a", "images%2F..%2Fa", "images/up/a", "alias/disk.img", "gone/x"]
  ) {
    const outcome = await push(name);
    assertFailed(outcome, 5, /the token is one for other files|contains "\.\."/);
  }
  await space.untouched("a", OLD);
  await space.untouched("imagesX/a", OLD);
});

Deno.test("no endpoint takes a name that a token is not for, and none tells what it is", async () => {
  await using space = new Workspace();
  const server = await guarded(space);
  const key = "0123456789abcdef0123456789abcdef";
  const post = { method: "POST", body: key };
  for (
    const request of [
      { target: "/signature?basis_filename=a" },
      { target: "/signature?basis_filename=gone/a" },
      { ...post, target: "/csums_queue?basis_filename=a&target=replace" },
      { ...post, target: `/refine?basis_filename=a&key=${key}` },
      { ...post, target: `/patch?basis_filename=a&key=${key}` },
      { ...post, target: "/ack?basis_filename=a&end=1" },
    ]
  ) {
    const headers: Record<string, string> = { authorization: "Bearer t0ken-images" };
    if ("method" in request) headers["Content-Type"] = "application/x-protobuf";
    const answer = await rawRequest(server.port, { ...request, headers });
    assertMatch(assertProblem(answer, "forbidden"), /the token is one for other files/);
  }
  for (const target of ["/", "/status.json", "/metrics"]) {
    const ask = (token: string) =>
      rawRequest(server.port, { target, headers: { authorization: `Bearer ${token}` } });
    assertEquals((await ask("t0ken-images")).status, 403, target);
    assertEquals((await ask("t0ken-read")).status, 200, target);
  }
});

Deno.test("the log says by its name whose token it was, and never the token", async () => {
  await using space = new Workspace();
  const server = await guarded(space);
  const push = ["push", space.new(NEW), `${server.url}/images/disk.img`];
  assertSucceeded(await run(push, { env: { PARASYNC_TOKEN: "t0ken-images" } }));
  await server.program.says("stderr", /token_name=images/);
  assertFailed(await run(push, { env: { PARASYNC_TOKEN: "t0ken-wrong" } }), 5, /not the server's/);
  await server.program.says("stderr", /code=unauthorized/);
  assert(!server.log.includes("t0ken"), server.log);
});

Deno.test("whoever tries tokens is slowed down, by the address that a trusted proxy names", async () => {
  await using space = new Workspace();
  const server = await guarded(space, ["--trusted-proxy=127.0.0.1"]);
  const ask = (token: string, forwarded: string) =>
    rawRequest(server.port, {
      target: "/v1/capabilities",
      headers: { authorization: `Bearer ${token}`, "X-Forwarded-For": forwarded },
    });
  for (let guess = 0; guess < 10; guess++) {
    assertProblem(await ask(`guess-${guess}`, `198.51.100.${guess}, 203.0.113.9`), "unauthorized");
  }
  const refused = await ask("t0ken-all", "203.0.113.9");
  assertProblem(refused, "busy");
  assert(Number(refused.headers.get("retry-after")) >= 1);
  assertEquals((await ask("t0ken-all", "203.0.113.10")).status, 200);
  await server.program.says("stderr", /client=203\.0\.113\.9/);
});

Deno.test("nobody who is not trusted says where a request comes from", async () => {
  await using space = new Workspace();
  const server = await guarded(space);
  for (let guess = 0; guess < 10; guess++) {
    const headers = { authorization: "Bearer x", "X-Forwarded-For": `203.0.113.${guess}` };
    await rawRequest(server.port, { target: "/v1/capabilities", headers });
  }
  const headers = { authorization: "Bearer t0ken-all", "X-Forwarded-For": "203.0.113.99" };
  assertProblem(await rawRequest(server.port, { target: "/v1/capabilities", headers }), "busy");
  assert(!server.log.includes("203.0.113"), "an address that was made up is in the log");
});

// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { assertProblem } from "../problem.ts";
import { run, Server } from "../program.ts";
import { rawRequest } from "../raw_request.ts";
import { concat, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(100_000, 1);
const NEW = concat(OLD, someBytes(1000, 2));
const TOKEN = "s3cret-T0ken_of.this~test";

function tokenFile(space: Workspace, text = `${TOKEN}\n`, mode = 0o600): string {
  const path = space.new(text, "token");
  fs.chmodSync(path, mode);
  return `--token-file=${path}`;
}

Deno.test("a server on any address but loopback ends at once without a token", async () => {
  await using space = new Workspace();
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.org", "127.0.0.1.example.org"]) {
    const outcome = await run(["serve", `--root=${space.root}`, "--port=0", `--host=${host}`]);
    assertFailed(outcome, 1, /anyone could write to the root; give a token/);
  }
});

Deno.test("a server on any address listens with a token, or when told that none is needed", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const file = space.new(NEW);
  for (
    const [flag, env] of [[tokenFile(space), { PARASYNC_TOKEN: TOKEN }], [
      "--insecure-no-auth",
      {},
    ]] as const
  ) {
    const server = await space.serve(["--host=0.0.0.0", flag]);
    assertSucceeded(await run(["push", file, `${server.url}/a`], { env }));
    await space.untouched("a", NEW);
  }
});

Deno.test("a push with the token of a file or the environment goes through", async () => {
  await using space = new Workspace();
  const flag = tokenFile(space);
  const file = space.new(NEW);
  const env = { PARASYNC_TOKEN: TOKEN };
  for (const server of [await space.serve([flag]), await space.serve([], { env })]) {
    for (const [more, options] of [[[flag], {}], [[], { env }]] as const) {
      space.old("a", OLD);
      assertSucceeded(await run(["push", file, `${server.url}/a`, ...more], options));
      await space.untouched("a", NEW);
    }
    assert(!server.log.includes(TOKEN), "the token is in the log");
  }
});

Deno.test("a push without the token, or with another, ends with 5, and nobody repeats the token", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve([tokenFile(space), "--log-level=debug"]);
  const push = ["push", space.new(NEW), `${server.url}/a`];
  assertFailed(await run(push), 5, /a token is needed/);
  for (const PARASYNC_TOKEN of ["wrong", TOKEN + "x", TOKEN.slice(1), TOKEN.toUpperCase()]) {
    const outcome = await run(push, { env: { PARASYNC_TOKEN } });
    assertFailed(outcome, 5, /the token is not the server's/);
    assert(!outcome.stderr.includes(PARASYNC_TOKEN) && !server.log.includes(PARASYNC_TOKEN));
  }
  await space.untouched("a", OLD);
});

Deno.test("every endpoint but /healthz needs the token", async () => {
  await using space = new Workspace();
  const server = await space.serve([tokenFile(space)]);
  const post = { method: "POST" };
  for (
    const request of [
      { target: "/v1/capabilities" },
      { target: "/v1/progress?key=0123456789abcdef0123456789abcdef" },
      { target: "/nothing" },
      { ...post, target: "/csums_queue?basis_filename=a" },
      { ...post, target: "/ack?basis_filename=a" },
      { ...post, target: "/patch?basis_filename=a" },
    ]
  ) {
    for (
      const authorization of [
        "",
        "Bearer",
        "Bearer x",
        `Basic ${TOKEN}`,
        TOKEN,
        `Bearer ${TOKEN} x`,
      ]
    ) {
      const answer = await rawRequest(server.port, { ...request, headers: { authorization } });
      assertProblem(answer, "unauthorized");
      assertEquals(answer.headers.get("www-authenticate"), "Bearer");
    }
  }
  assertEquals((await rawRequest(server.port, { target: "/healthz" })).status, 200);
  const headers = { authorization: `bearer  ${TOKEN}` };
  const allowed = await rawRequest(server.port, { target: "/v1/capabilities", headers });
  assertEquals(allowed.status, 200);
});

Deno.test("a token file that others can read, that is empty, missing or malformed is refused at both ends", async () => {
  await using space = new Workspace();
  const push = ["push", space.new(NEW), "http://127.0.0.1:9/a"];
  const serve = ["serve", `--root=${space.root}`, "--port=0"];
  for (const command of [push, serve]) {
    for (const mode of [0o644, 0o640, 0o604, 0o620, 0o660]) {
      const flag = tokenFile(space, TOKEN, mode);
      assertFailed(
        await run([...command, flag]),
        3,
        /token: others can read it; chmod 600/,
      );
    }
    assertFailed(await run([...command, tokenFile(space, "\n")]), 1, /it is empty/);
    const spaced = await run([...command, tokenFile(space, "two words")]);
    assertFailed(spaced, 1, /without spaces/);
    assert(!spaced.stderr.includes("two words"), "it repeats the token");
    const gone = `--token-file=${join(space.path, "gone")}`;
    assertFailed(await run([...command, gone]), 3, /gone.*(does not exist|[Nn]o such file)/);
    assertFailed(await run([...command, `--token-file=${space.root}`]), 3, /root/);
  }
});

Deno.test("requests under a name that is not the server's are refused, whatever the port", async () => {
  await using space = new Workspace();
  const server = await space.serve(["--allowed-host=sync.example.org"]);
  const ask = (Host: string, target = "/v1/capabilities") =>
    rawRequest(server.port, { target, headers: { Host } });
  for (
    const host of [
      "localhost",
      "LOCALHOST:1",
      "127.0.0.1",
      "[::1]:80",
      "Sync.Example.org",
      "sync.example.org:443",
    ]
  ) assertEquals((await ask(host)).status, 200, host);
  for (
    const host of [
      "evil.example.org",
      "evil.example.org:80",
      "localhost.evil.example.org",
      "127.0.0.2",
      "192.0.2.1",
      "sync.example.org.evil",
      "localhost@evil",
    ]
  ) {
    const answer = await ask(host);
    if (answer.status !== 400) assertProblem(answer, "forbidden");
  }
  const target = "http://evil.example.org/v1/capabilities";
  const { status } = await ask(`127.0.0.1:${server.port}`, target);
  assert(
    status === 403 || status === 200,
    "an absolute request target is read as the protocol says",
  );
});

Deno.test("a request without a Host is refused", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const answer = await rawRequest(server.port, {
    target: "/v1/capabilities",
    headers: { Host: "" },
  });
  assert(answer.status === 403 || answer.status === 400, String(answer.status));
});

Deno.test("a server on all addresses takes numeric hosts and no unknown names", async () => {
  await using space = new Workspace();
  const server = await space.serve(["--host=0.0.0.0", "--insecure-no-auth"]);
  const ask = async (Host: string) =>
    (await rawRequest(server.port, { target: "/v1/capabilities", headers: { Host } })).status;
  assertEquals(
    [await ask("192.0.2.7:80"), await ask("[2001:db8::1]"), await ask("rebound.example.org")],
    [200, 200, 403],
  );
});

Deno.test("a web page cannot make a browser change anything: simple content types are refused", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  for (const endpoint of ["csums_queue", "ack", "patch"]) {
    const request = { method: "POST", target: `/${endpoint}?basis_filename=a`, body: "x" };
    for (
      const type of [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/x-protobuf",
        "application/json",
      ]
    ) {
      const answer = await rawRequest(server.port, {
        ...request,
        headers: { "Content-Type": type },
      });
      assertMatch(assertProblem(answer, "bad_request"), /content type/);
    }
    const origin = { Origin: "http://evil.example.org" };
    const answer = await rawRequest(server.port, { ...request, headers: origin });
    assertEquals(answer.headers.get("access-control-allow-origin"), null);
    const options = { method: "OPTIONS", target: `/${endpoint}?basis_filename=a` };
    assertProblem(await rawRequest(server.port, options), "method_not_allowed");
  }
  await space.untouched("a", OLD);
});

Deno.test("IPv6 loopback needs no token, and the address is printed in brackets", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  let server: Server;
  try {
    server = await space.serve(["--host=::1"]);
  } catch (error) {
    // A machine without IPv6 says so.
    assertMatch(String(error), /Cannot listen on/);
    return;
  }
  assertMatch(server.program.stdout, /http:\/\/\[::1\]:\d+ /);
  const push = ["push", space.new(NEW), `http://[::1]:${server.port}/a`];
  assertSucceeded(await run(push));
  await space.untouched("a", NEW);
});

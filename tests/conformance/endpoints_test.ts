// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { answerOf, assertProblem } from "../problem.ts";
import { rawRequest } from "../raw_request.ts";
import { literalPatch, openFrames, openSession, post, sendPatch } from "../wire_session.ts";
import { someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(50_000, 1);
const NEW = someBytes(1_500_000, 2);
const BYTES = "application/octet-stream";

Deno.test("/healthz says ok to anybody, and nothing else", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const headers = { Host: "anything" };
  const { status, body } = await rawRequest(server.port, { target: "/healthz", headers });
  assertEquals([status, body], [200, "ok\n"]);
});

Deno.test("/v1/capabilities tells what a client may ask for", async () => {
  await using space = new Workspace();
  const server = await space.serve(["--threads=3", "--max-body=5MiB", "--max-file-size=7MiB"]);
  const response = await fetch(`${server.url}/v1/capabilities`);
  assertEquals(response.headers.get("content-type"), "application/json");
  const told = await response.json();
  assertEquals([told.name, told.protocol, told.threads], ["parasync", 1, 3]);
  assertEquals([told.max_body_bytes, told.max_file_bytes], [5 << 20, 7 << 20]);
  assert(told.schemes.includes("parasync") && told.modes.includes(3));
  assertEquals(told.schemes.length, 6);
  assert(told.confirm.includes("chunk"));
  assertMatch(told.version, /^\d+\.\d+\.\d+/);
  assert(typeof told.fingerprint === "string" && told.fingerprint !== "");
});

Deno.test("every endpoint takes its own method alone, and there are no others", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const query = "?basis_filename=a&key=0123456789abcdef0123456789abcdef";
  const own: Record<string, string> = {
    "/csums_queue": "POST",
    "/signature": "GET",
    "/ack": "POST",
    "/refine": "POST",
    "/patch": "POST",
    "/healthz": "GET",
    "/readyz": "GET",
    "/metrics": "GET",
    "/": "GET",
    "/status.json": "GET",
    "/v1/capabilities": "GET",
    "/v1/progress": "GET",
  };
  for (const [path, taken] of Object.entries(own)) {
    for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      if (method === taken) continue;
      const target = path + query;
      const headers = { "Content-Type": BYTES, "Content-Length": "0" };
      const answer = await rawRequest(server.port, { method, target, headers });
      assertMatch(assertProblem(answer, "method_not_allowed"), new RegExp(`it takes ${taken}`));
    }
  }
  for (
    const path of [
      "//",
      "/metrics/",
      "/signatures",
      "/csums",
      "/csums_queue/",
      "/CSUMS_QUEUE",
      "/v1",
      "/toString",
    ]
  ) {
    assertProblem(await rawRequest(server.port, { target: path }), "not_found");
    assertProblem(await rawRequest(server.port, { method: "POST", target: path }), "not_found");
  }
});

Deno.test("/ack answers ACK_RECV to a key it knows, logging the round trip, and to one it does not", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const { key } = await openSession(server.url, "basis_filename=a", openFrames(NEW.length));
  const ack = async (name: string, body: string) =>
    await answerOf(await post(`${server.url}/ack?basis_filename=${name}`, body, BYTES));
  assertEquals((await ack("a", "0123456789abcdef0123456789abcdef")).body, "ACK_RECV");
  assert(!server.log.includes("RTT"));
  assertEquals((await ack("a", key)).body, "ACK_RECV");
  await server.program.says(
    "stderr",
    /Matched Chunks RTT \(Server-side\) name=a rttMs=\d+(\.\d+)? request=[0-9a-f]{16}\n/,
  );
  assert(!server.log.includes(key), "the key is in the log");
  for (const body of ["", "x", key + "0", key.slice(1), `${key}\n`]) {
    assertProblem(await ack("a", body), "bad_request");
  }
  assertProblem(await ack("", key), "bad_request");
  assertProblem(await ack("a", "0".repeat(5000)), "too_large");
});

Deno.test("/csums_queue answers with the session first, its key in the header too, and done last", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve(["--threads=2"]);
  for (const query of ["basis_filename=a", "file=a&hw=0&thread_num=4&mode=3", "file=a&hw=false"]) {
    const { key, answers } = await openSession(server.url, query, openFrames(NEW.length));
    const first = answers[0]?.frame;
    assert(first?.case === "session");
    const { requestKey, basisSize, basisExists, backend, threads, maxPatchBytes } = first.value;
    assertEquals([requestKey, basisSize, basisExists], [key, BigInt(OLD.length), true]);
    assert(backend === "portable" || query === "basis_filename=a" && backend === "native");
    assert(threads >= 1 && threads <= 2 && maxPatchBytes > 0n);
    const last = answers.at(-1)?.frame;
    assert(last?.case === "done");
    assertEquals([last.value.keys, last.value.present], [0, 0]);
    assert(last.value.chunks > 0);
  }
});

Deno.test("/patch answers OK when the new file is in its place, as <basis>.new by default", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const { key } = await openSession(server.url, "basis_filename=a", openFrames(NEW.length));
  const patch = await literalPatch(OLD.length, NEW);
  const response = await sendPatch(server.url, "a", key, patch);
  assertEquals([response.status, await response.text()], [200, "OK"]);
  assertMatch(response.headers.get("server-timing") ?? "", /receive;dur=\d/);
  await space.untouched("a.new", NEW);
  await space.untouched("a", OLD);
});

Deno.test("/patch takes the key in the query as well as in the header", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const { key } = await openSession(server.url, "basis_filename=a", openFrames(NEW.length));
  const patch = await literalPatch(OLD.length, NEW);
  const response = await post(`${server.url}/patch?basis_filename=a&key=${key}`, patch, BYTES);
  assertEquals(await response.text(), "OK");
});

Deno.test("/v1/progress tells how far a session is, and nothing of one it does not know", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const { key } = await openSession(server.url, "basis_filename=a", openFrames(NEW.length));
  const ask = async (of: string) =>
    await (await fetch(`${server.url}/v1/progress?key=${of}`)).json();
  assertEquals(await ask(key), { done: 0, total: NEW.length });
  assertEquals(await ask("0123456789abcdef0123456789abcdef"), { done: 0, total: 0 });
  assertEquals((await ask("x")).code, "bad_request");
});

const QUERIES: readonly string[] = [
  "",
  "basis_filename=",
  "basis_file=a",
  "basis_filename=a&thread_num=0",
  "basis_filename=a&thread_num=1000000000",
  "basis_filename=a&thread_num=1e3",
  "basis_filename=a&thread_num=-1",
  "basis_filename=a&thread_num=",
  "basis_filename=a&hw=2",
  "basis_filename=a&hw=__proto__",
  "basis_filename=a&mode=4",
  "basis_filename=a&mode=x",
  "basis_filename=a&scheme=zsync",
  "basis_filename=a&confirm=never",
  "basis_filename=a&target=elsewhere",
  "basis_filename=a&chunk=1:2:3",
  "basis_filename=a&chunk=4096:8192",
  "basis_filename=a&chunk=4096:8000:12288",
  "basis_filename=a&chunk=4096:8192:99999999",
  "basis_filename=a&chunk=x",
  "basis_filename=a&suffix=a/b",
  `basis_filename=a&suffix=${"x".repeat(40)}`,
  "basis_filename=%zz",
];

Deno.test("/csums_queue refuses every query that is out of its range", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  for (const query of QUERIES) {
    const target = `/csums_queue?${query}`;
    const answer = await rawRequest(server.port, { method: "POST", target });
    assertProblem(answer, "bad_request");
  }
  await space.untouched("a", OLD);
});

Deno.test("a look at a signature ends nobody's session and keeps nobody out", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const query = "basis_filename=a&target=replace&scheme=dsync";
  const { key } = await openSession(server.url, query, openFrames(NEW.length));
  const looks = await Promise.all(
    Array.from({ length: 6 }, () => fetch(`${server.url}/signature?file=a&target=replace`)),
  );
  for (const look of looks) {
    assertEquals(look.status, 200);
    // librsync's magic number of rollsum and BLAKE2b.
    const signature = new Uint8Array(await look.arrayBuffer());
    assertEquals([...signature.subarray(0, 4)], [0x72, 0x73, 0x01, 0x37]);
    const own = look.headers.get("x-request-key") ?? "";
    const patch = await sendPatch(server.url, "a", own, await literalPatch(OLD.length, NEW));
    assertEquals((await answerOf(patch)).status, 409, "it cannot be patched");
  }
  const patch = await sendPatch(server.url, "a", key, await literalPatch(OLD.length, NEW));
  assertEquals((await answerOf(patch)).body, "OK");
  await space.untouched("a", NEW);
});

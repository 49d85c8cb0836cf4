/** What a running server tells those who look after it. */
// @ts-types="../../src/types/std_assert.d.ts"
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { type ReadFamily, readMetrics } from "../../src/telemetry/test_metrics.ts";
import { assertSummary } from "../outcome.ts";
import { run, Server } from "../program.ts";
import { rawRequest } from "../raw_request.ts";
import { MOUNT_ONLY, SmallDisk } from "../small_disk.ts";
import { concat, eventually, sleep, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(3_000_000);
const NEW = concat(OLD.subarray(0, 1_000_000), someBytes(500_000, 2), OLD.subarray(1_000_000));
const TOKEN = "c3VwZXItc2VjcmV0";

// deno-lint-ignore no-control-regex -- control characters are what is looked for
const UNPRINTABLE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

type Metrics = ReadonlyMap<string, ReadFamily>;

async function metricsOf({ url }: Server): Promise<Metrics> {
  const response = await fetch(`${url}/metrics`);
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return readMetrics(await response.text());
}

function sample(metrics: Metrics, series: string): number | undefined {
  return metrics.get(series.replace(/\{.*$/, "").replace(/_(sum|count|bucket)$/, ""))
    ?.samples.get(series);
}

/** A request is counted once its answer has gone out, which its client may know before. */
async function metricsWith(server: Server, series: string, value: number): Promise<Metrics> {
  for (let turn = 0;; turn++) {
    const metrics = await metricsOf(server);
    if (sample(metrics, series) === value) return metrics;
    assert(turn < 200, `${series} is ${sample(metrics, series)}, not ${value}`);
    await sleep(20);
  }
}

Deno.test("metrics say what syncs and requests there were, by closed sets of labels", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  space.old("disk-of-alice.img", OLD);
  const url = `${server.url}/disk-of-alice.img`;
  const summary = assertSummary(await run(["push", space.new(NEW), url, "--json"]));
  await run(["push", space.new(NEW), `${url}/no`, "--json", "--quiet"]);
  await fetch(`${server.url}/name-of-bob`).then((response) => response.body?.cancel());

  const served = `parasync_requests_total{route="/patch",status="200"}`;
  const metrics = await metricsWith(server, served, 1);
  await metricsWith(server, `parasync_requests_total{route="other",status="404"}`, 1);
  const committed = `{scheme="parasync",outcome="committed"}`;
  assertEquals(sample(metrics, `parasync_syncs_total${committed}`), 1);
  assertEquals(sample(metrics, "parasync_target_bytes_total"), NEW.length);
  assertEquals(sample(metrics, "parasync_copied_bytes_total"), summary["copied_bytes"]);
  assertEquals(sample(metrics, "parasync_literal_bytes_total"), summary["literal_bytes"]);
  assertEquals(sample(metrics, `parasync_sync_duration_seconds_count{scheme="parasync"}`), 1);
  for (const stage of ["chunk", "receive", "verify", "commit"]) {
    const count = `parasync_stage_duration_seconds_count{stage="${stage}"}`;
    assertEquals(sample(metrics, count), 1, stage);
  }
  assert(sample(metrics, "parasync_received_bytes_total")! >= Number(summary["delta_bytes"]));
  for (const name of ["queue_length", "syncs_at_work", "sessions"]) {
    assertEquals(sample(metrics, `parasync_${name}`), 0, name);
  }
  // This one.
  assertEquals(sample(metrics, "parasync_requests_at_work"), 1);
  assert(sample(metrics, "process_resident_memory_bytes")! > 1 << 20);
  assert(sample(metrics, "process_start_time_seconds")! < Date.now() / 1000);
  const text = await (await fetch(`${server.url}/metrics`)).text();
  assertNotMatch(text, /alice|bob/);
});

Deno.test("failures are counted by code, those of tokens by themselves too", async () => {
  await using space = new Workspace();
  const token = space.new(`${TOKEN}\n`, "token");
  fs.chmodSync(token, 0o600);
  const server = await space.serve([`--token-file=${token}`]);
  const refused = await rawRequest(server.port, { target: "/v1/capabilities" });
  assertEquals(refused.status, 401);
  const given = await rawRequest(server.port, {
    target: "/metrics",
    headers: { Authorization: `Bearer ${TOKEN}` },
  });
  const metrics = readMetrics(given.body);
  assertEquals(sample(metrics, `parasync_errors_total{code="unauthorized"}`), 1);
  assertEquals(sample(metrics, "parasync_authentication_failures_total"), 1);
});

Deno.test("pages take the token as a browser's password, nothing else does", async () => {
  await using space = new Workspace();
  const token = space.new(`${TOKEN}\n`, "token");
  fs.chmodSync(token, 0o600);
  const { port } = await space.serve([`--token-file=${token}`]);
  const ask = (target: string, headers: Record<string, string> = {}) =>
    rawRequest(port, { target, headers });
  const password = { Authorization: `Basic ${btoa(`anyone:${TOKEN}`)}` };
  for (const target of ["/", "/status.json", "/metrics"]) {
    const refused = await ask(target);
    assertEquals(refused.status, 401, target);
    assertMatch(refused.headers.get("www-authenticate") ?? "", /Bearer.*Basic realm="parasync"/);
    assertEquals((await ask(target, password)).status, 200, target);
    // Whatever the browser knows, a page elsewhere gets nothing by it, by its own name or by one of ours.
    const elsewhere = { ...password, "Sec-Fetch-Site": "cross-site" };
    assertEquals((await ask(target, elsewhere)).status, 403, target);
    assertEquals((await ask(target, { ...password, Host: "evil.example" })).status, 403, target);
  }
  for (const target of ["/v1/capabilities", "/signature?file=a"]) {
    const refused = await ask(target, password);
    assertEquals(refused.status, 401, target);
    assertNotMatch(refused.headers.get("www-authenticate") ?? "", /Basic/);
  }
  for (const target of ["/healthz", "/readyz"]) assertEquals((await ask(target)).status, 200);
});

Deno.test("the status page shows what was synced, and holds no key", async () => {
  await using space = new Workspace();
  const server = await space.serve(["--prefix=/sync"]);
  const name = `<img src=x onerror=alert(1)>.img`;
  space.old(name, OLD);
  const url = `${server.url}/sync/${encodeURIComponent(name)}`;
  assertSummary(await run(["push", space.new(NEW), url, "--prefix=/sync", "--json"]));
  const page = await fetch(`${server.url}/sync/`);
  assertEquals(page.headers.get("content-type"), "text/html; charset=utf-8");
  assertMatch(page.headers.get("content-security-policy") ?? "", /^default-src 'none'; /);
  const html = await page.text();
  assertStringIncludes(html, "&#60;img src=x onerror=alert(1)&#62;.img");
  assertNotMatch(html, /<img|[0-9a-f]{32}/);
  const status = await (await fetch(`${server.url}/sync/status.json`)).json();
  const [sync] = status.recent;
  assertEquals([sync.name, sync.newBytes, sync.end.outcome], [name, NEW.length, "committed"]);
  assertEquals(status.totals.committed, 1);
});

Deno.test("every line of a request, its answer and its problem have its name", async () => {
  await using space = new Workspace();
  const server = await space.serve(["--log-format=json"]);
  const { headers, body } = await rawRequest(server.port, { target: "/none" });
  const id = headers.get("x-request-id") ?? "";
  assertMatch(id, /^[0-9a-f]{16}$/);
  assertEquals(JSON.parse(body).request_id, id);
  const lines = await eventually("its lines are there", () => {
    const found = server.log.split("\n").filter((line) => line.includes(id));
    return found.length === 2 ? found : undefined;
  });
  const [problem, access] = lines.map((line) => JSON.parse(line));
  assertEquals([problem.level, problem.code, problem.request], ["warn", "not_found", id]);
  assertEquals(
    [access.message, access.method, access.path, access.status, access.client],
    ["Request", "GET", "/none", 404, "127.0.0.1"],
  );
  assertEquals([access.received, access.sent], [0, body.length]);
  // Nobody has said that this one is to be believed.
  const named = await rawRequest(server.port, {
    target: "/healthz",
    headers: { "X-Request-Id": "made-up-by-a-client" },
  });
  assertMatch(named.headers.get("x-request-id") ?? "", /^[0-9a-f]{16}$/);
});

Deno.test("a trusted proxy names requests and their clients", async () => {
  await using space = new Workspace();
  const server = await space.serve(["--trusted-proxy=127.0.0.1"]);
  const answer = await rawRequest(server.port, {
    target: "/v1/capabilities",
    headers: { "X-Request-Id": "0af7651916cd43dd", "X-Forwarded-For": "192.0.2.9" },
  });
  assertEquals(answer.headers.get("x-request-id"), "0af7651916cd43dd");
  await server.program.says(
    "stderr",
    /Request client=192\.0\.2\.9 method=GET path=\/v1\/capabilities status=200 .* request=0af7651916cd43dd\n/,
  );
});

Deno.test("whatever a request has in it, a line of the log stays one and says no secret", async () => {
  await using space = new Workspace();
  const token = space.new(`${TOKEN}\n`, "token");
  fs.chmodSync(token, 0o600);
  for (const format of ["text", "json"]) {
    const server = await space.serve([
      `--token-file=${token}`,
      `--log-format=${format}`,
      "--log-level=debug",
      "--trusted-proxy=127.0.0.1",
    ]);
    const authorized = { Authorization: `Bearer ${TOKEN}` };
    const hostile = "%0d%0aforged%1b[2J%e2%80%ae%c2%9b%e2%80%a8end";
    const targets = [`/${hostile}`, `/signature?file=${hostile}&key=${"a".repeat(32)}`, "/\u202ex"];
    for (const target of targets) {
      const headers = {
        ...authorized,
        "X-Request-Id": "bad\x9bname-\u202e",
        "User-Agent": hostile,
      };
      await rawRequest(server.port, { target, headers });
      await rawRequest(server.port, { target, headers: { Authorization: "Bearer wrong-guess" } });
      await rawRequest(server.port, { target, headers: { ...authorized, Host: `evil\u202e.x` } });
    }
    await rawRequest(server.port, { target: "/last", headers: authorized });
    await server.program.says("stderr", /path"?[=:]"?\/last/);
    assertNotMatch(server.log, UNPRINTABLE);
    assertNotMatch(server.log, /^forged/m);
    for (const secret of [TOKEN, "wrong-guess", "a".repeat(32)]) {
      assert(!server.log.includes(secret), secret);
    }
    const lines = server.log.trimEnd().split("\n");
    if (format === "json") lines.forEach((line) => JSON.parse(line));
    else lines.forEach((line) => assertMatch(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z [a-z]+ /));
  }
});

Deno.test("without an access log no request has a line of its own", async () => {
  await using space = new Workspace();
  const server = await space.serve(["--access-log=off", "--log-level=debug"]);
  await rawRequest(server.port, { target: "/healthz" });
  await rawRequest(server.port, { target: "/none" });
  await server.program.says("stderr", /no such endpoint/);
  server.program.kill("SIGTERM");
  assertNotMatch((await server.program.ended).stderr, /status=/);
});

Deno.test({
  name: `a server whose root is full says so, until it has room again${MOUNT_ONLY}`,
  ignore: MOUNT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const disk = space.with(new SmallDisk(join(space.path, "disk"), 1 << 20));
    const server = space.with(await Server.start(disk.path, ["--fsync=off"]));
    const readiness = async (status: number) => {
      for (let turn = 0;; turn++) {
        const answer = await fetch(`${server.url}/readyz`);
        const text = await answer.text();
        if (answer.status === status) return text;
        assert(turn < 300, `/readyz says ${answer.status} and ${text}, not ${status}`);
        await sleep(50);
      }
    };
    assertEquals(await readiness(200), "ready\n");
    const filler = join(disk.path, "filler");
    try {
      fs.writeFileSync(filler, new Uint8Array(2 << 20));
    } catch {
      // Full by now.
    }
    assertMatch(await readiness(503), /^Cannot write to the root: no space left/i);
    assertEquals(await (await fetch(`${server.url}/healthz`)).text(), "ok\n");
    fs.rmSync(filler);
    assertEquals(await readiness(200), "ready\n");
    assertEquals(fs.readdirSync(disk.path), []);
  },
});

Deno.test("push --verbose shows when each stage worked and waited, at both ends", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  space.old("a", OLD);
  const flags = ["--json", "--verbose", "--log-level=warn"];
  const outcome = await run(["push", space.new(NEW), `${server.url}/a`, ...flags]);
  assertEquals(outcome.code, 0, outcome.stderr);
  assertMatch(outcome.stdout, /^\{[^\n]*\}\n$/);
  const [head, ...lines] = outcome.stderr.trimEnd().split("\n");
  assertMatch(head ?? "", /^stage +begin +end +busy +wait /);
  for (const stage of ["client chunk", "client patch", "server receive", "server commit"]) {
    assert(lines.some((line) => line.startsWith(stage) && line.includes("█")), outcome.stderr);
  }
});

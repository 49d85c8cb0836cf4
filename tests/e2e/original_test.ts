// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertFailed, assertSucceeded, assertSummary } from "../outcome.ts";
import { run } from "../program.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(200_000, 1);
const NEW = concat(someBytes(999, 2), OLD);

/** The original's flags in every spelling that its documents and its library of flags allow. */
const SPELLINGS: readonly (readonly string[])[] = [
  ["--hw=0", "--thread_num=4", "--mode=3"],
  ["-hw=true", "-thread_num=2", "-mode=3"],
  ["--hw=false", "--thread_num", "1", "--mode", "3"],
  ["-hw=1", "-thread_num", "4"],
  ["--hw"],
  ["--nohw"],
  ["-nohw"],
  ["--hw=1", "--mode=streaming"],
];

Deno.test("parasync_http_client writes <basis>.new under every spelling of the original's flags", async () => {
  await using space = new Workspace();
  const server = await space.serve([], { command: "parasync_http_server" });
  const old = space.old("a", OLD);
  const file = space.new(NEW);
  for (const spelling of SPELLINGS) {
    const place = spelling[0]!.startsWith("--")
      ? ["--server_ip=127.0.0.1", `--server_port=${server.port}`, "--basis_filename=a"]
      : ["-server_ip", "127.0.0.1", "-server_port", `${server.port}`, "-basis_filename", old];
    const last = [`-new_filename=${file}`, "--json", "--log-level=error"];
    const summary = assertSummary(
      await run(["parasync_http_client", ...place, ...spelling, ...last]),
    );
    // Without the libraries every spelling ends with portable checksums; what was asked for shows all the same.
    assertEquals(summary.hw_requested === "0", /hw=0|nohw|hw=false/.test(spelling[0]!));
    assert(equalBytes(space.read("a.new"), NEW), spelling.join(" "));
    fs.rmSync(join(space.root, "a.new"));
    await space.untouched("a", OLD);
  }
});

Deno.test("parasync_http_client without a basis at the server ends with 3 and writes nothing", async () => {
  await using space = new Workspace();
  const server = await space.serve([], { command: "parasync_http_server" });
  const flags = [`--server_port=${server.port}`, "--basis_filename=a", "--json"];
  const outcome = await run(["parasync_http_client", ...flags, `--new_filename=${space.new(NEW)}`]);
  assertEquals(outcome.code, 3);
  assertMatch(outcome.stderr, /^parasync: Cannot open a: it does not exist\n$/);
  const { type, code, exit } = JSON.parse(outcome.stdout);
  assertEquals({ type, code, exit }, { type: "error", code: "not_found", exit: 3 });
  await space.clean();
  assertEquals(fs.readdirSync(space.root), []);
});

Deno.test("parasync_http_server serves absolute names under its root, and serve's clients too", async () => {
  await using space = new Workspace();
  const server = await space.serve([], { command: "parasync_http_server" });
  const old = space.old("a", OLD);
  const file = space.new(NEW);
  assertSucceeded(
    await run([
      "parasync_http_client",
      `--server_port=${server.port}`,
      `--basis=${old}`,
      `--new=${file}`,
    ]),
  );
  assert(equalBytes(space.read("a.new"), NEW));
  assertSucceeded(await run(["push", file, `${server.url}/a`]));
  await space.untouched("a", NEW);
});

Deno.test("parasync_http_client says which flags it misses", async () => {
  const outcome = await run(["parasync_http_client", "--server_port=1"]);
  assertFailed(outcome, 1, /--basis_filename and --new_filename are missing/);
});

Deno.test("parasync_http_client reads the environment, and a flag goes before it", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve([], { command: "parasync_http_server" });
  const env = {
    PARASYNC_BASIS_FILENAME: "a",
    PARASYNC_NEW_FILENAME: space.new(NEW),
    PARASYNC_SERVER_PORT: String(server.port),
    PARASYNC_SUFFIX: ".other",
    PARASYNC_HW: "1",
    ALOG_LOG_LEVEL: "3",
  };
  const args = ["parasync_http_client", "--suffix=.mine", "--json"];
  const summary = assertSummary(await run(args, { env }));
  assertEquals([summary.target, summary.hw_requested], ["a.mine", "1"]);
  assert(equalBytes(space.read("a.mine"), NEW));
});

Deno.test("ALOG_LOG_LEVEL=0 makes a server tell more and =4 nothing", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const file = space.new(NEW);
  const logs: string[] = [];
  for (const ALOG_LOG_LEVEL of ["0", "1", "4"]) {
    const server = await space.serve([], { env: { ALOG_LOG_LEVEL } });
    assertSucceeded(await run(["push", file, `${server.url}/a`]));
    logs.push(server.log);
  }
  assertMatch(logs[0]!, / debug /);
  assert(!logs[1]!.includes(" debug ") && logs[1]!.includes(" info "));
  assertEquals(logs[2], "");
});

/** `parasync doctor` on this machine, on real folders and against real servers. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { VERSION } from "../../src/version.ts";
import { assertFailed } from "../outcome.ts";
import { type Outcome, run, type StartOptions } from "../program.ts";
import { MOUNT_ONLY, SmallDisk } from "../small_disk.ts";
import { Workspace } from "../workspace.ts";

interface CheckJson {
  readonly name: string;
  readonly status: string;
  readonly text: string;
  readonly advice: string;
  readonly code: string | null;
  readonly figures: Record<string, unknown>;
}

/** A diagnosis by `--json`, its checks by name. */
class Diagnosis {
  readonly exit: number;
  readonly problems: readonly string[];
  readonly #checks: readonly CheckJson[];

  constructor({ code, stdout, stderr }: Outcome) {
    assertEquals(stderr, "");
    assertMatch(stdout, /^\{"type":"doctor","schema":1,[^\n]*\}\n$/, "not one line of JSON");
    const { exit, problems, checks } = JSON.parse(stdout);
    assertEquals(code, exit);
    this.exit = exit;
    this.#checks = checks;
    this.problems = this.#checks.filter(({ status }) => status === "problem")
      .map(({ name, code }) => `${name} ${code}`);
    assertEquals(this.problems.length, problems);
  }

  get(name: string): CheckJson {
    const found = this.#checks.find((each) => each.name === name);
    assert(found !== undefined, `there is no check ${name}`);
    return found;
  }

  has(name: string): boolean {
    return this.#checks.some((each) => each.name === name);
  }
}

async function diagnose(args: readonly string[], options?: StartOptions): Promise<Diagnosis> {
  return new Diagnosis(await run(["doctor", "--json", ...args], options));
}

function tokenFile(space: Workspace, name: string, token: string): string {
  const path = space.new(`${token}\n`, name);
  fs.chmodSync(path, 0o600);
  return path;
}

Deno.test("doctor tells about this machine, and about nothing that was not named", async () => {
  const diagnosis = await diagnose([]);
  assertEquals([diagnosis.exit, diagnosis.problems], [0, []]);
  assertEquals(diagnosis.get("program").figures["version"], VERSION);
  assertEquals(diagnosis.get("deno").figures["version"], Deno.version.deno);
  assertEquals(diagnosis.get("cores").figures["cores"], navigator.hardwareConcurrency);
  assertEquals(diagnosis.get("simd").status, "ok");
  assert(Number(diagnosis.get("speed_blake3").figures["portable_bytes_per_second"]) > 1e6);
  assert(!diagnosis.has("root") && !diagnosis.has("server_answers"));
});

Deno.test("doctor is for people unless told otherwise", async () => {
  await using space = new Workspace();
  const { code, stdout, stderr } = await run(["doctor", "--hw=0", "--root", space.root]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^This machine\n {2}✓ program +parasync \d/);
  assertMatch(stdout, /^Folder \/.*\n {2}✓ folder +\/.*\n {2}✓ writable /m);
  assertMatch(stdout, /\nNo problem(, \d+ notes?)?\n$/);
});

Deno.test("doctor writes to the folder and leaves it as it was, with what broken syncs left", async () => {
  await using space = new Workspace();
  space.old(".parasync-0123456789abcdef.lease", "nobody's");
  const before = fs.readdirSync(space.root);
  const diagnosis = await diagnose([`--root=${space.root}`]);
  assertEquals(diagnosis.exit, 0);
  assertEquals(diagnosis.get("root").figures["path"], space.root);
  assertEquals(diagnosis.get("root_writable").figures["writable"], true);
  assert(Number(diagnosis.get("root_space").figures["free_bytes"]) > 0);
  assertEquals(diagnosis.get("root_leftovers").figures["held"], 1);
  assertEquals(fs.readdirSync(space.root), before);
});

Deno.test("a folder that is not there is a problem", async () => {
  await using space = new Workspace();
  const diagnosis = await diagnose([`--root=${join(space.path, "gone")}`]);
  assertEquals([diagnosis.exit, diagnosis.problems], [3, ["root not_found"]]);
});

Deno.test({
  name: `a folder that is full, or read-only, is a problem${MOUNT_ONLY}`,
  ignore: MOUNT_ONLY !== "",
  fn: async () => {
    await using space = new Workspace();
    const disk = space.with(new SmallDisk(join(space.path, "disk"), 64 << 10));
    const flags = [`--root=${disk.path}`, "--hw=0"];
    fs.writeFileSync(join(disk.path, "all"), new Uint8Array(64 << 10));
    const full = await diagnose(flags);
    assertEquals(full.problems, ["root_writable no_space", "root_space no_space"]);
    assertEquals([full.exit, fs.readdirSync(disk.path)], [11, ["all"]]);
    new Deno.Command("mount", { args: ["-o", "remount,ro", disk.path] }).outputSync();
    const readOnly = await diagnose(flags);
    assertEquals(readOnly.problems[0], "root_writable file_io");
    assertMatch(readOnly.get("root_writable").text, /read-only/);
  },
});

Deno.test("doctor meets a server with and without its token", async () => {
  await using space = new Workspace();
  const right = tokenFile(space, "right", "open-sesame");
  const wrong = tokenFile(space, "wrong", "open-barley");
  const server = await space.serve([`--token-file=${right}`]);
  const ask = (...flags: string[]) => diagnose([server.url, "--hw=0", ...flags]);
  const none = await ask();
  assertEquals([none.exit, none.problems], [5, ["server_access unauthorized"]]);
  assert(Number(none.get("server_answers").figures["rtt_ms"]) > 0);
  const other = await ask(`--token-file=${wrong}`);
  assertEquals([other.exit, other.problems], [5, ["server_access unauthorized"]]);
  assertMatch(other.get("server_access").text, /not the server's/);
  const granted = await ask(`--token-file=${right}`);
  assertEquals([granted.exit, granted.problems], [0, []]);
  assertEquals(granted.get("server_protocol").figures["version"], VERSION);
  assertMatch(String(granted.get("server_limits").figures["schemes"]), /parasync/);
  const byEnvironment = await diagnose([server.url], { env: { PARASYNC_TOKEN: "open-sesame" } });
  assertEquals(byEnvironment.problems, []);
});

Deno.test("a server under a prefix is found under it alone", async () => {
  await using space = new Workspace();
  const server = await space.serve(["--prefix=/sync"]);
  assertEquals((await diagnose([server.url, "--prefix=/sync", "--hw=0"])).problems, []);
  const lost = await diagnose([`${server.url}/sync`, "--hw=0"]);
  assertEquals([lost.exit, lost.problems], [2, ["server_answers not_a_server"]]);
  assertMatch(lost.get("server_answers").advice, /--prefix/);
});

Deno.test("who does not answer, or is something else, is told apart", async () => {
  const refuser = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = refuser.addr;
  refuser.close();
  const refused = await diagnose([`http://127.0.0.1:${port}`, "--hw=0"]);
  assertEquals([refused.exit, refused.problems], [10, ["server_answers connection"]]);
  assertEquals(refused.get("server_answers").figures["reason"], "refused");

  // The system takes the connection, and nobody ever reads it.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const late = await diagnose([
    `http://127.0.0.1:${silent.addr.port}`,
    "--hw=0",
    "--connect-timeout=300ms",
  ]);
  assertEquals([late.exit, late.problems], [35, ["server_answers connect_timeout"]]);

  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("hello"),
  );
  const foreign = await diagnose([`http://127.0.0.1:${other.addr.port}`, "--hw=0"]);
  assertEquals([foreign.exit, foreign.problems], [2, ["server_answers not_a_server"]]);

  await using newer = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("ok\n", { headers: { "x-parasync-protocol": "99" } }),
  );
  const later = await diagnose([`http://127.0.0.1:${newer.addr.port}`, "--hw=0"]);
  assertEquals([later.exit, later.problems], [2, ["server_protocol unsupported_version"]]);
});

Deno.test("libraries that are required and missing are a problem", async () => {
  const env = { PARASYNC_LIBISAL: "/nowhere/libisal.so" };
  const required = await diagnose(["--hw=require"], { env });
  assertEquals([required.exit, required.problems[0]], [1, "isal usage"]);
  assertMatch(required.get("isal").advice, /PARASYNC_LIBISAL/);
  const wanted = await diagnose([], { env });
  assertEquals([wanted.exit, wanted.get("isal").status, wanted.get("backend").status], [
    0,
    "note",
    "note",
  ]);
});

Deno.test("what is no URL is refused before anything is examined", async () => {
  assertFailed(await run(["doctor", "localhost:19876"]), 1, /examine "localhost:19876"/);
  assertFailed(await run(["doctor", "http://a/", "b"]), 1, /argument b/);
});

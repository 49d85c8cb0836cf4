// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { openBackend } from "../../src/hashing/select.ts";
import { SCHEME_NAMES, type SchemeName, SCHEMES } from "../../src/schemes/scheme_name.ts";
import { assertFailed, assertSummary } from "../outcome.ts";
import { assertProblem } from "../problem.ts";
import { type Outcome, run } from "../program.ts";
import { rawRequest } from "../raw_request.ts";
import { concat, equalBytes, eventually, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(400_000, 1);
const NEW = concat(OLD.subarray(0, 150_000), someBytes(6_000, 2), OLD.subarray(150_000));
const EMPTY = new Uint8Array(0);

/** The backends to test, and why not both. */
const { backend, missing } = await openBackend("auto");
const HARDWARE = backend.name === "portable" ? ["0"] : ["0", "1"];
const SOME_SKIPPED = missing === undefined ? "" : " [hw=1 skipped: libraries are missing]";

/** Whether rdiff reads signatures here. */
const RDIFF_ONLY = installed("rdiff") ? "" : " [skipped: needs rdiff]";

function installed(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** Runs the original's client of a scheme. */
function client(
  scheme: SchemeName,
  port: number,
  newFile: string,
  flags: readonly string[] = [],
  basis = "a",
): Promise<Outcome> {
  return run([
    `${scheme}_http_client`,
    `--server_port=${port}`,
    `--basis_filename=${basis}`,
    `--new_filename=${newFile}`,
    "--json",
    ...flags,
  ]);
}

/** Asserts that a client with `--json` failed, and that both of its lines say so. */
function assertRefused({ code, stdout, stderr }: Outcome, exit: number, line: RegExp): void {
  assertMatch(stderr, line);
  assertMatch(stderr, /^parasync: Cannot [^\n]+[^.\n]\n$/, "not one line of the error grammar");
  assertEquals([code, JSON.parse(stdout).exit], [exit, exit]);
}

for (const scheme of SCHEME_NAMES) {
  const modes = SCHEMES[scheme].modes ? ["0", "1", "2", "3"] : [""];
  for (const mode of modes) {
    const name = `--scheme=${scheme}${mode === "" ? "" : ` --mode=${mode}`}`;
    Deno.test(`push ${name} makes the new file with either backend${SOME_SKIPPED}`, async () => {
      await using space = new Workspace();
      const server = await space.serve();
      const file = space.new(NEW);
      for (const hw of HARDWARE) {
        space.old("a", OLD);
        const flags = [
          `--scheme=${scheme}`,
          ...mode === "" ? [] : [`--mode=${mode}`],
          `--hw=${hw}`,
        ];
        const outcome = await run(["push", file, `${server.url}/a`, ...flags, "--json"]);
        const summary = assertSummary(outcome);
        assertEquals([summary.scheme, summary.verified], [scheme, true]);
        assert((summary.copied_bytes as number) > OLD.length / 2, "most is there already");
        await space.untouched("a", NEW);
      }
    });
  }

  Deno.test(`${scheme}_http_client writes <basis>.new at its own server and at serve`, async () => {
    await using space = new Workspace();
    space.old("a", OLD);
    const file = space.new(NEW);
    for (const command of [`${scheme}_http_server`, "serve"]) {
      const server = await space.serve([], { command });
      const summary = assertSummary(await client(scheme, server.port, file));
      assertEquals([summary.scheme, summary.target], [scheme, "a.new"], command);
      assert(equalBytes(space.read("a.new"), NEW), command);
      fs.rmSync(join(space.root, "a.new"));
      await space.untouched("a", OLD);
    }
  });

  Deno.test(`${scheme}_http_server refuses every other scheme's client`, async () => {
    await using space = new Workspace();
    space.old("a", OLD);
    const file = space.new(NEW);
    const server = await space.serve([], { command: `${scheme}_http_server` });
    const others = SCHEME_NAMES.filter((other) => other !== scheme);
    const outcomes = await Promise.all(others.map((other) => client(other, server.port, file)));
    for (const [i, outcome] of outcomes.entries()) {
      const line = new RegExp(`Cannot sync by ${others[i]}: this server is for ${scheme}\n`);
      assertRefused(outcome, 2, line);
    }
    await space.untouched("a", OLD);
    assertEquals(fs.readdirSync(space.root), ["a"]);
  });

  Deno.test(`${scheme} tells bad input by name and leaves everything as it was`, async () => {
    await using space = new Workspace();
    space.old("a", OLD);
    const file = space.new(NEW);
    const server = await space.serve([], { command: `${scheme}_http_server` });
    const { port } = server;
    const gone = join(space.path, "gone");
    assertRefused(await client(scheme, port, file, [], "b"), 3, /open b: it does not exist/);
    assertRefused(await client(scheme, port, gone), 3, /gone: it does not exist/);
    assertRefused(await client(scheme, port, space.root), 3, /root: it is a folder/);
    await space.untouched("a", OLD);
    assertEquals(fs.readdirSync(space.root), ["a"]);
  });

  Deno.test(`${scheme} takes empty files on either side and on both`, async () => {
    await using space = new Workspace();
    const server = await space.serve();
    const cases = [[EMPTY, NEW], [OLD, EMPTY], [EMPTY, EMPTY]] as const;
    for (const [old, content] of cases) {
      space.old("a", old);
      const args = ["push", space.new(content), `${server.url}/a`, `--scheme=${scheme}`, "--json"];
      const summary = assertSummary(await run(args));
      assertEquals([summary.old_bytes, summary.new_bytes], [old.length, content.length]);
      await space.untouched("a", content);
    }
  });

  Deno.test(`${scheme} with a wrong token or without one is refused with 5`, async () => {
    await using space = new Workspace();
    space.old("a", OLD);
    const file = space.new(NEW);
    const server = await space.serve([], { env: { PARASYNC_TOKEN: "a-token-of-the-server" } });
    const args = ["push", file, `${server.url}/a`, `--scheme=${scheme}`];
    assertFailed(await run(args), 5, /token/);
    const env = { PARASYNC_TOKEN: "another-token-altogether" };
    assertFailed(await run(args, { env }), 5, /token/);
    await space.untouched("a", OLD);
  });
}

Deno.test("a scheme or mode that there is not is told with the nearest name", async () => {
  const cases: readonly (readonly [flag: string, line: RegExp])[] = [
    ["--scheme=dsnc", /--scheme=dsnc: it must be .*; did you mean dsync\?/],
    ["--scheme=skysync-c", /did you mean skysync_c\?/],
    ["--mode=streeming", /--mode=streeming: it must be .*; did you mean streaming\?/],
  ];
  for (const [flag, line] of cases) {
    assertUsage(await run(["push", "x", "http://127.0.0.1:9/a", flag]), line);
  }
});

/** A hint ends in a question mark, which other lines of the error grammar have no need of. */
function assertUsage({ code, stdout, stderr }: Outcome, line: RegExp): void {
  assertMatch(stderr, line);
  assertEquals([code, stdout], [1, ""]);
}

Deno.test({
  name: `GET /signature answers what rdiff delta takes${RDIFF_ONLY}`,
  ignore: RDIFF_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const old = space.old("a", OLD);
    const file = space.new(NEW);
    const server = await space.serve([], { command: "rsync_http_server" });
    for (const hw of ["0", "1"]) {
      const answer = await fetch(`${server.url}/signature?basis_filename=a&hw=${hw}`);
      const { status, headers } = answer;
      const body = new Uint8Array(await answer.arrayBuffer());
      assertEquals(status, 200);
      assertMatch(headers.get("x-request-key") ?? "", /^[A-Za-z0-9_-]{16,}$/);
      const [signature, delta, result] = ["sig", "delta", "out"].map((name) =>
        join(space.path, name + hw)
      );
      fs.writeFileSync(signature!, body);
      rdiff("delta", signature!, file, delta!);
      rdiff("patch", old, delta!, result!);
      assert(equalBytes(fs.readFileSync(result!), NEW));
      assert(fs.statSync(delta!).size < NEW.length / 4, "rdiff found nothing by it");
    }
  },
});

function rdiff(...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command("rdiff", { args: [...args] }).outputSync();
  assert(success, new TextDecoder().decode(stderr));
}

Deno.test("GET /signature refuses what a web page sends", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  for (
    const headers of [
      { Origin: "http://127.0.0.1" },
      { Origin: "null" },
      { "Sec-Fetch-Site": "cross-site" },
    ]
  ) {
    for (const scheme of ["rsync", "skysync_f"]) {
      const target = `/signature?basis_filename=a&scheme=${scheme}`;
      assertProblem(await rawRequest(server.port, { target, headers }), "forbidden");
    }
  }
  await space.untouched("a", OLD);
});

Deno.test("skysync_f finds stored checksums at either end once the file there has rested", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const file = space.new(NEW);
  const [here, there] = [join(space.path, "here"), join(space.path, "there")];
  const server = await space.serve([`--store=${there}`]);
  const args = ["push", file, `${server.url}/a`, "--scheme=skysync_f", `--store=${here}`, "--json"];
  const first = assertSummary(await run(args));
  assertEquals(first.checksums_client, "computed");
  // What has just been written may change again in the same tick of the clock: both ends store it later.
  await eventually("the server has stored", () => {
    return /Checksums of the new file.* stored=true/.test(server.log) || undefined;
  });
  const second = assertSummary(await run(args));
  assertEquals([second.checksums_server, second.literal_bytes], ["stored", 0]);
  const third = assertSummary(await run(args));
  assertEquals(third.checksums_client, "stored");
  assert(fs.readdirSync(here).length > 0 && fs.readdirSync(there).length > 0);
  await space.untouched("a", NEW);
});

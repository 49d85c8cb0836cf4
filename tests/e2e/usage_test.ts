// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { assertFailed } from "../outcome.ts";
import { run } from "../program.ts";
import { Workspace } from "../workspace.ts";

const HERE = "http://127.0.0.1:9/a";

/** Command lines that mean nothing, and what must be said of them; all end with 1. */
const NONSENSE: readonly (readonly [args: readonly string[], line: RegExp])[] = [
  [[], /a command is missing/],
  [["psh"], /psh.*push/],
  [["push"], /NEW and URL are missing/],
  [["push", "x"], /URL is missing/],
  [["push", "x", HERE, "y"], /argument y/],
  [["push", "x", HERE, "--thread=2"], /--thread\b.*--threads/],
  [["push", "x", HERE, "--jsn"], /--jsn.*--json/],
  [["push", "x", HERE, "--threads=0"], /--threads=0: it must be 1 to 256/],
  [["push", "x", HERE, "--threads=1000000000"], /--threads=1000000000: it must be 1 to 256/],
  [["push", "x", HERE, "--threads=two"], /--threads=two/],
  [["push", "x", HERE, "--threads"], /--threads/],
  [["push", "x", HERE, "--hw=2"], /--hw=2/],
  [["push", "x", HERE, "--mode=4"], /--mode=4/],
  [["push", "x", HERE, "--scheme=zsync"], /--scheme=zsync/],
  [["push", "x", HERE, "--chunk-size=8KiB"], /--chunk-size=8KiB/],
  [["push", "x", HERE, "--chunk-size=0:0:0"], /--chunk-size=0:0:0/],
  [["push", "x", HERE, "--chunk-size=12KiB:8KiB:4KiB"], /--chunk-size/],
  [["push", "x", HERE, "--timeout=0"], /--timeout=0/],
  [["push", "x", HERE, "--connect-timeout=soon"], /--connect-timeout=soon/],
  [["push", "x", "a/b"], /a\/b.*not a URL/],
  [["push", "x", "ftp://h/a"], /not http/],
  [["push", "x", "http://127.0.0.1:9/"], /names no file/],
  [["push", "x", "http://127.0.0.1:9/a/"], /names no file/],
  [["push", "x", "http://127.0.0.1:9/a?b=c"], /query or fragment/],
  [["push", "x", "http://127.0.0.1:9/a#b"], /query or fragment/],
  [["push", "x", "http://127.0.0.1:9/100%"], /not a URL/],
  [["push", "x", "http://u:secret@127.0.0.1:9/a"], /holds a password/],
  [["parasync_http_client", "--basis=a", "--new=b", "--thread_num=0"], /--threads=0|thread_num=0/],
  [["parasync_http_client", "--basis=a", "--new=b", "--server_port=70000"], /server_port=70000/],
  [["serve", "--port=65536"], /--port=65536/],
  [["serve", "--port=-1"], /--port=-1/],
  [["serve", "--prot=80"], /--prot.*--port/],
  [["serve", "--fsync=maybe"], /--fsync=maybe/],
  [["serve", "--max-file-size=0"], /--max-file-size=0/],
  [["serve", "--session-ttl=forever"], /--session-ttl=forever/],
  [["serve", "--prefix=sync/"], /--prefix=sync\//],
  [["serve", "folder"], /argument folder/],
];

for (const [args, line] of NONSENSE) {
  Deno.test(`parasync ${args.join(" ").replace("secret", "…")} ends with 1 and says why`, async () => {
    const outcome = await run(args);
    assertFailed(outcome, 1, line);
    assert(!outcome.stderr.includes("secret"), "it repeats the password");
  });
}

Deno.test("an environment variable is checked like its flag, and named", async () => {
  const env = { PARASYNC_THREADS: "0" };
  assertFailed(await run(["push", "x", HERE], { env }), 1, /PARASYNC_THREADS=0/);
});

Deno.test("chunk sizes outside of the limits are refused before anything is done", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", "abc"), space.new("abcd")];
  const server = await space.serve();
  for (const sizes of ["1:2:3", "4KiB:7000:12KiB", "4KiB:8KiB:2MiB", "32:64:128"]) {
    const flag = `--chunk-size=${sizes}`;
    assertFailed(await run(["local", old, file, flag]), 1, /chunk/);
    assertFailed(await run(["push", file, `${server.url}/a`, flag]), 1, /chunk/);
  }
  assertEquals(server.log, "", "the server was asked");
});

Deno.test("flags that do not go together are refused, each by name", async () => {
  await using space = new Workspace();
  const file = space.new("x");
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [["--mode=0", "--confirm=target"], /--confirm=target with --mode=pipeline-v1/],
    [["--scheme=dsync", "--mode=1"], /--mode with --scheme=dsync: it is for parasync/],
    [["--scheme=rsync", "--confirm=chunk"], /--confirm with --scheme=rsync: .*always compare/],
    [["--scheme=zsync"], /zsync/],
    [["--mode=4"], /mode/],
  ];
  for (const [flags, message] of refused) {
    assertFailed(await run(["push", file, HERE, ...flags]), 1, message);
  }
});

Deno.test("--json tells failures on stdout too, as one line with code and exit", async () => {
  await using space = new Workspace();
  const gone = join(space.path, "gone");
  const { code, stdout, stderr } = await run(["push", gone, HERE, "--json"]);
  assertMatch(stderr, /^parasync: Cannot open \S+gone: it does not exist\n$/);
  const { type, schema, code: failure, exit, message } = JSON.parse(stdout);
  assertEquals([code, type, schema, failure, exit], [3, "error", 1, "not_found", 3]);
  assertEquals(`parasync: ${message}\n`, stderr);
});

Deno.test("--verbose shows where a failure came from", async () => {
  await using space = new Workspace();
  const { code, stderr } = await run(["push", join(space.path, "gone"), HERE, "--verbose"]);
  assertEquals(code, 3);
  assertMatch(stderr, /^ +at /m);
});

Deno.test("help and version answer on stdout with 0", async () => {
  for (const args of [["--help"], ["push", "--help"], ["help", "serve"], ["version"], ["-V"]]) {
    const { code, stdout, stderr } = await run(args);
    assertEquals([code, stderr], [0, ""], args.join(" "));
    assertMatch(stdout, /parasync/);
  }
});

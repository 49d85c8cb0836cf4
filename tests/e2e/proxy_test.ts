/** Through a real proxy with TLS, by the configuration in docs/ops/nginx.conf. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { SCHEME_NAMES } from "../../src/schemes/scheme_name.ts";
import { Nginx, NGINX_MISSING } from "../nginx.ts";
import { assertFailed, assertSummary } from "../outcome.ts";
import { type Outcome, Program, run, type Server } from "../program.ts";
import { concat, equalBytes, eventually, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(4_000_000);
const NEW = concat(OLD.subarray(0, 1_000_000), someBytes(2_000_000, 2), OLD.subarray(1_000_000));
const OTHER = concat(someBytes(1_500_000, 3), OLD);

/** So much that no socket on the way takes it all at once. */
const LARGE = someBytes(48_000_000, 4);

/** A proxy passes bodies on as they come, or collects them first. */
const BUFFERING = {
  off: (site: string): string => site,
  on: (site: string): string => site.replaceAll("_buffering off", "_buffering on"),
};

/** Servers over one folder behind nginx, and pushes through both. */
async function proxied(
  space: Workspace,
  { servers: count = 1, change = BUFFERING.off }: {
    servers?: number;
    change?: (site: string) => string;
  } = {},
) {
  const token = space.new("c29tZSB0b2tlbg\n", "token");
  fs.chmodSync(token, 0o600);
  const servers: Server[] = [];
  for (let made = 0; made < count; made++) {
    servers.push(
      await space.serve([
        "--prefix=/sync",
        `--token-file=${token}`,
        "--trusted-proxy=127.0.0.1",
        // As it is unless told otherwise: what a killed server leaves is gone on with.
        "--keep-partial=on",
      ]),
    );
  }
  const ports = servers.map(({ port }) => port);
  const nginx = space.with(await Nginx.start(join(space.path, "nginx"), ports, change));
  const flags = ["--prefix=/sync", `--token-file=${token}`, "--json"];
  const options = { env: { DENO_CERT: nginx.authority } };
  const args = (newFile: string, name: string, more: readonly string[], to = nginx.url) => [
    "push",
    newFile,
    `${to}/sync/${name}`,
    ...flags,
    ...more,
  ];
  return {
    nginx,
    servers,
    /** Pushes through nginx. */
    push: (newFile: string, name: string, more: readonly string[] = []): Promise<Outcome> =>
      run(args(newFile, name, more), options),
    /** Pushes to one of the servers. */
    pushTo: ({ url }: Server, newFile: string, name: string, more: readonly string[] = []) =>
      run(args(newFile, name, more, url)),
    /** Begins a push through nginx. */
    begin: (newFile: string, name: string, more: readonly string[] = []): Program =>
      space.with(new Program(args(newFile, name, more), options)),
  };
}

/** The server that has been asked for a file. */
function serverOf(servers: readonly Server[], name: string): Server | undefined {
  return servers.find(({ log }) =>
    log.includes(`Received request for target`) && log.includes(name)
  );
}

const REFUSED = /another sync|is at work/;

Deno.test({
  name: `every scheme pushes through nginx with TLS and a path of its own${NGINX_MISSING}`,
  ignore: NGINX_MISSING !== "",
  async fn() {
    await using space = new Workspace();
    const { push, servers: [server] } = await proxied(space);
    const newFile = space.new(NEW);
    for (const scheme of SCHEME_NAMES) {
      space.old(scheme, OLD);
      const { verified } = assertSummary(await push(newFile, scheme, [`--scheme=${scheme}`]));
      assert(verified === true && equalBytes(space.read(scheme), NEW), scheme);
    }
    assertSummary(await push(newFile, "created"));
    assert(equalBytes(space.read("created"), NEW));
    await space.clean();
    // Requests are called by the log what the proxy calls them.
    await server!.program.says("stderr", /Request client=127\.0\.0\.1 .* request=[0-9a-f]{32}\n/);
  },
});

for (const [buffering, change] of Object.entries(BUFFERING)) {
  Deno.test({
    name: `two servers over one folder take turns, with buffering ${buffering}${NGINX_MISSING}`,
    ignore: NGINX_MISSING !== "",
    async fn() {
      await using space = new Workspace();
      const { push, servers } = await proxied(space, { servers: 2, change });
      const newFile = space.new(NEW);
      const used = new Set<Server>();
      // By their names the files fall to the one or the other.
      for (let file = 0; used.size < 2 || file < 4; file++) {
        assert(file < 40, "one of the servers is never asked");
        const name = `file-${file}`;
        space.old(name, OLD);
        assertSummary(await push(newFile, name));
        assert(equalBytes(space.read(name), NEW), name);
        used.add(serverOf(servers, name)!);
      }
      await space.clean();
    },
  });
}

Deno.test({
  name: `a file that one server works on is locked at the other${NGINX_MISSING}`,
  ignore: NGINX_MISSING !== "",
  async fn() {
    await using space = new Workspace();
    space.old("a", OLD);
    const { begin, push, pushTo, servers } = await proxied(space, { servers: 2 });
    const [large, other] = [space.new(LARGE, "large"), space.new(OTHER, "other")];
    const first = begin(large, "a");
    await space.temporary();
    first.kill("SIGSTOP");
    try {
      for (const server of servers) {
        const outcome = await pushTo(server, other, "a");
        assertEquals(outcome.code, 5, outcome.stderr);
        assertMatch(outcome.stderr, REFUSED);
      }
      assertEquals((await push(other, "a")).code, 5);
      assert(equalBytes(space.read("a"), OLD));
    } finally {
      first.kill("SIGCONT");
    }
    assertSummary(await first.ended);
    assert(equalBytes(space.read("a"), LARGE));
    await space.clean();
  },
});

Deno.test({
  name: `of two clients at once, each at another server, one wins at a time${NGINX_MISSING}`,
  ignore: NGINX_MISSING !== "",
  async fn() {
    await using space = new Workspace();
    const { pushTo, servers: [one, two] } = await proxied(space, { servers: 2 });
    const contents = [NEW, OTHER];
    const [first, second] = [space.new(NEW, "first"), space.new(OTHER, "second")];
    for (let round = 0; round < 4; round++) {
      space.old("a", OLD);
      const outcomes = await Promise.all([
        pushTo(one!, first, "a"),
        pushTo(two!, second, "a"),
      ]);
      const codes = outcomes.map(({ code }) => code);
      assert(codes.every((code) => [0, 5, 24].includes(code)), `${codes}`);
      const result = space.read("a");
      const winners = contents.filter((_, place) => codes[place] === 0);
      assert(winners.length > 0, `${codes}: ${outcomes.map(({ stderr }) => stderr)}`);
      assert(winners.some((content) => equalBytes(result, content)), "a mixture");
    }
    await space.clean();
  },
});

Deno.test({
  name: `a server is killed in the middle of a push, which goes on at the other${NGINX_MISSING}`,
  ignore: NGINX_MISSING !== "",
  async fn() {
    await using space = new Workspace();
    space.old("a", OLD);
    const { begin, servers } = await proxied(space, { servers: 2 });
    const pushing = begin(space.new(LARGE), "a", ["--retries=8"]);
    await space.temporary();
    // Nothing more leaves the client until its server is gone.
    pushing.kill("SIGSTOP");
    const killed = await eventually("a server is asked", () => serverOf(servers, "name=a"));
    killed.program.kill("SIGKILL");
    await killed.program.ended;
    assert(equalBytes(space.read("a"), OLD));
    pushing.kill("SIGCONT");
    const { code, stdout, stderr } = await pushing.ended;
    assertEquals(code, 0, stderr);
    assertMatch(stderr, /trying again in/);
    assertEquals(JSON.parse(stdout).verified, true);
    assert(equalBytes(space.read("a"), LARGE));
    const other = servers.find((server) => server !== killed)!;
    assertMatch(other.log, /Patch applied and new file saved to/);
    await space.clean();
  },
});

Deno.test({
  name: `what a proxy refuses is said as what it is${NGINX_MISSING}`,
  ignore: NGINX_MISSING !== "",
  async fn() {
    await using space = new Workspace();
    space.old("a", OLD);
    const { nginx, push } = await proxied(space, {
      change: (site) => site.replace("1100m", "1m"),
    });
    const newFile = space.new(NEW);
    const tooLong = await push(newFile, "a");
    assertEquals(tooLong.code, 22, tooLong.stderr);
    assertMatch(tooLong.stderr, /a proxy before \S+ refuses bodies this long/);
    // Nobody has said that the proxy's certificate is to be believed.
    assertFailed(
      await run(["push", newFile, `${nginx.url}/sync/a`, "--prefix=/sync"]),
      10,
      /certificate/,
    );
    await space.untouched("a", OLD);
  },
});

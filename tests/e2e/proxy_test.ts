/** Through a real proxy with TLS, by the configuration in docs/ops/nginx.conf. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { SCHEME_NAMES } from "../../src/schemes/scheme_name.ts";
import { Nginx, NGINX_MISSING } from "../nginx.ts";
import { assertFailed, assertSummary } from "../outcome.ts";
import { type Outcome, run } from "../program.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(4_000_000);
const NEW = concat(OLD.subarray(0, 1_000_000), someBytes(2_000_000, 2), OLD.subarray(1_000_000));

/** A server behind nginx, and a push through both. */
async function proxied(space: Workspace, change?: (site: string) => string) {
  const token = space.new("c29tZSB0b2tlbg\n", "token");
  fs.chmodSync(token, 0o600);
  const server = await space.serve(["--prefix=/sync", `--token-file=${token}`]);
  const nginx = space.with(await Nginx.start(join(space.path, "nginx"), server.port, change));
  const flags = ["--prefix=/sync", `--token-file=${token}`, "--json"];
  return {
    nginx,
    push: (newFile: string, name: string, more: readonly string[] = []): Promise<Outcome> =>
      run(["push", newFile, `${nginx.url}/sync/${name}`, ...flags, ...more], {
        env: { DENO_CERT: nginx.authority },
      }),
  };
}

Deno.test({
  name: `every scheme pushes through nginx with TLS and a path of its own${NGINX_MISSING}`,
  ignore: NGINX_MISSING !== "",
  async fn() {
    await using space = new Workspace();
    const { push } = await proxied(space);
    const newFile = space.new(NEW);
    for (const scheme of SCHEME_NAMES) {
      space.old(scheme, OLD);
      const { verified } = assertSummary(await push(newFile, scheme, [`--scheme=${scheme}`]));
      assert(verified === true && equalBytes(space.read(scheme), NEW), scheme);
    }
    assertSummary(await push(newFile, "created"));
    assert(equalBytes(space.read("created"), NEW));
    await space.clean();
  },
});

Deno.test({
  name: `a proxy that collects bodies before it passes them on changes nothing${NGINX_MISSING}`,
  ignore: NGINX_MISSING !== "",
  async fn() {
    await using space = new Workspace();
    space.old("a", OLD);
    const { push } = await proxied(
      space,
      (site) => site.replaceAll("_buffering off", "_buffering on"),
    );
    assertSummary(await push(space.new(NEW), "a"));
    assert(equalBytes(space.read("a"), NEW));
  },
});

Deno.test({
  name: `what a proxy refuses is said as what it is${NGINX_MISSING}`,
  ignore: NGINX_MISSING !== "",
  async fn() {
    await using space = new Workspace();
    space.old("a", OLD);
    const { nginx, push } = await proxied(space, (site) => site.replace("1100m", "1m"));
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

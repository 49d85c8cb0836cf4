// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { PROTOCOL_VERSION } from "../../src/schemes/protocol_version.ts";
import { PROTOCOL_HEADER } from "../../src/transport/headers.ts";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { run, Server } from "../program.ts";
import { MOUNT_ONLY, SmallDisk } from "../small_disk.ts";
import { openFrames, openSession, problemOf } from "../wire_session.ts";
import { concat, equalBytes, ROOT_ONLY, someBytes, Workspace } from "../workspace.ts";
import { COMPILED_ONLY, copyExecutable, executable } from "./executables.ts";

const OLD = someBytes(300_000, 1);
const NEW = concat(OLD, someBytes(100_000, 2));
const ignore = COMPILED_ONLY !== "";
const SERVER = { executable: executable("parasync-server"), command: "" };
const CLIENT = { executable: executable("parasync-client") };

/** A user without any rights, on every system. */
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

/** A server of another version, which answers whatever it is asked with the same. */
class OtherVersion implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(version: number, status: number, type: string, body: string) {
    const headers = { [PROTOCOL_HEADER]: String(version), "content-type": type };
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(body, { status, headers }),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/a`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

for (const version of [PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1]) {
  const which = version < PROTOCOL_VERSION ? "an older" : "a newer";

  Deno.test({
    name:
      `a client tells why a server of ${which} protocol refuses it, and ends with 2${COMPILED_ONLY}`,
    ignore,
    async fn() {
      await using space = new Workspace();
      const detail = `Cannot open session: this server speaks protocol ${version}`;
      const problem = JSON.stringify({ status: 426, code: "unsupported_version", detail });
      await using other = new OtherVersion(version, 426, "application/problem+json", problem);
      assertFailed(await run([space.new(NEW), other.url], CLIENT), 2, new RegExp(detail));
    },
  });

  Deno.test({
    name:
      `a client cannot read what a server of ${which} protocol answers, and ends with 2${COMPILED_ONLY}`,
    ignore,
    async fn() {
      await using space = new Workspace();
      const frames = "\u0003\u0000\u0000\u0000\u00fa\u0001\u0000";
      await using other = new OtherVersion(version, 200, "application/x-protobuf", frames);
      assertFailed(await run([space.new(NEW), other.url], CLIENT), 2, /Cannot/);
    },
  });

  Deno.test({
    name: `a server refuses a client of ${which} protocol and names both${COMPILED_ONLY}`,
    ignore,
    async fn() {
      await using space = new Workspace();
      space.old("a", OLD);
      const server = await space.serve([], SERVER);
      const frames = openFrames(NEW.length, { protocol: version });
      const session = await openSession(server.url, "file=a&target=replace", frames);
      assertEquals(problemOf(session), "unsupported_version");
      assertMatch(server.log, new RegExp(`protocol ${version} .*protocol ${PROTOCOL_VERSION} `));
      await space.untouched("a", OLD);
    },
  });
}

Deno.test({
  name: `a program that was compiled without a permission names it${COMPILED_ONLY}`,
  ignore,
  async fn() {
    await using space = new Workspace();
    const client = copyExecutable("parasync-client", join(space.path, "bin"), "parasync");
    const outcome = await run(["compare", space.old("a", OLD), space.new(NEW), "--runs=1"], {
      executable: client,
    });
    assertEquals(outcome.code, 12);
    assertMatch(outcome.stderr, /Cannot start .*: the executable was compiled without --allow-run/);
    assert(!/^\s+at /m.test(outcome.stderr), "a stack trace");
  },
});

Deno.test({
  name: `a full disk ends a push with 11, and the server goes on${COMPILED_ONLY || MOUNT_ONLY}`,
  ignore: ignore || MOUNT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const disk = space.with(new SmallDisk(join(space.path, "small"), 2 << 20));
    const target = join(disk.path, "a");
    fs.writeFileSync(target, OLD);
    const server = space.with(await Server.start(disk.path, [], SERVER));
    const big = space.new(someBytes(4 << 20, 3), "big");
    assertFailed(await run([big, `${server.url}/a`], CLIENT), 11, /a: no space left/);
    assert(equalBytes(fs.readFileSync(target), OLD));
    assertEquals(fs.readdirSync(disk.path), ["a"]);
    assertSucceeded(await run([space.new(NEW), `${server.url}/a`], CLIENT));
    assert(equalBytes(fs.readFileSync(target), NEW));
  },
});

Deno.test({
  name: `a server whose user cannot write ends a push with 11${COMPILED_ONLY || ROOT_ONLY}`,
  ignore: ignore || ROOT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    fs.chmodSync(space.path, 0o755);
    space.old("a", OLD);
    const server = await space.serve([], {
      ...SERVER,
      executable: copyExecutable("parasync-server", join(space.path, "bin")),
      within: NOBODY,
    });
    assertFailed(
      await run([space.new(NEW), `${server.url}/a`], CLIENT),
      11,
      /Cannot \w+ a: permission denied/,
    );
    await space.untouched("a", OLD);
  },
});

Deno.test({
  name: `a client whose user cannot read the new file ends with 11${COMPILED_ONLY || ROOT_ONLY}`,
  ignore: ignore || ROOT_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    fs.chmodSync(space.path, 0o755);
    space.old("a", OLD);
    const server = await space.serve([], SERVER);
    const file = space.new(NEW);
    fs.chmodSync(file, 0o600);
    const outcome = await run([file, `${server.url}/a`], {
      executable: copyExecutable("parasync-client", join(space.path, "bin")),
      within: NOBODY,
    });
    assertFailed(outcome, 11, /new: permission denied/);
    await space.untouched("a", OLD);
  },
});

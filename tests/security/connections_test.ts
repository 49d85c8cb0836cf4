/** Connections that hold a place and ask for nothing. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { assertSucceeded } from "../outcome.ts";
import { run, type Server } from "../program.ts";
import { rawRequest } from "../raw_request.ts";
import { eventually, sleep, someBytes, Workspace } from "../workspace.ts";

/** Ending silent connections takes functions of the C library. */
const LINUX_ONLY = Deno.build.os === "linux" ? "" : " [skipped: needs Linux]";
const ignore = LINUX_ONLY !== "";
const encoder = new TextEncoder();

const REQUEST = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** A connection whose end is waited for. */
class Held implements Disposable {
  readonly connection: Deno.TcpConn;
  /** Resolves when the server has ended it; what came before is dropped. */
  readonly ended: Promise<void>;
  isOver = false;

  private constructor(connection: Deno.TcpConn) {
    this.connection = connection;
    this.ended = this.#readToEnd();
  }

  static async open({ port }: Server, text: string): Promise<Held> {
    const held = new Held(await Deno.connect({ hostname: "127.0.0.1", port }));
    await held.write(text);
    return held;
  }

  async write(text: string): Promise<void> {
    await this.connection.write(encoder.encode(text)).catch(() => {});
  }

  async #readToEnd(): Promise<void> {
    const buffer = new Uint8Array(4096);
    try {
      while (await this.connection.read(buffer) !== null);
    } catch {
      // A reset ends it as well.
    }
    this.isOver = true;
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }
}

Deno.test({
  name:
    `a connection without the whole head of a request ends, however the head comes${LINUX_ONLY}`,
  ignore,
  fn: async () => {
    await using space = new Workspace();
    const server = await space.serve(["--header-timeout=1s"]);
    using nothing = await Held.open(server, "");
    using half = await Held.open(server, "GET /healthz HTTP/1.1\r\nHo");
    using drip = await Held.open(server, "GET /healthz HTTP/1.1\r\n");
    let dripping = true;
    const dripped = (async () => {
      for (let line = 0; dripping; line++) {
        await drip.write(`x-${line}: 1\r\n`);
        await sleep(50);
      }
    })();
    await Promise.all([nothing.ended, half.ended, drip.ended]);
    dripping = false;
    await dripped;
    assertEquals((await rawRequest(server.port, { target: "/healthz" })).status, 200);
  },
});

Deno.test({
  name: `a connection that is kept and not used ends, and one that is used does not${LINUX_ONLY}`,
  ignore,
  fn: async () => {
    await using space = new Workspace();
    const server = await space.serve(["--idle-timeout=2s", "--header-timeout=1s"]);
    using used = await Held.open(server, REQUEST);
    using idle = await Held.open(server, REQUEST);
    while (!idle.isOver) {
      await used.write(REQUEST);
      await sleep(50);
    }
    assert(!used.isOver, "a connection at work was ended");
  },
});

Deno.test({
  name: `a body that comes a byte at a time ends too, and its target is free again`,
  fn: async () => {
    await using space = new Workspace();
    const old = someBytes(100_000, 1);
    space.old("a", old);
    const server = await space.serve(["--stall-timeout=2s"]);
    const head =
      "POST /csums_queue?basis_filename=a&target=replace HTTP/1.1\r\nHost: localhost\r\n" +
      "Content-Type: application/x-protobuf\r\nContent-Length: 1000000\r\n\r\n";
    // The length of a frame that will never be whole.
    using slow = await Held.open(server, `${head}\0\x7f\0\0`);
    while (!slow.isOver && !server.log.includes("less than 1024 bytes")) {
      await slow.write("\0");
      await sleep(50);
    }
    await server.program.says("stderr", /the client sent less than 1024 bytes in 2000 ms/);
    const push = ["push", space.new(someBytes(100_000, 2)), `${server.url}/a`];
    assertSucceeded(await run(push));
  },
});

Deno.test({
  name: `more connections than may be push out the silent ones, and a push goes on${LINUX_ONLY}`,
  ignore,
  fn: async () => {
    await using space = new Workspace();
    space.old("a", someBytes(100_000, 1));
    const server = await space.serve(["--max-connections=50", "--header-timeout=10m"]);
    const held: Held[] = [];
    try {
      for (let count = 0; count < 400; count++) held.push(await Held.open(server, "GET "));
      await eventually(
        "all but 50 are ended",
        () => held.filter(({ isOver }) => isOver).length >= 350 || undefined,
      );
      const push = ["push", space.new(someBytes(100_000, 2)), `${server.url}/a`];
      assertSucceeded(await run(push));
    } finally {
      for (const each of held) each[Symbol.dispose]();
    }
  },
});

Deno.test({
  name: `where silent connections cannot be ended, the server says so and serves${LINUX_ONLY}`,
  ignore,
  fn: async () => {
    await using space = new Workspace();
    space.old("a", someBytes(1000, 1));
    const permissions = ["--no-prompt", "--allow-net", "--allow-read", "--allow-write"];
    const server = await space.serve([], {
      permissions: [...permissions, "--allow-env", "--allow-sys"],
    });
    await server.program.says("stderr", /Silent connections are not ended: .*--allow-ffi/);
    const push = ["push", space.new(someBytes(1000, 2)), `${server.url}/a`];
    assertSucceeded(await run(push));
  },
});

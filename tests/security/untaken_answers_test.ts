/** Answers that nobody takes, or that somebody takes slowly. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import fs from "node:fs";
import { assertSucceeded } from "../outcome.ts";
import { run, type Server } from "../program.ts";
import { eventually, sleep, someBytes, Workspace } from "../workspace.ts";

/** Ending connections takes functions of the C library, and seeing them /proc. */
const LINUX_ONLY = Deno.build.os === "linux" ? "" : " [skipped: needs Linux]";

/** Connections to a server that nobody has closed yet, as its system has them (proc(5), tcp_states.h). */
function establishedAt({ port }: Server): number {
  const own = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = fs.readFileSync("/proc/net/tcp", "utf8").split("\n");
  return lines.filter((line) => {
    const [, local, , state] = line.trim().split(/ +/);
    return local?.endsWith(own) && state === "01";
  }).length;
}

/**
 * Files, all of them a hole, whose signatures nobody takes: of the first the runtime has had all when it cannot send
 * more, of the second it never gets all.
 */
const SIZES: Record<string, number> = { "that is made": 115 << 20, "that stands still": 1 << 30 };

const REQUEST = "GET /signature?basis_filename=large&block=512 HTTP/1.1\r\nHost: localhost\r\n\r\n";

async function ask({ port }: Server, request: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(request));
  return connection;
}

/** Reads a connection to its end. */
async function drain(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(4096);
  try {
    while (await connection.read(buffer) !== null);
  } catch {
    // A reset ends it as well.
  }
}

for (const [which, size] of Object.entries(SIZES)) {
  Deno.test({
    name: `a connection whose client takes nothing of an answer ${which} ends${LINUX_ONLY}`,
    ignore: LINUX_ONLY !== "",
    fn: async () => {
      await using space = new Workspace();
      fs.truncateSync(space.old("large", ""), size);
      space.old("a", someBytes(1000, 1));
      const server = await space.serve(["--idle-timeout=1s", "--stall-timeout=1s"]);
      using _connection = await ask(server, REQUEST);
      await server.program.says("stderr", /Received request for target/);
      await eventually("it ends", () => establishedAt(server) === 0 || undefined, 30_000);
      const push = ["push", space.new(someBytes(1000, 2)), `${server.url}/a`];
      assertSucceeded(await run(push));
    },
  });
}

Deno.test({
  name: `an answer that is taken slowly may take longer than a connection may be idle${LINUX_ONLY}`,
  ignore: LINUX_ONLY !== "",
  fn: async () => {
    await using space = new Workspace();
    fs.truncateSync(space.old("large", ""), SIZES["that stands still"]!);
    const server = await space.serve(["--idle-timeout=2s"]);
    using connection = await ask(server, REQUEST);
    let turns = 0;
    // When the second one is ended, the answer has been under way for longer than both were idle.
    const idle = (async () => {
      for (; turns < 2; turns++) {
        using silent = await ask(server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await drain(silent);
      }
    })();
    const buffer = new Uint8Array(64 << 10);
    let end = "";
    for (;;) {
      const bytes = await connection.read(buffer);
      if (bytes === null) break;
      end = (end + new TextDecoder("latin1").decode(buffer.subarray(0, bytes))).slice(-5);
      if (end === "0\r\n\r\n") break;
      if (turns < 2) await sleep(20);
    }
    assertEquals([end, turns], ["0\r\n\r\n", 2]);
    await idle;
  },
});

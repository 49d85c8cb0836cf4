/** Two servers of one program. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assertMatch } from "@std/assert";
import { serve } from "../../src/mod.ts";
import { openAcceptedSockets } from "../../src/transport/accepted_sockets.ts";
import { Workspace } from "../workspace.ts";

// Stays open: Deno 2.4 takes a library that is first opened in a test, and not closed there, for a leak.
const ignore = openAcceptedSockets() === null;

const encoder = new TextEncoder();

/** Connects, begins to ask and says no more. */
async function silent(hostname: string, port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname, port });
  await connection.write(encoder.encode("GET /healthz HTTP/1.1\r\n"));
  return connection;
}

/** What comes next; empty where the connection is over. */
async function read(connection: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(1000);
  const bytes = await connection.read(buffer).catch(() => null);
  return new TextDecoder().decode(buffer.subarray(0, bytes ?? 0));
}

Deno.test({
  name: "a server does not end the silent connections of another one at the same port",
  ignore,
  fn: async () => {
    await using space = new Workspace();
    const options = { root: space.root, keepPartial: false };
    await using strict = await serve({ ...options, port: 0, headerTimeout: 100 });
    const { port } = strict.address;
    await using patient = await serve({ ...options, host: "127.0.0.2", port });
    using kept = await silent(patient.address.hostname, port);
    // When the second one ends, all that was there before the first one has had its time, too.
    for (let turn = 0; turn < 2; turn++) {
      using ended = await silent("127.0.0.1", port);
      while (await read(ended) !== "");
    }
    await kept.write(encoder.encode("Host: 127.0.0.2\r\n\r\n"));
    assertMatch(await read(kept), /^HTTP\/1\.1 200 /);
  },
});

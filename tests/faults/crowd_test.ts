// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { push } from "../../src/mod.ts";
import { assertSummary } from "../outcome.ts";
import { run } from "../program.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";

Deno.test("a hundred clients at once are all served, some of them later", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const names = Array.from({ length: 100 }, (_, i) => `f${i}`);
  const contents = names.map((_, i) => someBytes(50_000 + i, i));
  await Promise.all(names.map(async (name, i) => {
    const file = space.new(contents[i]!, `new${i}`);
    const summary = await push(file, `${server.url}/${name}`, { retries: 100, threads: 1 });
    assert(summary.verified);
  }));
  for (const [i, name] of names.entries()) {
    assert(equalBytes(space.read(name), contents[i]!), `${name} has another content`);
  }
  await space.clean();
  assertEquals(server.program.over, false);
});

Deno.test({
  name: "a server that runs out of descriptors refuses, loses nothing, and serves on",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using space = new Workspace();
    space.old("f", "old");
    const server = await space.serve([], {
      within: ["sh", "-c", 'ulimit -n 48; exec "$@"', "sh"],
    });
    const { hostname, port } = { hostname: "127.0.0.1", port: server.port };
    const held: Deno.TcpConn[] = [];
    try {
      // More connections than it has descriptors; for a moment it takes none.
      for (let i = 0; i < 60; i++) {
        await Deno.connect({ hostname, port }).then(
          (connection) => held.push(connection),
          () => {},
        );
      }
      const crowded = await run(
        ["push", space.new("new"), `${server.url}/f`, "--connect-timeout=2s"],
      );
      assertEquals(new TextDecoder().decode(space.read("f")), crowded.code === 0 ? "new" : "old");
    } finally {
      for (const connection of held) connection.close();
    }
    assertSummary(
      await run(["push", space.new("newer"), `${server.url}/f`, "--json"], {
        env: { PARASYNC_RETRIES: "9" },
      }).then((outcome) => ({ ...outcome, stderr: "" })),
    );
    assertEquals(new TextDecoder().decode(space.read("f")), "newer");
  },
});

Deno.test("times far in the future and the past keep nothing from being done", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  // The last one is later than messages can say.
  for (const seconds of [1, 4102444800, 15000000000]) {
    const file = space.new(`new at ${seconds}`);
    fs.utimesSync(file, seconds, seconds);
    fs.utimesSync(space.old("f", "old"), seconds, seconds);
    // What a server left whose clock was wrong, or went back since.
    const lease = join(space.root, ".parasync-252f10c83610ebca.lease");
    fs.writeFileSync(lease, "{}");
    fs.utimesSync(lease, seconds, seconds);
    assertSummary(await run(["push", file, `${server.url}/f`, "--json"]));
    assertEquals(new TextDecoder().decode(space.read("f")), `new at ${seconds}`);
    if (seconds < 9e9) assertEquals(fs.statSync(join(space.root, "f")).mtimeMs, seconds * 1000);
    await space.clean();
  }
});

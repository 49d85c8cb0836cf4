// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { isWritten } from "../hole.ts";
import { assertSummary, type SummaryJson } from "../outcome.ts";
import { Program, run, type Server } from "../program.ts";
import { Relay } from "../relay.ts";
import { concat, equalBytes, eventually, someBytes, Workspace } from "../workspace.ts";

const MIB = 1 << 20;

/** Old and new file, alike in nothing, and where the line stops: 23 of 24 MiB have passed then. */
const SIZE = 24 * MIB;
const CUT = 23 * MIB;

const KEPT = { env: { PARASYNC_KEEP_PARTIAL: "on" } };

/** What ends a push in its middle. */
const INTERRUPTIONS: readonly {
  readonly name: string;
  readonly end: (client: Program, server: Server, relay: Relay) => Promise<void>;
}[] = [
  {
    name: "the client is killed",
    end: async (client) => {
      client.kill("SIGKILL");
      await client.ended;
    },
  },
  {
    name: "the server is killed",
    end: async (client, server) => {
      server.program.kill("SIGKILL");
      await Promise.all([server.program.ended, client.ended]);
    },
  },
  {
    name: "the line is cut",
    end: async (client, _server, relay) => {
      relay.cut();
      await client.ended;
    },
  },
  {
    name: "the server is told to stop",
    end: async (client, server) => {
      server.program.kill("SIGTERM");
      await Promise.all([server.program.ended, client.ended]);
    },
  },
];

/** A push that stops when the given number of bytes have passed. */
async function interrupted(
  space: Workspace,
  file: string,
  end: typeof INTERRUPTIONS[number]["end"],
  flags: readonly string[] = [],
): Promise<void> {
  const server = await space.serve(flags, KEPT);
  await using relay = new Relay(server.port, { holdAfter: CUT });
  await using client = new Program(["push", file, `${relay.url}/f`, "--json"]);
  await relay.holding;
  const part = await space.temporary();
  await eventually("what has passed is written", () => isWritten(part, 22 * MIB - 1) || undefined);
  await end(client, server, relay);
  relay.cut();
  // A server that lives notices by and by that its client is gone.
  await eventually("the lease is given up", () => {
    const held = space.artefacts().some((name) => name.endsWith(".lease"));
    return server.program.over || !held || undefined;
  });
}

/** Pushes to a server of its own, to the end. */
async function completed(
  space: Workspace,
  file: string,
  flags: readonly string[] = [],
): Promise<SummaryJson> {
  const server = await space.serve(flags, KEPT);
  return assertSummary(await run(["push", file, `${server.url}/f`, "--json"]));
}

for (const { name, end } of INTERRUPTIONS) {
  Deno.test(`a push goes on, at another server, with what was there when ${name}`, async () => {
    await using space = new Workspace();
    const content = someBytes(SIZE, 2);
    const file = space.new(content);
    space.old("f", someBytes(SIZE, 1));
    await interrupted(space, file, end);
    assert(equalBytes(space.read("f"), someBytes(SIZE, 1)), "the old file is another one");
    const summary = await completed(space, file);
    assert(equalBytes(space.read("f"), content), "the new file is another one");
    assert(Number(summary.resumed_bytes) >= 0.9 * SIZE, `${summary.resumed_bytes} resumed`);
    assert(Number(summary.wire_up_bytes) < 0.1 * SIZE, `${summary.wire_up_bytes} sent`);
    await space.clean();
  });
}

Deno.test("what an interrupted push has left is of use to a new file that differs in between", async () => {
  await using space = new Workspace();
  const content = someBytes(SIZE, 2);
  space.old("f", someBytes(SIZE, 1));
  await interrupted(space, space.new(content), INTERRUPTIONS[0]!.end);
  // Shorter, changed in its middle, and zero where there was something: a hole must not show what was there.
  const changed = content.slice(0, SIZE - 3 * MIB - 123);
  changed.set(someBytes(1000, 3), 7 * MIB + 5);
  changed.fill(0, 10 * MIB + 17, 12 * MIB + 17);
  // The basis changes, too.
  space.old("f", someBytes(5 * MIB, 4));
  const summary = await completed(space, space.new(changed, "changed"));
  assert(equalBytes(space.read("f"), changed), "the new file is another one");
  assert(Number(summary.resumed_bytes) > 12 * MIB, `${summary.resumed_bytes} resumed`);
  await space.clean();
});

Deno.test("a file that grew since is completed", async () => {
  await using space = new Workspace();
  const content = concat(someBytes(SIZE, 2), someBytes(2 * MIB + 77, 5));
  await interrupted(space, space.new(content.subarray(0, SIZE)), INTERRUPTIONS[0]!.end);
  const summary = await completed(space, space.new(content, "longer"));
  assert(equalBytes(space.read("f"), content), "the new file is another one");
  assert(Number(summary.resumed_bytes) >= 0.9 * SIZE, `${summary.resumed_bytes} resumed`);
});

Deno.test("a partial file that was tampered with costs bytes, and nothing else", async () => {
  await using space = new Workspace();
  const content = someBytes(SIZE, 2);
  const file = space.new(content);
  await interrupted(space, file, INTERRUPTIONS[0]!.end);
  const part = await space.temporary();
  fs.writeFileSync(part, someBytes(SIZE, 9));
  const summary = await completed(space, file);
  assertEquals(summary.resumed_bytes, 0);
  assert(equalBytes(space.read("f"), content), "the new file is another one");
  await space.clean();
});

for (
  const [name, flags] of [["confirm=chunk", ["--confirm=chunk"]], ["mode=1", ["--mode=1"]]] as const
) {
  Deno.test(`a push with ${name} goes on with what is there, too`, async () => {
    await using space = new Workspace();
    const content = someBytes(SIZE, 2);
    const file = space.new(content);
    await interrupted(space, file, INTERRUPTIONS[0]!.end);
    const server = await space.serve([], KEPT);
    const summary = assertSummary(
      await run(["push", file, `${server.url}/f`, "--json", ...flags]),
    );
    assert(Number(summary.resumed_bytes) >= 0.9 * SIZE, `${summary.resumed_bytes} resumed`);
    assert(equalBytes(space.read("f"), content), "the new file is another one");
  });
}

Deno.test("only the missing bytes of a delta are sent", async () => {
  await using space = new Workspace();
  const old = someBytes(100 * MIB, 1);
  const content = old.slice();
  for (let i = 0; i < 3000; i++) {
    content.set(someBytes(40, 2 + (i & 7)), Math.floor(i * 100 * MIB / 3000) + 100);
  }
  space.old("f", old);
  const file = space.new(content);
  const server = await space.serve([], KEPT);
  const tried = assertSummary(
    await run(["push", file, `${server.url}/f`, "--json", "--dry-run"]),
  );
  const whole = Number(tried.wire_up_bytes);
  {
    await using relay = new Relay(server.port, { holdAfter: Math.floor(0.97 * whole) });
    await using client = new Program(["push", file, `${relay.url}/f`]);
    await relay.holding;
    client.kill("SIGKILL");
    await client.ended;
  }
  await eventually(
    "the lease is given up",
    () => !space.artefacts().some((name) => name.endsWith(".lease")) || undefined,
  );
  const summary = assertSummary(await run(["push", file, `${server.url}/f`, "--json"]));
  assert(equalBytes(space.read("f"), content), "the new file is another one");
  assert(
    Number(summary.wire_up_bytes) < 0.1 * whole,
    `${summary.wire_up_bytes} of ${whole} sent, ${summary.resumed_bytes} resumed`,
  );
});

Deno.test("--partial-dir keeps partial files in a folder of the root, and nowhere else", async () => {
  await using space = new Workspace();
  const content = someBytes(SIZE, 2);
  const file = space.new(content);
  const partials = join(space.root, "partial");
  fs.mkdirSync(partials);
  const flags = [`--partial-dir=${partials}`];
  await interrupted(space, file, INTERRUPTIONS[1]!.end, flags);
  assertMatch(await space.temporary(), /\/partial\/\.parasync-/);
  const summary = await completed(space, file, flags);
  assert(Number(summary.resumed_bytes) >= 0.9 * SIZE, `${summary.resumed_bytes} resumed`);
  assert(equalBytes(space.read("f"), content), "the new file is another one");
  await space.clean();
});

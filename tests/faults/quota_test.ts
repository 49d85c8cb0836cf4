// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertFailed, assertSucceeded, assertSummary } from "../outcome.ts";
import { Program, run, Server } from "../program.ts";
import { QUOTA_ONLY, QuotaDisk } from "../quota_disk.ts";
import { Relay } from "../relay.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";

const MIB = 1 << 20;
const OLD = someBytes(300_000, 1);
const SMALL = concat(OLD, someBytes(100_000, 2));
const LARGE = someBytes(24 * MIB, 3);

/** As it is by default; what a push without room has brought is not to be kept even then. */
const KEPT = "--keep-partial=on";

const USED_UP = /a: its owner's disk quota is used up/;

Deno.test({
  name: `a quota that is too small ends a push with 11 and the reason${QUOTA_ONLY}`,
  ignore: QUOTA_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const disk = space.with(new QuotaDisk(join(space.path, "disk"), 16 * MIB));
    const target = join(disk.path, "a");
    fs.writeFileSync(target, OLD);
    const server = space.with(await Server.start(disk.path, [KEPT]));
    assertFailed(await run(["push", space.new(LARGE, "large"), `${server.url}/a`]), 11, USED_UP);
    await space.clean();
    assert(equalBytes(fs.readFileSync(target), OLD), "the old file is another one");
    assertEquals(fs.readdirSync(disk.path), ["a"]);
    assertSucceeded(await run(["push", space.new(SMALL), `${server.url}/a`]));
    assert(equalBytes(fs.readFileSync(target), SMALL), "the new file is another one");
  },
});

Deno.test({
  name: `a quota that others use up in the middle of a push ends it with 11${QUOTA_ONLY}`,
  ignore: QUOTA_ONLY !== "",
  async fn() {
    await using space = new Workspace();
    const disk = space.with(new QuotaDisk(join(space.path, "disk"), 40 * MIB));
    const target = join(disk.path, "a");
    fs.writeFileSync(target, OLD);
    const server = space.with(await Server.start(disk.path, [KEPT]));
    const relay = space.with(new Relay(server.port, { holdAfter: 4 * MIB }));
    await using client = new Program(["push", space.new(LARGE), `${relay.url}/a`]);
    await relay.holding;
    let written = 0;
    try {
      for (let turn = 0; turn < 60; turn++) {
        fs.appendFileSync(join(disk.path, "other"), someBytes(MIB, turn));
        written++;
      }
    } catch {
      // There is no more room.
    }
    assert(written < 40, "the quota is not kept to");
    relay.release();
    assertFailed(await client.ended, 11, USED_UP);
    await space.clean();
    assert(equalBytes(fs.readFileSync(target), OLD), "the old file is another one");
    assertEquals(fs.readdirSync(disk.path).sort(), ["a", "other"]);
  },
});

/** A command that bounds how long the files may be that a program writes; a shell counts blocks of 512 bytes. */
function within(bytes: number, before = ""): readonly string[] {
  return ["sh", "-c", `${before}ulimit -f ${bytes / 512}; exec "$@"`, "sh"];
}

Deno.test({
  name: "a server that may not write files so long says so, and serves on",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using space = new Workspace();
    space.old("a", OLD);
    const server = await space.serve([KEPT], { within: within(8 * MIB, "trap '' XFSZ; ") });
    const outcome = await run(["push", space.new(LARGE, "large"), `${server.url}/a`]);
    assertFailed(outcome, 22, /a: it is larger than its file system or ulimit allows/);
    await space.untouched("a", OLD);
    assertSucceeded(await run(["push", space.new(SMALL), `${server.url}/a`]));
    await space.untouched("a", SMALL);
  },
});

Deno.test({
  name: "a server that the system kills for the length of a file leaves the old one",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using space = new Workspace();
    space.old("a", OLD);
    const file = space.new(LARGE);
    const server = await space.serve([KEPT], { within: within(8 * MIB) });
    const outcome = await run(["push", file, `${server.url}/a`]);
    assertEquals((await server.program.ended).signal, "SIGXFSZ");
    assert([10, 12].includes(outcome.code), outcome.stderr);
    assert(equalBytes(space.read("a"), OLD), "the old file is another one");
    const next = await space.serve([KEPT]);
    assertSummary(await run(["push", file, `${next.url}/a`, "--json"]));
    await space.untouched("a", LARGE);
  },
});

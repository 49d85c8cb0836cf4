/** Finer rounds, unchanged segments and compression between real processes, with every byte on the line counted. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { availableCodings } from "../../src/delta/coding.ts";
import { Nginx, NGINX_MISSING } from "../nginx.ts";
import { assertFailed, assertSummary, type SummaryJson } from "../outcome.ts";
import { run } from "../program.ts";
import { Relay } from "../relay.ts";
import { concat, equalBytes, someBytes, Workspace } from "../workspace.ts";

const MIB = 1 << 20;

/** Lines that compress well, and of which each is another one. */
function lines(count: number, seed: number): Uint8Array {
  const numbers = new Uint32Array(someBytes(4 * count, seed).buffer);
  const text = Array.from(numbers, (number, i) => `${i},user${number % 9973},${number},active\n`);
  return new TextEncoder().encode(text.join(""));
}

/** A byte changed in each so many: hardly a chunk stays as it was. */
function sprinkled(old: Uint8Array, each: number): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(old);
  for (let at = each >> 1; at < file.length; at += each) file[at]! ^= 0x15;
  return file;
}

/** Pushes through a relay that counts; the target is compared with the new file. */
async function pushed(
  space: Workspace,
  port: number,
  file: Uint8Array,
  old: Uint8Array,
  flags: readonly string[],
): Promise<{ readonly summary: SummaryJson; readonly bytes: number }> {
  space.old("a", old);
  await using relay = new Relay(port);
  const args = ["push", space.new(file), `${relay.url}/a`, "--json", ...flags];
  const summary = assertSummary(await run(args));
  assert(equalBytes(space.read("a"), file), flags.join(" "));
  return { summary, bytes: relay.bytes };
}

Deno.test("finer rounds and compression spare bytes on the line, and the summary says how many", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const old = lines(60_000, 1);
  const file = sprinkled(old, 5000);
  const push = (...flags: string[]): ReturnType<typeof pushed> =>
    pushed(space, server.port, file, old, flags);

  const plain = await push("--refine=off", "--compress=off");
  assertEquals([plain.summary.refine_rounds, plain.summary.coding], [0, ""]);
  assert(plain.bytes > file.length / 2, "few chunks are as they were");

  const refined = await push("--refine=on", "--compress=off");
  assert(Number(refined.summary.refine_rounds) > 0);
  assert(Number(refined.summary.refined_bytes) > file.length / 3);
  assert(refined.bytes < plain.bytes / 3, `${refined.bytes} of ${plain.bytes}`);

  for (const coding of availableCodings()) {
    const coded = await push("--refine=off", `--compress=${coding}`);
    assertEquals(coded.summary.coding, coding);
    assert(coded.bytes < plain.bytes / 2, `${coded.bytes} of ${plain.bytes}`);
    const saved = Number(coded.summary.coding_saved_bytes);
    assert(saved > 0 && Math.abs(plain.bytes - coded.bytes - saved) < 0.02 * plain.bytes);

    const both = await push("--refine=on", `--compress=${coding}:9`);
    assert(both.bytes < refined.bytes && both.bytes < coded.bytes, `${coding}: ${both.bytes}`);
    // What it counts are bodies; requests have headers too.
    const { wire_up_bytes: up, wire_down_bytes: down } = both.summary;
    const bodies = Number(up) + Number(down);
    assert(bodies <= both.bytes && both.bytes < bodies + 20_000, `${bodies} of ${both.bytes}`);
  }
  await space.clean();
});

Deno.test("by itself it does so on a slow line", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const old = lines(60_000, 2);
  const file = sprinkled(old, 5000);
  space.old("a", old);
  await using relay = new Relay(server.port, { delayMs: 40 });
  const env = { PARASYNC_REFINE: "auto", PARASYNC_COMPRESS: "auto" };
  const args = ["push", space.new(file), `${relay.url}/a`, "--json"];
  const summary = assertSummary(await run(args, { env }));
  assert(equalBytes(space.read("a"), file));
  assert(Number(summary.refine_rounds) > 0 && summary.coding !== "", JSON.stringify(summary));
});

Deno.test("every mode and confirmation comes out right, with a basis or without, whatever is new", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const old = someBytes(1_500_000, 3);
  const [first, second] = [old.subarray(0, 700_001), old.subarray(700_001)];
  const files: Record<string, Uint8Array> = {
    "changed everywhere": sprinkled(old, 3000),
    "moved and changed": sprinkled(concat(second, new Uint8Array(50_000), first), 7000),
    "nothing": new Uint8Array(0),
    "something else": someBytes(300_000, 4),
  };
  const [coding] = availableCodings();
  for (const [name, file] of Object.entries(files)) {
    for (const mode of ["0", "3", "3 --confirm=chunk"]) {
      const flags = `--mode=${mode} --refine=on --compress=${coding}`.split(" ");
      const { summary } = await pushed(space, server.port, file, old, flags);
      assertEquals(summary.verified, true, `${name}, mode ${mode}`);
    }
  }
  const created = ["push", space.new(old), `${server.url}/created`, "--refine=on", "--json"];
  assertEquals(assertSummary(await run(created)).refine_rounds, 0);
  assert(equalBytes(space.read("created"), old));
  await space.clean();
});

/** Files so large that segments are asked about before keys are sent, of which one byte has changed. */
function largePair(): readonly [old: Uint8Array, file: Uint8Array] {
  const piece = someBytes(7 * MIB + 13, 5);
  const old = concat(...Array.from({ length: 14 }, () => piece));
  const file = new Uint8Array(old);
  file[40 * MIB + 5]! ^= 1;
  return [old, file];
}

Deno.test("of an unchanged segment nothing is sent but its digest", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const [old, file] = largePair();
  const { summary, bytes } = await pushed(space, server.port, file, old, ["--refine=on"]);
  // How much of it is known in time is the machine's affair.
  assert(Number(summary.unchanged_bytes) > 0);
  assert(bytes < 20_000, `${bytes} bytes on the line`);
});

Deno.test({
  name: `a proxy that collects bodies before it passes them on changes nothing${NGINX_MISSING}`,
  ignore: NGINX_MISSING !== "",
  async fn() {
    await using space = new Workspace();
    const server = await space.serve(["--prefix=/sync"]);
    const buffering = (site: string): string => site.replaceAll("_buffering off", "_buffering on");
    const nginx = space.with(
      await Nginx.start(join(space.path, "nginx"), [server.port], buffering),
    );
    const flags = ["--prefix=/sync", "--refine=on", "--compress=deflate", "--json"];
    const env = { DENO_CERT: nginx.authority };
    const small = lines(60_000, 6);
    for (const [old, file] of [[small, sprinkled(small, 5000)], largePair()] as const) {
      space.old("a", old);
      const args = ["push", space.new(file), `${nginx.url}/sync/a`, ...flags];
      assertSummary(await run(args, { env }));
      assert(equalBytes(space.read("a"), file), `${file.length} bytes`);
    }
  },
});

Deno.test("finer rounds and compression are parasync's alone, and their values are checked", async () => {
  await using space = new Workspace();
  const [old, file] = [space.old("a", "abc"), space.new("abcd")];
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [["--scheme=rsync", "--refine=on"], /--refine with --scheme=rsync: only parasync has finer/],
    [["--scheme=dsync", "--compress=zstd"], /--compress with --scheme=dsync: only parasync/],
    [["--refine=yes"], /--refine=yes/],
    [["--compress=gzip"], /--compress.*gzip|gzip.*--compress/],
    [["--compress=deflate:10"], /--compress: levels of deflate are 1 to 9/],
    [["--compress=zstd:0"], /--compress/],
    [["--compress=zstd:"], /--compress/],
    [["--compress=off:3"], /--compress/],
  ];
  for (const [flags, message] of refused) {
    assertFailed(await run(["push", file, "http://127.0.0.1:9/a", ...flags]), 1, message);
    assertFailed(await run(["local", old, file, ...flags]), 1, message);
  }
  const env = { PARASYNC_COMPRESS: "lz4" };
  assertFailed(await run(["local", old, file], { env }), 1, /PARASYNC_COMPRESS=lz4|lz4/);
});

Deno.test("a client that dies between two rounds harms nothing, and keeps nobody out", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const old = someBytes(2_000_000, 7);
  const file = sprinkled(old, 3000);
  space.old("a", old);
  await using relay = new Relay(server.port, { holdAnswerAfter: 30_000 });
  const pushing = run(["push", space.new(file), `${relay.url}/a`, "--refine=on"]);
  await relay.holding;
  relay.cut();
  const { code, stderr } = await pushing;
  assertMatch(stderr, /^parasync: Cannot /);
  assert(code !== 0 && equalBytes(space.read("a"), old));
  await pushed(space, server.port, file, old, ["--refine=on"]);
  await space.untouched("a", file);
});

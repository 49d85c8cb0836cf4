// @ts-types="../src/types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ParasyncError } from "../src/errors.ts";
import { TestFolder } from "../src/files/test_folder.ts";
import type { Result } from "./e2e/comparison.ts";
import type { Launched } from "./e2e/launcher.ts";
import type { MemoryResult } from "./e2e/memory.ts";
import { readOptions } from "./e2e/options.ts";
import { Relay } from "./e2e/relay.ts";
import { rsyncVersion } from "./e2e/rsync_daemon.ts";
import { spreadOf } from "../src/cli/comparison/spread.ts";
import { meanOf } from "./e2e/statistics.ts";

/** Runs a file of this folder and reads the JSON that it prints. */
async function runJson(file: string, ...args: string[]): Promise<unknown> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", path, ...args],
  }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}

Deno.test("a spread is the median and the extremes, in any order", () => {
  assertEquals(spreadOf([3]), { median: 3, min: 3, max: 3 });
  assertEquals(spreadOf([9, 1, 2]), { median: 2, min: 1, max: 9 });
  assertEquals(spreadOf([9, 1, 3, 2]), { median: 2.5, min: 1, max: 9 });
  assertEquals([meanOf([1, 2]), meanOf([1, null]), meanOf([])], [1.5, null, null]);
});

Deno.test("the bench's options are checked before anything is done", () => {
  const options = readOptions(["--pairs=insert8,text-1m", "--hw=0,1", "--fsync=on", "--threads=2"]);
  assertEquals(options?.pairs, ["insert8", "text-1m"]);
  assertEquals(options?.hw, ["0", "1"]);
  assertEquals(options?.fsync, [true]);
  assertEquals(options?.flags, ["--threads=2"]);
  assertEquals(readOptions(["--memory"])?.pairs, ["insert8-1g", "sparse-10g"]);
  assertEquals(readOptions(["--help"]), null);
  for (
    const arg of ["--runs=0", "--runs=x", "--fsync=no", "--against=cp", "--pairs=x", "--y", "z"]
  ) {
    assertThrows(() => readOptions([arg]), ParasyncError, "Cannot");
  }
});

Deno.test("a relay passes everything on, both ways and half-closed, and counts it", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    using connection = await listener.accept();
    const request = new Uint8Array(await new Response(connection.readable).arrayBuffer());
    return request.length;
  })();
  const relay = new Relay((listener.addr as Deno.NetAddr).port);
  try {
    const client = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
    const bytes = new Uint8Array(1_234_567);
    for (let at = 0; at < bytes.length;) at += await client.write(bytes.subarray(at));
    await client.closeWrite();
    assertEquals(await served, bytes.length);
    assertEquals(await client.read(new Uint8Array(1)), null);
    client.close();
    assertEquals(relay.count, { up: bytes.length, down: 0 });
  } finally {
    relay.stop();
    listener.close();
  }
});

Deno.test("the launcher tells what its one child took", async () => {
  const code = "const b = new Uint8Array(2e8).fill(1); console.log(b.length); Deno.exit(7)";
  const args = ["eval", code];
  const launch = { command: Deno.execPath(), args, watch: false };
  const launched = await runJson("./e2e/launcher.ts", JSON.stringify(launch)) as Launched;
  assertEquals([launched.code, launched.stdout], [7, "200000000\n"]);
  assert(launched.wallMs > 0);
  if (Deno.build.os !== "linux") return;
  assert(launched.cpuMs !== null && launched.cpuMs > 0);
  assert(launched.peakBytes !== null && launched.peakBytes > 2e8 && launched.peakBytes < 6e8);
});

Deno.test("the bench measures what it says and leaves nothing", async () => {
  using folder = new TestFolder();
  const flags = ["--pairs=scatter-2m", `--dir=${folder.path}`, "--fsync=off", "--json"];
  const times = await runJson("./e2e.ts", ...flags, "--runs=1") as {
    type: string;
    results: { newBytes: number; results: Result[] }[];
  };
  assertEquals([times.type, times.results.length], ["times", 1]);
  const { newBytes, results } = times.results[0]!;
  assertEquals(results.length, rsyncVersion() === null ? 1 : 2);
  for (const { contender, wallMs, reported, wire } of results) {
    assert(wallMs.min > 0 && wallMs.min <= wallMs.median, contender);
    // A few heads come on top of what programs count; the relay sees neither more nor much less.
    assert(wire.up >= reported.up && wire.up < newBytes + 100_000, contender);
    assert(wire.down > 0, contender);
  }
  const memory = await runJson("./e2e.ts", ...flags, "--memory") as { results: MemoryResult[] };
  assertEquals(memory.results[0]!.ends.map(({ end }) => end), ["client", "server"]);
  for (const { chunks, boundBytes } of memory.results[0]!.ends) {
    assert(chunks > 100);
    assertEquals(boundBytes, 250e6 + 48 * chunks);
  }
  assertEquals(fs.readdirSync(folder.path).sort(), ["scatter-2m.new", "scatter-2m.old"]);
  assertEquals(fs.statSync(join(folder.path, "scatter-2m.new")).size, newBytes);
});

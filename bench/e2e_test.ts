// @ts-types="../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TestFolder } from "../src/files/test_folder.ts";
import type { E2eRun } from "./e2e.ts";
import type { Launched } from "./e2e/launcher.ts";
import { findPrograms } from "./e2e/programs.ts";
import type { GrowthRun } from "./growth.ts";
import type { MicroRun } from "./micro.ts";

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

Deno.test("the bench measures what it says, and leaves nothing", async () => {
  using folder = new TestFolder();
  const page = join(folder.path, "page.html");
  const run = await runJson(
    "./e2e.ts",
    "--pairs=scatter-2m",
    `--dir=${folder.path}`,
    "--schemes=parasync",
    "--runs=1",
    "--json",
    `--html=${page}`,
  ) as E2eRun;
  assert(run.type === "times");
  const installed = findPrograms();
  for (const { newBytes, results } of run.results) {
    const programs = new Set(results.map(({ program }) => program));
    for (const name of ["rsync", "cp", "curl"] as const) {
      assertEquals(programs.has(name), installed[name] !== undefined);
    }
    for (const { contender, program, wallMs, reported, wire } of results) {
      assert(wallMs.min > 0 && wallMs.min <= wallMs.median, contender);
      if (wire === null) {
        assertEquals(program, "cp");
        continue;
      }
      assert(wire.up > 0 && wire.down > 0, contender);
      // A few heads come on top of what programs count; the relay sees neither more nor much less.
      if (reported.up !== null && reported.down !== null) {
        assert(wire.up >= reported.up && wire.up < reported.up + 20_000, contender);
        assert(wire.down >= reported.down && wire.down < reported.down + 20_000, contender);
      }
      // What curl sends is known: the file, and one head.
      if (program === "curl") assert(wire.up > newBytes && wire.up < newBytes + 1000, contender);
    }
  }
  const html = fs.readFileSync(page, "utf8");
  assert(html.includes("<svg") && html.includes("scatter-2m") && !/NaN|undefined/.test(html));
  fs.rmSync(page);
  assertEquals(fs.readdirSync(folder.path).sort(), ["scatter-2m.new", "scatter-2m.old"]);
});

Deno.test("files that are equal already are measured, and stay as they are", async () => {
  using folder = new TestFolder();
  const flags = ["--schemes=parasync", "--against=rsync,curl", "--runs=1", "--json"];
  const run = await runJson(
    "./e2e.ts",
    "--pairs=same-2m",
    `--dir=${folder.path}`,
    ...flags,
  ) as E2eRun;
  assert(run.type === "times" && run.results[0]!.results.length > 0);
  const [oldFile, newFile] = ["old", "new"].map((end) => join(folder.path, `same-2m.${end}`));
  assert(fs.readFileSync(oldFile!).equals(fs.readFileSync(newFile!)));
});

Deno.test("on another line everybody goes through the relay", async () => {
  using folder = new TestFolder();
  const run = await runJson(
    "./e2e.ts",
    "--pairs=scatter-2m",
    `--dir=${folder.path}`,
    "--schemes=parasync",
    "--against=curl,cp",
    "--links=100mbit-20ms",
    "--runs=1",
    "--json",
  ) as E2eRun;
  assert(run.type === "times");
  assertEquals(run.relays.map(({ link }) => link), ["loopback", "100mbit-20ms"]);
  const [{ link, newBytes, results }] = run.results as [typeof run.results[number]];
  assertEquals(link, "100mbit-20ms");
  for (const { program, wallMs, wire } of results) {
    assert(program !== "cp" && wire !== null);
    if (program !== "curl") continue;
    assert(wire.up > newBytes);
    // The least that the line takes for them, and no run can be quicker.
    assert(wallMs.min >= newBytes * 8000 / 100e6);
  }
});

Deno.test("peaks of memory are measured beside their bounds", async () => {
  using folder = new TestFolder();
  const flags = ["--pairs=scatter-2m", `--dir=${folder.path}`, "--memory", "--json"];
  const memory = await runJson("./e2e.ts", ...flags) as E2eRun;
  assert(memory.type === "memory");
  const [{ ends }] = memory.results as [typeof memory.results[number]];
  assertEquals(ends.map(({ end }) => end), ["client", "server"]);
  for (const { chunks, boundBytes } of ends) {
    assert(chunks > 100);
    assertEquals(boundBytes, 250e6 + 48 * chunks);
  }
});

Deno.test("growth is measured in every way", async () => {
  using folder = new TestFolder();
  const run = await runJson(
    "./growth.ts",
    "--sizes=1m",
    "--threads=1",
    "--threads-pair=scatter-2m",
    "--clients=2",
    "--clients-pair=scatter-2m",
    `--dir=${folder.path}`,
    "--runs=1",
    "--json",
  ) as GrowthRun;
  assertEquals(run.sizes.map(({ pair }) => pair), ["pages-1m"]);
  assertEquals(run.threads?.results.map(({ count }) => count), [1]);
  for (const { clients, started, failures, p50Ms, p99Ms } of run.clients!.results) {
    assertEquals([clients, started, failures], [2, 2, 0]);
    assert(p50Ms > 0 && p50Ms <= p99Ms);
  }
  assertEquals(run.leftOut, []);
});

Deno.test("a part of the micro benches is measured beside the limits, and checked", async () => {
  const run = await runJson("./micro.ts", "--rounds=1", "--json", "combination") as MicroRun;
  const groups = new Set(run.results.map(({ group }) => group));
  assertEquals([...groups], ["limit", "combination"]);
  for (const { speed } of run.results) assert(speed.min > 0);
});

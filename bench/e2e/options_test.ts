// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { spreadOf } from "../../src/cli/comparison/spread.ts";
import { ParasyncError } from "../../src/errors.ts";
import { PARTS, readAllOptions } from "../all.ts";
import { percentile } from "../growth/clients.ts";
import { readGrowthOptions } from "../growth/options.ts";
import { readMicroOptions } from "../micro/options.ts";
import { readOptions } from "./options.ts";
import { rangesOf } from "./ranges.ts";
import { meanOf } from "./statistics.ts";

Deno.test("a spread is the median and the extremes, in any order", () => {
  assertEquals(spreadOf([3]), { median: 3, min: 3, max: 3 });
  assertEquals(spreadOf([9, 1, 2]), { median: 2, min: 1, max: 9 });
  assertEquals(spreadOf([9, 1, 3, 2]), { median: 2.5, min: 1, max: 9 });
  assertEquals([meanOf([1, 2]), meanOf([1, null]), meanOf([])], [1.5, null, null]);
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  assertEquals([50, 99, 100].map((share) => percentile(hundred, share)), [50, 99, 100]);
  assertEquals(percentile([7], 50), 7);
});

Deno.test("the bench's options are checked before anything is done", () => {
  const options = readOptions([
    "--pairs=insert8,text-1m",
    "--hw=0,1",
    "--fsync=on",
    "--threads=2",
    "--links=loopback,100mbit-40ms",
    "--against=curl,rsync",
    "--cache=both",
  ])!;
  assertEquals(options.pairs, ["insert8", "text-1m"]);
  assertEquals(options.hw, ["0", "1"]);
  assertEquals(options.fsync, [true]);
  assertEquals(options.flags, ["--threads=2"]);
  assertEquals(options.links.map((line) => line?.rttMs ?? null), [null, 40]);
  assertEquals(options.against, ["curl", "rsync"]);
  assertEquals(options.caches, ["warm", "cold"]);
  assertEquals(readOptions([])!.schemes.length, 6);
  assertEquals(readOptions(["--memory"])?.pairs, ["insert8-1g", "sparse-10g"]);
  assertEquals(readOptions(["--help"]), null);
  for (
    const arg of [
      "--runs=0",
      "--runs=x",
      "--fsync=no",
      "--against=scp",
      "--links=fast",
      "--cache=hot",
      "--schemes=rdiff",
      "--pairs=x",
      "--y",
      "z",
    ]
  ) {
    assertThrows(() => readOptions([arg]), ParasyncError, "Cannot");
  }
});

Deno.test("the other benches' options are checked as well", () => {
  assertEquals(readMicroOptions(["Scan", "--rounds=3"]), {
    filters: ["scan"],
    rounds: 3,
    json: false,
  });
  assertThrows(() => readMicroOptions(["--rounds=0"]), ParasyncError, "--rounds");
  assertThrows(() => readMicroOptions(["--help", "--y"]), ParasyncError, "no --y; see deno task");
  assertEquals([readMicroOptions(["--help"]), readGrowthOptions(["--help"])], [null, null]);
  const growth = readGrowthOptions(["--sizes=1m,16g", "--parts=sizes", "--runs=1"])!;
  assertEquals(growth.sizes, ["pages-1m", "sparse-16g"]);
  assertThrows(() => readGrowthOptions(["--clients=0"]), ParasyncError, "--clients");
  assertThrows(() => readGrowthOptions(["--runs=1,2"]), ParasyncError, "--runs takes a number");
  assertThrows(() => readGrowthOptions(["--parts=time"]), ParasyncError, "no part time");
  assertThrows(() => readAllOptions(["--parts=time"]), ParasyncError, "no part time");
});

Deno.test("every part of the full run is called as its bench takes it", () => {
  const readers: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
    "micro.ts": readMicroOptions,
    "e2e.ts": readOptions,
    "growth.ts": readGrowthOptions,
  };
  for (const { file, args, quick } of Object.values(PARTS)) {
    readers[file]!([...args, "--json"]);
    readers[file]!([...quick, "--json"]);
  }
});

Deno.test("ranges are read as a client of HTTP writes them", () => {
  assertEquals(rangesOf(null, 100), []);
  assertEquals(rangesOf("bytes=0-9,20-29, 90-", 100), [[0, 9], [20, 29], [90, 99]]);
  assertEquals(rangesOf("bytes=50-500", 100), [[50, 99]]);
  assertEquals(rangesOf("bytes=100-", 100), []);
});

// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { readDryRun } from "./dry_run.ts";
import { estimateMillis, readLine } from "./given_line.ts";

Deno.test("a line is a rate in bits a second and a round trip, in any usual spelling", () => {
  const line = { name: "100mbit-40ms", bitsPerSecond: 100e6, rttMs: 40 };
  for (const text of ["100mbit-40ms", "100mbit,40ms", "100Mbit/s-40MS", "100.0mbit-040ms"]) {
    assertEquals(readLine(text), line, text);
  }
  assertEquals(readLine("1.5gbit-0ms").bitsPerSecond, 1.5e9);
  assertEquals(readLine("56kbit-0.5s"), {
    name: "56kbit-0.5s",
    bitsPerSecond: 56_000,
    rttMs: 500,
  });
});

Deno.test("what is no line is refused, and so is one of no use", () => {
  for (
    const text of [
      ...["", "100mbit", "40ms", "100mbit-40", "100-40ms", "100MB-40ms", "0mbit-40ms"],
      ...["0.5kbit-1ms", "2000gbit-1ms", "1mbit-61s", "-1mbit-40ms", "1e3mbit-40ms"],
      ...["1mbit--1ms", "100mbit-40ms\n", " 100mbit-40ms", "100mbit-40ms-1"],
    ]
  ) {
    const error = assertThrows(() => readLine(text), ParasyncError, "Cannot read --line", text);
    assertEquals(error.code, "usage");
  }
});

Deno.test("a line without a dry run is refused, a dry run needs no line", () => {
  assertThrows(() => readDryRun(false, "100mbit-40ms"), ParasyncError, "without --dry-run");
  assertEquals(readDryRun(), undefined);
  assertEquals(readDryRun(true), { line: undefined });
  assertEquals(readDryRun(true, "1mbit-1ms")?.line?.rttMs, 1);
});

Deno.test("a sync takes its bytes each way at the line's rate, and its round trips", () => {
  const line = readLine("8mbit-40ms");
  const load = { upBytes: 1_000_000, downBytes: 500_000, roundTrips: 5 };
  assertEquals(estimateMillis(line, load), 1000 + 500 + 200);
  assertEquals(estimateMillis(line, { upBytes: 0, downBytes: 0, roundTrips: 0 }), 0);
});

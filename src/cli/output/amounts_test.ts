// @ts-types="../../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { formatBytes, formatCount, formatMillis, formatShare } from "./amounts.ts";

Deno.test("bytes have three digits and the unit they round to", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [9_994, "9.99 kB"],
    [9_995, "10.0 kB"],
    [9_999, "10.0 kB"],
    [99_949, "99.9 kB"],
    [99_999, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.00 MB"],
    [1_234_567_890, "1.23 GB"],
    [2 ** 40, "1.10 TB"],
    [Number.MAX_SAFE_INTEGER, "9.01 PB"],
    [1e21, "1000 EB"],
  ];
  for (const [bytes, expected] of cases) assertEquals(formatBytes(bytes), expected, String(bytes));
});

Deno.test("counts have their thousands apart", () => {
  for (
    const [count, expected] of [[0, "0"], [999, "999"], [1000, "1,000"], [
      Number.MAX_SAFE_INTEGER,
      "9,007,199,254,740,991",
    ]] as const
  ) assertEquals(formatCount(count), expected);
});

Deno.test("times carry over into the next unit and never show sixty", () => {
  const cases: [number, string][] = [
    [0, "0.0 ms"],
    [9.96, "10 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [59_949, "59.9 s"],
    [59_960, "1 min 00 s"],
    [119_700, "2 min 00 s"],
    [3_599_400, "59 min 59 s"],
    [3_599_600, "1 h 00 min"],
    [90_061_000, "25 h 01 min"],
  ];
  for (const [millis, expected] of cases) assertEquals(formatMillis(millis), expected);
});

Deno.test("a share is all or nothing only when it is", () => {
  const cases: [number, number, string][] = [
    [0, 0, "0 %"],
    [0, 10, "0 %"],
    [10, 10, "100 %"],
    [1, 1_000_000, "< 0.1 %"],
    [999_999, 1_000_000, "> 99.9 %"],
    [1, 3, "33.3 %"],
    [3, 2, "150 %"],
  ];
  for (const [part, whole, expected] of cases) assertEquals(formatShare(part, whole), expected);
});

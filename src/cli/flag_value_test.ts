// @ts-types="../types/std_assert.d.ts"
import { assertEquals, assertThrows } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { parseBytes, parseDuration, readFlagValue } from "./flag_value.ts";
import { FLAGS } from "./flags.ts";

Deno.test("bytes are read in powers of 1024 and of 1000, and only where they are exact", () => {
  const cases: [string, number | undefined][] = [
    ["0", 0],
    ["65536", 65536],
    ["64KiB", 65536],
    ["64k", 65536],
    ["64 KB", 64000],
    ["1.5GiB", 1.5 * 2 ** 30],
    ["1TiB", 2 ** 40],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["9007199254740992", undefined],
    ["9999999TiB", undefined],
    ["", undefined],
    ["KiB", undefined],
    ["-1", undefined],
    ["1e9", undefined],
    ["1PiB", undefined],
    ["0x10", undefined],
    ["1.KiB", undefined],
  ];
  for (const [text, bytes] of cases) assertEquals(parseBytes(text), bytes, text);
});

Deno.test("durations are read in milliseconds, bare numbers as seconds", () => {
  const cases: [string, number | undefined][] = [
    ["10", 10_000],
    ["500ms", 500],
    ["1.5s", 1500],
    ["15m", 900_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["1w", undefined],
    ["s", undefined],
    ["-1s", undefined],
  ];
  for (const [text, millis] of cases) assertEquals(parseDuration(text), millis, text);
});

const READ: readonly [flag: keyof typeof FLAGS, text: string, value: unknown][] = [
  ["threads", "1", 1],
  ["threads", "+8", 8],
  ["threads", "256", 256],
  ["port", "0", 0],
  ["hw", "TRUE", "1"],
  ["hw", "off", "0"],
  ["mode", "0", "pipeline-v1"],
  ["mode", "3", "streaming"],
  ["mode", "Flow-Graph", "flow-graph"],
  ["fsync", "off", false],
  ["json", "T", true],
  ["log-level", "0", "debug"],
  ["chunk-size", "auto", "auto"],
  ["chunk-size", "4KiB:8KiB:12KiB", { min: 4096, avg: 8192, max: 12288 }],
  ["root", "", ""],
];

Deno.test("every kind of value is read", () => {
  for (const [flag, text, value] of READ) {
    assertEquals(readFlagValue(text, FLAGS[flag], `--${flag}`), value, `${flag} ${text}`);
  }
});

const REFUSED: readonly [flag: keyof typeof FLAGS, text: string, message: string][] = [
  ["threads", "0", "Cannot use --threads=0: it must be 1 to 256, auto or cores"],
  ["threads", "1000000000", "Cannot use --threads=1000000000: it must be 1 to 256, auto or cores"],
  ["threads", "4.5", "Cannot use --threads=4.5: it must be 1 to 256"],
  ["threads", "constructor", "Cannot use --threads=constructor: it must be 1 to 256"],
  ["threads", "", "Cannot use --threads=: it must be 1 to 256"],
  ["port", "65536", "Cannot use --port=65536: it must be 0 to 65535"],
  ["port", "-1", "Cannot use --port=-1: it must be 0 to 65535"],
  ["hw", "2", "Cannot use --hw=2: it must be 0, 1, auto or require"],
  ["hw", "__proto__", "Cannot use --hw=__proto__: it must be 0, 1, auto or require"],
  [
    "mode",
    "4",
    "Cannot use --mode=4: it must be pipeline-v1, pipeline-v3, flow-graph or streaming",
  ],
  ["json", "maybe", "Cannot use --json=maybe: it must be on or off"],
  ["max-body", "0", "Cannot use --max-body=0: it must be a number of bytes"],
  ["idle-timeout", "0", "Cannot use --idle-timeout=0: it must be a time"],
  ["idle-timeout", "25d", "Cannot use --idle-timeout=25d: it must be a time"],
  [
    "chunk-size",
    "8KiB:4KiB:2KiB",
    "Cannot use --chunk-size=8KiB:4KiB:2KiB: it must be auto or sizes",
  ],
  ["chunk-size", "1:2", "Cannot use --chunk-size=1:2: it must be auto or sizes"],
  ["chunk-size", "0:2:4", "Cannot use --chunk-size=0:2:4: it must be auto or sizes"],
  ["hw", "\x1b[2J", "Cannot use --hw=\\x1b[2J: it must be"],
];

Deno.test("what is no value is a usage error that says what would be one", () => {
  for (const [flag, text, message] of REFUSED) {
    const error = assertThrows(
      () => readFlagValue(text, FLAGS[flag], `--${flag}`),
      ParasyncError,
      message,
    );
    assertEquals(error.code, "usage");
  }
});

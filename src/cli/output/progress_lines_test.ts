// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { unpainted } from "./paint.ts";
import { renderProgress, renderProgressLine, type StageProgress } from "./progress_lines.ts";
import { displayWidth } from "./width.ts";

function row(stage: string, doneBytes: number, totalBytes: number, rate?: number): StageProgress {
  return { stage, doneBytes, totalBytes, bytesPerSecond: rate };
}

const ROWS: readonly StageProgress[] = [
  row("client chunk", 62, 100, 1.2e9),
  row("server chunk", 100, 100),
  row("match", 0, 0),
];

Deno.test("a line names the stage and shows bar, percent and rate, aligned", () => {
  assertEquals(renderProgress(ROWS, { colour: false, width: 42 }), [
    "client chunk  ██████░░░░   62 %  1.20 GB/s",
    "server chunk  ██████████  100 %",
    "match         ██████████  100 %",
  ]);
});

Deno.test("no line is wider than the terminal, however narrow, and percents outlast bars", () => {
  const rows = [
    ...ROWS,
    row("天地玄黃宇宙洪荒", 5, 9, 3.3e6),
    row("upload", Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    row("unknown", 1e15, NaN, 0),
  ];
  for (let width = 1; width <= 130; width++) {
    const lines = renderProgress(rows, { colour: false, width });
    assertEquals(lines.length, rows.length);
    for (const line of lines) assert(displayWidth(line) <= width, `${width}: ${line}`);
    if (width >= 12) assertStringIncludes(lines[0] ?? "", "62 %");
  }
});

Deno.test("100 percent is said of what is done alone", () => {
  const share = (done: number, total: number) => renderProgressLine([row("x", done, total)]);
  assertEquals(share(999_999_999, 1_000_000_000), "x 99 %");
  assertEquals(share(1_000_000_000, 1_000_000_000), "x 100 %");
  assertEquals(share(12, 10), "x 100 %");
  assertEquals(share(0, 10), "x 0 %");
  assertEquals(share(0, 0), "x 100 %");
  assertEquals(share(2500, NaN), "x 2.50 kB");
  assertEquals(share(2500, -1), "x 2.50 kB");
});

Deno.test("colours are used only where asked for, and change nothing else", () => {
  const style = { colour: true, width: 60 };
  const plain = renderProgress(ROWS, { ...style, colour: false });
  const painted = renderProgress(ROWS, style);
  assertEquals(painted.map(unpainted), plain);
  assertStringIncludes(painted[0] ?? "", "\x1b[");
  assert(!plain.join("").includes("\x1b"));
});

Deno.test("a stage's name from a peer cannot move the cursor", () => {
  const rows = [row("a\x1b[2J\nb", 1, 2)];
  for (
    const text of [...renderProgress(rows, { colour: false, width: 80 }), renderProgressLine(rows)]
  ) {
    assert(!text.includes("\x1b") && !text.includes("\n"), text);
  }
});

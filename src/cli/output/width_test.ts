// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { displayWidth, fitWidth, padWidth } from "./width.ts";

Deno.test("width counts columns, not characters", () => {
  const cases: [string, number][] = [
    ["", 0],
    ["client chunk", 12],
    ["███░░", 5],
    ["größe", 5],
    ["gro\u0308ße", 5],
    ["天地玄黃宇宙洪荒", 16],
    ["ｆｕｌｌ", 8],
    ["한글", 4],
    ["한".normalize("NFD"), 2],
    ["🦕", 2],
    ["👩‍👩‍👧", 2],
    ["a\u200bb", 2],
    ["…", 1],
  ];
  for (const [text, width] of cases) assertEquals(displayWidth(text), width, text);
});

Deno.test("fitting keeps what fits whole and never exceeds the columns", () => {
  for (const text of ["disk.img", "天地玄黃.img", "👩‍👩‍👧👩‍👩‍👧x", "gro\u0308ße", ""]) {
    for (let columns = 0; columns < 20; columns++) {
      const fitted = fitWidth(text, columns);
      assert(displayWidth(fitted) <= columns, `${text} in ${columns}: ${fitted}`);
      assert(fitted.isWellFormed());
      if (displayWidth(text) <= columns) assertEquals(fitted, text);
    }
  }
  assertEquals(fitWidth("天地玄黃", 5), "天地…");
});

Deno.test("padding reaches the columns and never shortens", () => {
  assertEquals(padWidth("天", 4), "天  ");
  assertEquals(padWidth("chunk", 3), "chunk");
});

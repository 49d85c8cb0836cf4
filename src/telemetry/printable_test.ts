// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { printable } from "./printable.ts";

const CASES: readonly [name: string, text: string, expected: string][] = [
  ["ordinary text", "backups/disk 1.img", "backups/disk 1.img"],
  ["letters of any script", "日本語-größe-🦕", "日本語-größe-🦕"],
  ["a forged second line", "a\nparasync: done\r", "a\\nparasync: done\\r"],
  ["a terminal escape", "\x1b]0;owned\x07", "\\x1b]0;owned\\x07"],
  ["an eight-bit control", "\x9b31m", "\\x9b31m"],
  ["a NUL and a DEL", "\0\x7f", "\\x00\\x7f"],
  ["a right-to-left override", "gpj.\u202eexe", "gpj.\\u202eexe"],
  ["a lone surrogate", "\ud800x", "\\ud800x"],
  ["a Windows path", "C:\\data\\x", "C:\\data\\x"],
];

for (const [name, text, expected] of CASES) {
  Deno.test(`printable makes ${name} harmless and keeps the rest`, () => {
    assertEquals(printable(text), expected);
  });
}

Deno.test("printable leaves no control character for any of the first 65536 code units", () => {
  for (let code = 0; code < 0x10000; code++) {
    const shown = printable(String.fromCharCode(code));
    // deno-lint-ignore no-control-regex -- control characters are what is looked for
    assert(!/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(shown), `U+${code}`);
    assert(shown.isWellFormed(), `U+${code}`);
  }
});

Deno.test("printable shortens long text visibly", () => {
  assertEquals(printable("abcdef", 3), "abc…");
  assertEquals(printable("abc", 3), "abc");
});

// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { readTokenLines } from "./token_lines.ts";
import { TokenList } from "./token_list.ts";

function entries(text: string) {
  const read = readTokenLines(text);
  assert("length" in read, JSON.stringify(read));
  return read;
}

Deno.test("a file with one token and nothing else is what it always was", () => {
  for (const text of ["abc", "abc\n", "  abc\r\n\n", "\ufeffabc\n"]) {
    assertEquals(entries(text), [
      { token: "abc", grant: { name: "line 1", readOnly: false, within: [] } },
    ]);
  }
});

Deno.test("a line has a token and what it may; comments and empty lines have none", () => {
  const text = "# for the nightly build\nabc read-only name=ci\n\n" +
    "d/f+=\tprefix=/my%20images/a/  \nghi prefix=/ name=all read-only\n";
  assertEquals(entries(text), [
    { token: "abc", grant: { name: "ci", readOnly: true, within: [] } },
    { token: "d/f+=", grant: { name: "line 4", readOnly: false, within: ["my images", "a"] } },
    { token: "ghi", grant: { name: "all", readOnly: true, within: [] } },
  ]);
  assertEquals(entries(" \n# nothing\n"), []);
});

Deno.test("a line that could be read in two ways is refused, and not repeated", () => {
  const lines = [
    "s3cret words",
    "s3cret readonly",
    "s3cret read-only=1",
    "s3cret prefix",
    "s3crét",
  ];
  const paths = [
    "images",
    "/a/../b",
    "/a//b",
    "/./a",
    "/a%2fb/%2e%2e",
    "/%ff",
    "",
    "/a\\b",
    "/a%00",
  ];
  for (
    const line of [
      ...lines,
      ...paths.map((path) => `s3cret prefix=${path}`),
      "s3cret name=",
      "s3cret name=two,words",
      "s3cret read-only read-only",
      "s3cret prefix=/a prefix=/b",
      `${"x".repeat(4097)}`,
      "abc",
    ]
  ) {
    const read = readTokenLines(`abc\n\n${line}\n`);
    assert("problem" in read, line);
    assertEquals(read.line, 3, line);
    assert(!/s3cr/.test(read.problem), read.problem);
  }
});

Deno.test("each token opens what stands behind it, and nothing else opens anything", () => {
  const list = new TokenList(entries("one\ntwo read-only\nthree name=c\n"));
  assertEquals(list.grantOf("two")?.readOnly, true);
  assertEquals(list.grantOf("three")?.name, "c");
  for (const wrong of ["", "on", "one ", "One", "one\n", "two read-only", "#"]) {
    assertEquals(list.grantOf(wrong), undefined, wrong);
  }
});

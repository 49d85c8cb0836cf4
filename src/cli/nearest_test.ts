// @ts-types="../types/std_assert.d.ts"
import { assertEquals } from "@std/assert";
import { editDistance, nearestName } from "./nearest.ts";

Deno.test("the distance is the least number of edits, a swap being one", () => {
  const cases: [string, string, number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "", 3],
    ["port", "port", 0],
    ["prot", "port", 1],
    ["treads", "threads", 1],
    ["threadss", "threads", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3],
  ];
  for (const [from, to, distance] of cases) {
    assertEquals(editDistance(from, to), distance, `${from} ${to}`);
    assertEquals(editDistance(to, from), distance, `${to} ${from}`);
  }
});

Deno.test("the nearest name is one that could have been meant, or none", () => {
  const names = ["threads", "thread_num", "timeout", "json", "hw", "max-file-size"];
  const cases: [string, string | undefined][] = [
    ["treads", "threads"],
    ["thread-num", "thread_num"],
    ["THREADS", "threads"],
    ["jsno", "json"],
    ["hx", "hw"],
    ["max-file", "max-file-size"],
    ["tim", "timeout"],
    ["colour", undefined],
    ["x", undefined],
    ["", undefined],
  ];
  for (const [word, name] of cases) assertEquals(nearestName(word, names), name, word);
  assertEquals(nearestName("y".repeat(1_000_000), names), undefined);
});

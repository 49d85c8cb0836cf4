// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { note, ok, problem, type Section } from "../doctor/check.ts";
import { doctorExit, doctorJson } from "./doctor_json.ts";
import { renderDoctor } from "./doctor_lines.ts";
import { unpainted } from "./paint.ts";
import { displayWidth } from "./width.ts";

const FINE: Section = { title: "One", checks: [ok(["a", "first"], "fine", { bigNumber: 1 })] };
const MIXED: readonly Section[] = [
  FINE,
  {
    title: "Two",
    checks: [
      note(["b", "second one"], "could be better", "Do this"),
      problem(["c", "third"], "connect_timeout", "no answer", "Do that", { reachable: false }),
      problem(["d", "fourth"], "no_space", "full", "Make room"),
    ],
  },
];
const STYLE = { colour: false, width: 80 };

Deno.test("each check is a line with its mark, and its advice stands below it", () => {
  assertEquals(
    renderDoctor(MIXED, STYLE),
    `\
One
  ✓ first       fine

Two
  ! second one  could be better
                → Do this
  ✗ third       no answer
                → Do that
  ✗ fourth      full
                → Make room

2 problems, 1 note
`,
  );
  assertEquals(renderDoctor([FINE], STYLE), "One\n  ✓ first  fine\n\nNo problem\n");
});

Deno.test("the exit code is that of the first problem, and notes are none", () => {
  assertEquals(doctorExit(MIXED), 35);
  assertEquals(doctorExit([FINE, { title: "", checks: [note(["b", "b"], "", "")] }]), 0);
});

Deno.test("the JSON is a line with all checks, their figures in snake case", () => {
  const text = doctorJson(MIXED);
  assertEquals(text.includes("\n"), false);
  const { checks, ...rest } = JSON.parse(text);
  assertEquals(rest, { type: "doctor", schema: 1, exit: 35, notes: 1, problems: 2 });
  assertEquals(checks[0], {
    name: "a",
    status: "ok",
    text: "fine",
    advice: "",
    code: null,
    figures: { "big_number": 1 },
  });
  assertEquals(checks[2].code, "connect_timeout");
  assertEquals(checks.length, 4);
});

Deno.test("long lines are broken at any width, below where they began, and colours only style them", () => {
  const long = "it is quite long ".repeat(12).trim();
  const sections = [{ title: "T", checks: [note(["n", "label"], long, `${long}!`)] }];
  for (const width of [60, 80, 100, 200]) {
    const text = renderDoctor(sections, { colour: false, width });
    for (const line of text.split("\n")) assert(displayWidth(line) <= Math.min(width, 100), line);
    assertEquals(text.replace(/\s+/g, " ").includes(`label ${long} → ${long}! `), true);
    assertEquals(unpainted(renderDoctor(sections, { colour: true, width })), text);
  }
  renderDoctor(sections, { colour: false, width: 1 });
});

Deno.test("what others wrote cannot act on a terminal", () => {
  const sections = [{ title: "\x1b[2J", checks: [note(["n", "n"], "a\nb\x1b[2J", "\x07")] }];
  // deno-lint-ignore no-control-regex -- they must not be there
  assertEquals(/[\x00-\x09\x0b-\x1f]/.test(renderDoctor(sections, STYLE)), false);
});

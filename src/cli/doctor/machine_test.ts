// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { checkMachine, examineMachine, type MachineFacts } from "./machine.ts";

const WELL: MachineFacts = {
  deno: "2.8.2",
  standalone: false,
  target: "x86_64-unknown-linux-gnu",
  simd: true,
  cores: 4,
  copySpeed: 11.26e9,
  ungranted: [],
};

function check(name: string, facts: Partial<MachineFacts>) {
  const found = checkMachine({ ...WELL, ...facts }).find((each) => each.name === name);
  assert(found !== undefined, name);
  return found;
}

Deno.test("a machine as it should be has no notes", () => {
  assertEquals(checkMachine(WELL).map(({ status }) => status), Array(6).fill("ok"));
  assertMatch(check("memory", {}).text, /11\.3 GB\/s/);
});

Deno.test("the Deno versions with the slow server are told, and no others", () => {
  for (const deno of ["2.8.3", "2.8.10", "2.9.0", "2.9.6"]) {
    const { status, text, advice } = check("deno", { deno });
    assertEquals(status, "note", deno);
    assertMatch(text, /several times slower/);
    assertMatch(advice, /2\.8\.2/);
  }
  for (const deno of ["2.4.2", "2.8.2", "2.9.7", "2.10.0", "3.0.0", "2.9.7+abc"]) {
    assertEquals(check("deno", { deno }).status, "ok", deno);
  }
  assertEquals(check("deno", { deno: "2.3.9" }).status, "note");
  assertMatch(check("deno", { deno: "2.9.0", standalone: true }).advice, /^Compile/);
});

Deno.test("without SIMD nothing works, and that is a problem", () => {
  assertEquals([check("simd", { simd: false }).status, check("simd", { simd: false }).code], [
    "problem",
    "internal",
  ]);
});

Deno.test("a missing permission is a note that says what it costs", () => {
  const { status, text, advice } = check("permissions", { ungranted: ["ffi", "run"] });
  assertEquals(status, "note");
  assertMatch(text, /ffi, run/);
  assertMatch(advice, /--allow-ffi --allow-run.*no hardware checksums without ffi/);
});

Deno.test("this machine has SIMD: every other test needs it", () => {
  assertEquals(examineMachine().simd, true);
});

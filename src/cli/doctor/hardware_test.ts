// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { LookedFor } from "../../hashing/libraries.ts";
import type { Check } from "./check.ts";
import { checkHardware, examineHardware, type HardwareFacts } from "./hardware.ts";

const ISAL: LookedFor = {
  title: "ISA-L",
  name: "libisal.so.2",
  path: "/usr/lib/libisal.so.2",
  missing: "",
};
const BLAKE3: LookedFor = {
  title: "BLAKE3",
  name: "/opt/libblake3.so",
  path: "/opt/libblake3.so",
  missing: "",
};
const NO_BLAKE3: LookedFor = {
  title: "BLAKE3",
  name: null,
  path: null,
  missing:
    "Cannot open BLAKE3: not found as a.so, b.so, c.so, d.so, e.so; f.so refused, it has no " +
    "function x; on Debian or Ubuntu: apt-get install libllvm15",
};
const WELL: HardwareFacts = {
  choice: "auto",
  libraries: [ISAL, BLAKE3],
  native: "libisal.so.2 + libblake3.so",
  portable: "node:zlib + SIMD BLAKE3",
  speeds: [
    { name: "CRC-32", portable: 12.7e9, native: 12.71e9 },
    { name: "BLAKE3", portable: 0.53e9, native: 4.24e9 },
  ],
  agree: true,
};
const WITHOUT: HardwareFacts = {
  ...WELL,
  libraries: [ISAL, NO_BLAKE3],
  native: null,
  speeds: WELL.speeds.map((speed) => ({ ...speed, native: null })),
};

function statuses(checks: readonly Check[]): string[] {
  return checks.map(({ name, status }) => `${name} ${status}`);
}

Deno.test("with both libraries all is well, and each is shown with its place and its worth", () => {
  const checks = checkHardware(WELL);
  assertEquals(statuses(checks), [
    "isal ok",
    "blake3 ok",
    "backend ok",
    "speed_crc32 ok",
    "speed_blake3 ok",
  ]);
  assertEquals(checks[0]!.text, "libisal.so.2 (/usr/lib/libisal.so.2)");
  assertEquals(checks[1]!.text, "/opt/libblake3.so");
  assertEquals(checks[3]!.text, "12.7 GB/s native, 12.7 GB/s portable");
  assertEquals(checks[4]!.text, "4.24 GB/s native, 0.53 GB/s portable (8.0 times as fast)");
});

Deno.test("a missing library is a note with the command that installs it", () => {
  const checks = checkHardware(WITHOUT);
  assertEquals(statuses(checks).slice(0, 3), ["isal ok", "blake3 note", "backend note"]);
  assertEquals(
    checks[1]!.text,
    "not found as a.so, b.so, c.so and 2 more; f.so refused, it has no function x",
  );
  assertEquals(
    checks[1]!.advice,
    "Install it on Debian or Ubuntu: apt-get install libllvm15",
  );
});

Deno.test("a library that a variable names wrongly is not to be installed", () => {
  const missing = "Cannot open BLAKE3 (as PARASYNC_LIBBLAKE3 asks): not found as /x; on Debian …";
  const [, blake3] = checkHardware({ ...WITHOUT, libraries: [ISAL, { ...NO_BLAKE3, missing }] });
  assertEquals(blake3!.advice, "Mend PARASYNC_LIBBLAKE3, or unset it");
  assertEquals(blake3!.text, "not found as /x");
});

Deno.test("where libraries are required, a missing one is a problem", () => {
  const checks = checkHardware({ ...WITHOUT, choice: "require" });
  const problems = checks.filter(({ status }) => status === "problem");
  assertEquals(problems.map(({ name, code }) => [name, code]), [
    ["blake3", "usage"],
    ["backend", "usage"],
  ]);
});

Deno.test("without permission the reason is all there is to say", () => {
  const missing =
    "Cannot open BLAKE3: this program may not load libraries, run it with --allow-ffi";
  const [, blake3] = checkHardware({ ...WITHOUT, libraries: [ISAL, { ...NO_BLAKE3, missing }] });
  assertMatch(blake3!.text, /--allow-ffi$/);
  assertEquals(blake3!.advice, "");
});

Deno.test("backends that disagree are a problem", () => {
  const last = checkHardware({ ...WELL, agree: false }).at(-1)!;
  assertEquals([last.status, last.code], ["problem", "verification"]);
});

Deno.test({
  name: "both backends of this machine agree, and --hw=0 looks for no library",
  // Libraries that are in use stay loaded.
  sanitizeResources: false,
  fn: async () => {
    const facts = await examineHardware("auto");
    assertEquals(facts.agree, true);
    assert(facts.speeds.every(({ portable }) => portable > 0));
    const portable = await examineHardware("0");
    assertEquals([portable.libraries, portable.native], [[], null]);
    assertEquals(statuses(checkHardware(portable)), [
      "backend ok",
      "speed_crc32 ok",
      "speed_blake3 ok",
    ]);
  },
});

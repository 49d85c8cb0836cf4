/** The manual page, by the programs that show it. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertSucceeded } from "../outcome.ts";
import { run } from "../program.ts";
import { needs } from "../shell.ts";
import { Workspace } from "../workspace.ts";

/** What shows the page with all the complaints it has, and what it may complain of. */
const READERS: readonly (readonly [program: string, flags: readonly string[], harmless: RegExp])[] =
  [
    ["groff", ["-ww", "-man", "-Tutf8"], /(?!)/],
    // A date would make the page another one each time it is made; the version stands in its place.
    ["mandoc", ["-Tlint", "-Wwarning"], /missing date/],
  ];

for (const [program, flags, harmless] of READERS) {
  const skipped = needs(program);
  Deno.test({
    name: `${program} has nothing against the manual page${skipped}`,
    ignore: skipped !== "",
    fn: async () => {
      await using space = new Workspace();
      const page = join(space.path, "parasync.1");
      fs.writeFileSync(page, assertSucceeded(await run(["man"])));
      const { stdout, stderr } = new Deno.Command(program, { args: [...flags, page] }).outputSync();
      const [shown, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      const complaints = `${program === "mandoc" ? shown : ""}${said}`.split("\n");
      assertEquals(complaints.filter((line) => line !== "" && !harmless.test(line)), []);
    },
  });
}

Deno.test("the manual page is named and numbered as man expects", async () => {
  assertMatch(assertSucceeded(await run(["man"])), /^\.TH PARASYNC 1 "" "parasync \d+\.\d+\.\d+"/);
});

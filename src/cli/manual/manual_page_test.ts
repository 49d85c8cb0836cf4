// @ts-types="../../types/std_assert.d.ts"
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { environmentVariable, type FlagSpec } from "../flag_spec.ts";
import { EXIT_CODES } from "../exit_codes.ts";
import { FLAGS } from "../flags.ts";
import { COMMANDS } from "../program.ts";
import { manualPage } from "./manual_page.ts";
import { prose, roff, section } from "./roff.ts";

/** The page without its escapes. */
function plainPage(): string {
  return manualPage().replace(/\\f[BIR]/g, "").replaceAll("\\-", "-").replaceAll("\\e", "\\");
}

/** What stands below a term, up to the next one. */
function below(page: string, term: RegExp): string {
  const parts = page.split(/^\.(?:TP|SH.*|PP)\n/m).filter((part) => term.test(part));
  assertEquals(parts.length, 1, `${term}: ${parts.length} entries`);
  return parts[0]!;
}

Deno.test("the manual page has an entry for every flag, with its variable, default and aliases", () => {
  const page = plainPage();
  for (const [name, spec] of Object.entries(FLAGS) as [string, FlagSpec][]) {
    const text = below(page, new RegExp(`^(-\\w, )?--${name}(=.*)?\\n`));
    assertStringIncludes(text, `Variable: ${environmentVariable(name)}.`);
    for (const alias of spec.aliases ?? []) assertStringIncludes(text, `--${alias}`);
    const defaults = [spec.default, ...Object.values(spec.defaults ?? {})];
    for (const value of defaults) assertStringIncludes(text, value || "");
  }
});

Deno.test("the manual page has an entry for every command and every exit code", () => {
  const page = plainPage();
  for (const [name, { original }] of Object.entries(COMMANDS)) {
    if (!original) below(page, new RegExp(`^${name}( [A-Z[\\] ]+)?\\n`));
  }
  for (const kind of ["_http_server", "_http_client", "_test"]) assertStringIncludes(page, kind);
  for (const code of Object.keys(EXIT_CODES)) below(page, new RegExp(`^${code}\\n`));
});

Deno.test("a flag's default says which commands have another", () => {
  const text = below(plainPage(), /^-T, --threads=N\n/);
  assertStringIncludes(text, "Default: auto; cores for serve, the original's servers; 4 for");
  assertStringIncludes(below(plainPage(), /^--root=DIR\n/), "Default: \\&.; none for doctor.");
});

Deno.test("text that looks like an instruction of roff is none", () => {
  assertEquals(roff(".TH"), "\\&.TH");
  assertEquals(roff("'a"), "\\&'a");
  assertEquals(roff("a\\b-c~"), "a\\eb\\-c\\(ti");
  assertEquals(prose("a well-known --flag, `x-y`"), "a well-known \\-\\-flag, \\fBx\\-y\\fR");
  assertEquals(section("A", ".PP\nb\n", ".PP\nc\n"), ".SH A\nb\n.PP\nc\n");
});

Deno.test("every line of the page is an instruction, or text that begins with none", () => {
  for (const line of manualPage().trimEnd().split("\n")) {
    assert(/^(\.(TH|SH|PP|TP|nf|fi|RS|RE|br|BR|nh|ad)\b|[^.'])/.test(line), line);
  }
});

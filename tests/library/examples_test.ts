/** The examples of the library's documents are programs: each is checked, and runs to its end by itself. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DOCUMENTS = ["src/mod.ts", ...filesIn("src/library"), "docs/library.md"];

interface Example {
  readonly name: string;
  readonly program: string;
}

function filesIn(folder: string): string[] {
  return fs.readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`);
}

/** The blocks of TypeScript in a document, be it Markdown or the comments of a module. */
function examplesIn(path: string): Example[] {
  const text = fs.readFileSync(join(ROOT, path), "utf8").replace(/^ \* ?/gm, "");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, program], place) => ({
    name: `${basename(path)} ${place + 1}`,
    program: program!,
  }));
}

const EXAMPLES = DOCUMENTS.flatMap(examplesIn);
const CONFIG = `--config=${join(ROOT, "deno.json")}`;

/** Runs `deno` on the examples, written to files in a folder of their own, and gives what went wrong. */
async function deno(args: readonly string[], examples: readonly Example[]): Promise<string> {
  const folder = Deno.makeTempDirSync({ prefix: "parasync-test-" });
  try {
    const files = examples.map(({ name, program }) => {
      const file = join(folder, `${name.replaceAll(/\W/g, "_")}.ts`);
      fs.writeFileSync(file, program);
      return file;
    });
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [args[0]!, CONFIG, ...args.slice(1), ...files],
      cwd: folder,
      // What the examples make goes with their folder.
      env: { NO_COLOR: "1", TMPDIR: folder },
    }).output();
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    return code === 0 ? "" : `exit ${code}: ${said}`;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("every function of the library has an example", () => {
  const all = EXAMPLES.map(({ program }) => program).join("\n");
  for (const name of ["push", "serve", "sync", "signature", "delta", "patch"]) {
    assert(new RegExp(`await ${name}\\(`).test(all), name);
  }
});

Deno.test("the examples are well typed", async () => {
  assertEquals(await deno(["check"], EXAMPLES), "");
});

for (const example of EXAMPLES) {
  Deno.test(`the example ${example.name} runs`, async () => {
    assertEquals(await deno(["run", "-A", "--no-check", "--no-prompt"], [example]), "");
  });
}

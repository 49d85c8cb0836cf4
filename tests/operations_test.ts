/** What docs/operations.md and docs/ops tell people to type is taken by the program. */
// @ts-types="../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { environmentVariable } from "../src/cli/flag_spec.ts";
import { FLAGS } from "../src/cli/flags.ts";
import { parseCommand } from "../src/cli/parse.ts";

const DOCS = new URL("../docs/", import.meta.url);
const FILES = [
  "operations.md",
  ...fs.readdirSync(new URL("ops", DOCS)).map((name) => `ops/${name}`),
];

/** Variables that are no flag's. */
const VARIABLES = ["PARASYNC_TOKEN", "PARASYNC_LIBISAL", "PARASYNC_LIBBLAKE3"];

interface CommandLine {
  readonly file: string;
  readonly program: string;
  readonly args: readonly string[];
}

function read(file: string): string {
  return fs.readFileSync(fileURLToPath(new URL(file, DOCS)), "utf8");
}

/** Every call of the program: to the end of its line, or to what ends a command in a shell. */
function commandLines(file: string): CommandLine[] {
  const text = read(file)
    .replaceAll(/ *\\\n[# ]*/g, " ")
    // The arrays of a Dockerfile.
    .replaceAll(/^\w+ \[(.*)\]$/gm, (_, words: string) => words.replaceAll(/"|,(?= )/g, ""));
  const calls =
    /(?:^|[\s`/=])(parasync(?= [a-z])|parasync-server|parasync-client|main\.ts) ([^\n`|;&#>)]*)/g;
  return [...text.matchAll(calls)].map(([, name, rest]) => ({
    file,
    program: name === "main.ts" ? "parasync" : name!,
    args: rest!.trim().split(/\s+/),
  }));
}

/** The settings that a paper shows, as a file. */
function settingsIn(file: string): Disposable & { readonly path: string } {
  const path = Deno.makeTempFileSync({ suffix: ".json" });
  Deno.writeTextFileSync(path, /^```json\n(\{[^`]*\})\n```$/m.exec(read(file))?.[1] ?? "{}");
  return { path, [Symbol.dispose]: () => Deno.removeSync(path) };
}

Deno.test("every command line in the papers for those who run it is taken", async () => {
  const lines = FILES.flatMap(commandLines)
    .filter(({ args }) => args.some((word) => word.startsWith("-")));
  for (const file of FILES) {
    assert(lines.some((line) => line.file === file), `no command line was found in ${file}`);
  }
  for (const { file, program, args } of lines) {
    const shown = `${file}: ${program} ${args.join(" ")}`;
    using settings = settingsIn(file);
    const words = args.map((word) => word.replace(/^--config=.*/, `--config=${settings.path}`));
    try {
      await parseCommand(program, words, () => undefined);
    } catch (error) {
      throw new Error(shown, { cause: error });
    }
  }
});

Deno.test("every flag and variable that they name exists", () => {
  const flags = new Set(
    Object.entries(FLAGS).flatMap(([name, spec]) => [
      name,
      ...("aliases" in spec ? spec.aliases : []),
    ]),
  );
  const variables = new Set([...Object.keys(FLAGS).map(environmentVariable), ...VARIABLES]);
  const unknown = FILES.flatMap((file) => {
    const text = read(file);
    return [
      ...[...text.matchAll(/`--([a-z-]+)/g)].map((match) => match[1]!)
        .filter((name) => !flags.has(name)),
      ...[...text.matchAll(/\bPARASYNC_[A-Z_0-9]+/g)].map((match) => match[0])
        .filter((name) => !variables.has(name)),
    ].map((name) => `${file}: ${name}`);
  });
  assertEquals(unknown, []);
});

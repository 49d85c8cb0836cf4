/**
 * The full run, part by part, into docs/benchmarks.md, a page and JSON:
 *
 *     deno task bench:all [--out=docs/benchmarks] [--dir=DIR] [--parts=micro,…] [--quick]
 */
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ParasyncError } from "../src/errors.ts";
import { runCommand, withFolder } from "./command.ts";
import { Flags } from "./flags.ts";
import { renderDocument, withTables } from "./report/document.ts";
import { type BenchRun, renderPage } from "./report/page.ts";

/** A part of the full run: a file of this folder and its arguments. */
interface Part {
  readonly file: string;
  readonly args: readonly string[];
  /** The least that shows that it works. */
  readonly quick: readonly string[];
}

/** In this order; what is measured twice counts the first time in the page. */
export const PARTS: Readonly<Record<string, Part>> = {
  micro: { file: "micro.ts", args: [], quick: ["--rounds=1"] },
  pairs: {
    file: "e2e.ts",
    args: ["--pairs=insert8,headers,sqlite,typescript,deno", "--schemes=parasync"],
    quick: ["--pairs=insert8-9m,text-2m", "--schemes=parasync", "--runs=1"],
  },
  synced: {
    file: "e2e.ts",
    args: ["--pairs=insert8,deno", "--schemes=parasync", "--against=rsync,curl", "--fsync=on"],
    quick: ["--pairs=text-2m", "--schemes=parasync", "--against=rsync", "--fsync=on", "--runs=1"],
  },
  large: {
    file: "e2e.ts",
    args: [
      "--pairs=same-1g,differ-1g",
      "--schemes=parasync",
      "--against=rsync,curl,cp",
    ],
    quick: ["--pairs=same-9m", "--schemes=parasync", "--against=rsync,curl,cp", "--runs=1"],
  },
  portable: {
    file: "e2e.ts",
    args: [
      "--pairs=insert8-1g",
      "--schemes=parasync",
      "--hw=auto,0",
      "--against=rsync",
      "--fsync=both",
    ],
    quick: ["--pairs=insert8-9m", "--schemes=parasync", "--hw=0", "--against=none", "--runs=1"],
  },
  schemes: {
    file: "e2e.ts",
    args: ["--pairs=insert8,typescript", "--against=none"],
    quick: ["--pairs=text-2m", "--against=none", "--runs=1"],
  },
  links: {
    file: "e2e.ts",
    args: [
      "--pairs=headers,sqlite,typescript",
      "--schemes=parasync",
      "--against=rsync",
      "--links=1gbit-1ms,500mbit-50ms,100mbit-40ms",
      "--runs=3",
    ],
    quick: [
      "--pairs=text-2m",
      "--schemes=parasync",
      "--against=rsync",
      "--links=100mbit-40ms",
      "--runs=1",
    ],
  },
  cold: {
    file: "e2e.ts",
    args: ["--pairs=insert8,deno", "--schemes=parasync", "--against=rsync,curl,cp", "--cache=cold"],
    quick: ["--pairs=text-2m", "--schemes=parasync", "--against=cp", "--cache=cold", "--runs=1"],
  },
  memory: {
    file: "e2e.ts",
    args: ["--memory"],
    quick: ["--memory", "--pairs=text-2m"],
  },
  growth: {
    file: "growth.ts",
    args: ["--sizes=1m,16m,128m,1g,16g", "--runs=1"],
    quick: [
      "--sizes=1m,9m",
      "--threads=1,2",
      "--threads-pair=insert8-9m",
      "--clients=1,2",
      "--clients-pair=text-2m",
      "--runs=1",
    ],
  },
};

const USAGE = `Usage: deno task bench:all [FLAGS]

Every bench in turn, which takes long (--parts runs only some); writes OUT.html and OUT.json, and the tables of OUT.md
between its marks.

  --out=OUT       where to write (docs/benchmarks)
  --dir=DIR       keep the pairs there (else a temporary folder)
  --parts=NAME,…  of ${Object.keys(PARTS).join(", ")} (all)
  --quick         tiny files and single runs: whether it works, and no figures to quote
`;

/** What was asked for. */
export interface AllOptions {
  readonly out: string;
  readonly dir: string | undefined;
  readonly parts: readonly string[];
  readonly quick: boolean;
}

/**
 * Reads the arguments.
 *
 * @param args The arguments.
 * @returns What was asked for; `null` for help.
 * @throws {ParasyncError} `usage`.
 */
export function readAllOptions(args: readonly string[]): AllOptions | null {
  const texts = ["out", "dir", "parts"];
  const flags = Flags.read("bench:all", args, { texts, switches: ["quick"] });
  if (flags === null) return null;
  const parts = flags.list("parts", Object.keys(PARTS).join());
  for (const part of parts) {
    if (!Object.hasOwn(PARTS, part)) flags.refuse(`there is no part ${part}`);
  }
  return {
    out: flags.text("out") ?? "docs/benchmarks",
    dir: flags.text("dir"),
    parts,
    quick: flags.isOn("quick"),
  };
}

async function runPart(
  { file, args, quick }: Part,
  options: AllOptions,
  dir: string,
  signal: AbortSignal,
): Promise<BenchRun> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const places = file === "micro.ts" ? [] : [`--dir=${dir}`];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", path, ...options.quick ? quick : args, ...places, "--json"],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    signal,
  });
  const { success, stdout } = await child.output();
  signal.throwIfAborted();
  if (!success) throw new ParasyncError("internal", `Cannot go on: ${file} did not end well`);
  return JSON.parse(new TextDecoder().decode(stdout)) as BenchRun;
}

async function runAll(options: AllOptions, say: (text: string) => void): Promise<void> {
  const { out, parts } = options;
  const runs = await withFolder(undefined, async (folder, signal) => {
    const dir = options.dir ?? join(folder, "pairs");
    const done: BenchRun[] = [];
    for (const name of parts) {
      say(`== ${name}`);
      done.push(await runPart(PARTS[name]!, options, dir, signal));
    }
    return done;
  });
  const places = /^--(?:dir|out)\b/;
  const command = ["deno task bench:all", ...Deno.args.filter((arg) => !places.test(arg))].join(
    " ",
  );
  const about = { command, date: new Date().toISOString().slice(0, 10) };
  fs.writeFileSync(`${out}.json`, `${JSON.stringify({ ...about, runs }, null, 1)}\n`);
  fs.writeFileSync(`${out}.html`, renderPage(runs, about));
  const document = fs.readFileSync(`${out}.md`, "utf8");
  fs.writeFileSync(`${out}.md`, withTables(document, renderDocument(runs, about)));
  const formatted = new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", `${out}.md`] });
  await formatted.output();
  say(`written: ${out}.md, ${out}.html, ${out}.json`);
}

if (import.meta.main) {
  await runCommand(async ({ stdout, stderr }) => {
    const options = readAllOptions(Deno.args);
    if (options === null) stdout.write(USAGE);
    else await runAll(options, (text) => stderr.write(`${text}\n`));
  });
}

/**
 * The full run, part by part, into docs/benchmarks.md, a page and JSON:
 *
 *     deno task bench:all [--out=docs/benchmarks] [--dir=DIR] [--parts=micro,…] [--quick]
 */
// @ts-types="../src/types/std_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { reportFailure } from "../src/cli/failure.ts";
import { createOutput } from "../src/cli/output/output.ts";
import { ParasyncError } from "../src/errors.ts";
import { endingSignal } from "./ending_signal.ts";
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

Every bench in turn, some 25 minutes on two cores; writes OUT.html and OUT.json, and the tables of OUT.md between
its marks.

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
  const refuse = (reason: string): never => {
    throw new ParasyncError("usage", `Cannot begin: ${reason}; see deno task bench:all --help`);
  };
  const parsed = parseArgs(args, {
    boolean: ["quick", "help"],
    string: ["out", "dir", "parts"],
    unknown: (arg) => refuse(`there is no ${arg}`),
  });
  if (parsed["help"] === true) return null;
  const parts = String(parsed["parts"] ?? Object.keys(PARTS).join()).split(",");
  for (const part of parts) if (!Object.hasOwn(PARTS, part)) refuse(`there is no part ${part}`);
  return {
    out: String(parsed["out"] ?? "docs/benchmarks"),
    dir: typeof parsed["dir"] === "string" ? parsed["dir"] : undefined,
    parts,
    quick: parsed["quick"] === true,
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

async function runAll(
  options: AllOptions,
  command: string,
  say: (text: string) => void,
): Promise<void> {
  const { out, parts } = options;
  const scratch = options.dir === undefined
    ? Deno.makeTempDirSync({ prefix: "parasync-bench-" })
    : undefined;
  const tidy = (): void => {
    if (scratch !== undefined) fs.rmSync(scratch, { recursive: true, force: true });
  };
  const signal = endingSignal(tidy);
  try {
    const dir = options.dir ?? join(scratch!, "pairs");
    const runs: BenchRun[] = [];
    for (const name of parts) {
      say(`== ${name}`);
      runs.push(await runPart(PARTS[name]!, options, dir, signal));
    }
    const about = { command, date: new Date().toISOString().slice(0, 10) };
    fs.writeFileSync(`${out}.json`, `${JSON.stringify({ ...about, runs }, null, 1)}\n`);
    fs.writeFileSync(`${out}.html`, renderPage(runs, about));
    const document = fs.readFileSync(`${out}.md`, "utf8");
    fs.writeFileSync(`${out}.md`, withTables(document, renderDocument(runs, about)));
    const formatted = new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", `${out}.md`] });
    await formatted.output();
    say(`written: ${out}.md, ${out}.html, ${out}.json`);
  } finally {
    tidy();
  }
}

if (import.meta.main) {
  const env = (name: string): string | undefined => Deno.env.get(name);
  const [stdout, stderr] = [createOutput(Deno.stdout, env), createOutput(Deno.stderr, env)];
  try {
    const options = readAllOptions(Deno.args);
    if (options === null) stdout.write(USAGE);
    else {
      const command = [
        "deno task bench:all",
        ...Deno.args.filter((arg) => !/^--(?:dir|out)\b/.test(arg)),
      ]
        .join(" ");
      await runAll(options, command, (text) => stderr.write(`${text}\n`));
    }
    Deno.exit(0);
  } catch (error) {
    Deno.exit(reportFailure(error, { stdout, stderr, json: false, verbose: false }));
  }
}

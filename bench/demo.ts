/**
 * Shows what ParaSync does, on this machine and with nothing else installed.
 *
 *     deno task demo [--hw=0|1|auto] [--threads=N] [OLD NEW]
 *
 * A server of its own over a temporary folder, a real push to it over HTTP, and a comparison of the result
 * byte by byte. Without OLD and NEW two files are made; otherwise OLD is copied and NEW only read. Whatever
 * happens, nothing is left behind.
 */
// @ts-types="../src/types/std_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import fs from "node:fs";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { reportFailure } from "../src/cli/failure.ts";
import { run } from "../src/cli/main.ts";
import { formatBytes, formatCount, formatMillis, formatShare } from "../src/cli/output/amounts.ts";
import { createOutput, type Output } from "../src/cli/output/output.ts";
import { painter } from "../src/cli/output/paint.ts";
import { renderSummary, type Summary } from "../src/cli/output/summary.ts";
import { ParasyncError } from "../src/errors.ts";
import { openPinned } from "../src/files/pinned_file.ts";
import { openBackend } from "../src/hashing/select.ts";
import { printable } from "../src/telemetry/printable.ts";
import { DemoSteps } from "./demo_steps.ts";
import { endingSignal } from "./ending_signal.ts";
import { compareFiles } from "./file_comparison.ts";
import { makePair } from "./pairs.ts";
import { type ServerProcess, startServerProcess } from "./server_process.ts";

const USAGE = `Usage: deno task demo [--hw=0|1|auto] [--threads=N] [OLD NEW]

Pushes a new file over an old one, to a server started for it on this machine, and compares the
result byte for byte. Without OLD and NEW two files are made. Your own files are never changed:
OLD is copied first, NEW is only read. The temporary folder is under TMPDIR.
`;

const MADE = "insert8";

/** What was asked for. */
interface DemoRequest {
  /** The person's own files; absent: made ones. */
  readonly own?: { readonly oldFile: string; readonly newFile: string };
  /** Flags for `push`. */
  readonly flags: readonly string[];
}

function readRequest(args: readonly string[]): DemoRequest | "help" {
  const refuse = (what: string): never => {
    throw new ParasyncError("usage", `Cannot show a demo: ${what}; see deno task demo --help`);
  };
  const parsed = parseArgs(args, {
    boolean: ["help"],
    string: ["hw", "threads"],
    unknown: (arg, key) => key === undefined || refuse(`there is no flag ${arg}`),
  });
  if (parsed.help === true) return "help";
  const flags = ["hw", "threads"].flatMap((name) =>
    typeof parsed[name] === "string" ? [`--${name}=${parsed[name]}`] : []
  );
  const [oldFile, newFile, ...more] = parsed._.map(String);
  if (oldFile === undefined) return { flags };
  if (newFile === undefined || more.length > 0) return refuse("it takes OLD and NEW, or no file");
  return { own: { oldFile: resolve(oldFile), newFile: resolve(newFile) }, flags };
}

/** The server's folder with the old file in it, and the new file. */
interface Stage {
  readonly root: string;
  readonly name: string;
  readonly target: string;
  readonly newFile: string;
}

/** Makes or copies the files. */
async function setUp(
  folder: string,
  { own }: DemoRequest,
  steps: DemoSteps,
  signal: AbortSignal,
): Promise<Stage> {
  const root = join(folder, "root");
  fs.mkdirSync(root);
  if (own === undefined) {
    steps.begin("Making two files");
    const made = await makePair(folder, MADE, signal);
    const target = join(root, "demo.bin");
    fs.renameSync(made.oldFile, target);
    const more = formatBytes(made.newBytes - made.oldBytes);
    steps.end(
      `old ${formatBytes(made.oldBytes)}, new ${
        formatBytes(made.newBytes)
      }: ${more} inserted in the middle`,
    );
    return { root, name: "demo.bin", target, newFile: made.newFile };
  }
  steps.begin("Copying the old file");
  const [oldFile, newFile] = [own.oldFile, own.newFile].map((path) => {
    using file = openPinned(path, { followLinks: true });
    return { path: file.path, size: file.size };
  }) as [{ path: string; size: number }, { path: string; size: number }];
  // A name that needs no escapes reads best; it is only shown.
  const name = /^\w[\w.-]*$/.test(basename(own.oldFile)) ? basename(own.oldFile) : "demo.bin";
  const target = join(root, name);
  await pipeline(
    fs.createReadStream(oldFile.path),
    fs.createWriteStream(target, { flags: "wx" }),
    { signal },
  );
  steps.end(
    `old ${formatBytes(oldFile.size)}, new ${
      formatBytes(newFile.size)
    }; your own files stay as they are`,
  );
  return { root, name, target, newFile: newFile.path };
}

/** What the command line would print, read back. */
function readSummary(json: string): Summary {
  const entries = Object.entries(JSON.parse(json) as Record<string, unknown>);
  const camel = (name: string): string =>
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(
    entries.map(([name, value]) => [camel(name), value]),
  ) as unknown as Summary;
}

/** Pushes with the same code as `parasync push`, whose words on stderr and exit code stand. */
async function push(
  { newFile, name }: Stage,
  server: ServerProcess,
  flags: readonly string[],
  stderr: Output,
  signal: AbortSignal,
): Promise<Summary | number> {
  let printed = "";
  const stdout: Output = {
    write: (text) => printed += text,
    isTerminal: false,
    colour: false,
    size: () => ({ columns: 80, rows: 24 }),
    overlay: undefined,
  };
  const code = await run(
    ["push", newFile, `${server.url}/${name}`, "--json", "--progress=on", ...flags],
    {
      program: "parasync",
      env: () => undefined,
      stdout,
      stderr,
      interruption: () => signal,
    },
  );
  return code === 0 ? readSummary(printed) : code;
}

/** Compares the server's file with the new one. */
async function verify(stage: Stage, steps: DemoSteps, signal: AbortSignal): Promise<void> {
  steps.begin("Comparing byte for byte");
  const { differsAt, equalBytes } = await compareFiles(stage.target, stage.newFile, signal);
  if (differsAt !== null) {
    throw new ParasyncError(
      "verification",
      `Cannot trust the result: it differs from the new file at byte ${differsAt}`,
    );
  }
  const left = fs.readdirSync(stage.root).filter((entry) => entry !== stage.name);
  if (left.length > 0) {
    throw new ParasyncError("internal", `Cannot trust the server: it left ${left.join(", ")}`);
  }
  steps.end(`${formatCount(equalBytes)} bytes, all equal`);
}

/** The lines at the end: what was shown, and what it took. */
async function conclude(summary: Summary, own: boolean, stdout: Output): Promise<void> {
  const paint = painter(stdout.colour);
  const { newBytes, wireUpBytes, elapsedMs, hwClient, hwServer } = summary;
  const share = newBytes > 0 ? `, ${formatShare(wireUpBytes, newBytes)} of the file` : "";
  stdout.write(
    `\n${paint("green", "✔")} ${paint("bold", `${formatBytes(newBytes)} brought up to date`)} in ` +
      `${formatMillis(elapsedMs)} by sending ${formatBytes(wireUpBytes)}${share}; ` +
      `${paint("green", "verified byte for byte")}.\n`,
  );
  if (hwClient === "portable" || hwServer === "portable") {
    const { missing } = await openBackend("auto");
    stdout.write(
      missing === undefined
        ? "  The checksums were computed by portable code, as --hw=0 asks.\n"
        : "  The checksums were computed by portable code, which works everywhere. Faster with libraries:\n" +
          `  ${printable(missing).replaceAll("; Cannot", "\n  Cannot")}\n`,
    );
  }
  if (!own) stdout.write(`  ${paint("dim", "With your own files: deno task demo OLD NEW")}\n`);
}

/** The show from the server's start to its end. */
async function perform(
  stage: Stage,
  request: DemoRequest,
  steps: DemoSteps,
  signal: AbortSignal,
  { stdout, stderr }: { readonly stdout: Output; readonly stderr: Output },
): Promise<number> {
  steps.begin("Starting a server");
  const server = await startServerProcess(stage.root, []);
  try {
    signal.throwIfAborted();
    steps.end(`${server.url}, over a temporary folder`);
    steps.begin("Pushing the new file");
    steps.end(
      `parasync push ${printable(basename(stage.newFile))} ${server.url}/${stage.name}`,
    );
    const summary = await push(stage, server, request.flags, stderr, signal);
    if (typeof summary === "number") return summary;
    const style = { colour: stdout.colour, width: stdout.size().columns - 4 };
    const shown = renderSummary(summary, style).replace(/^(?=.)/gm, "    ");
    stdout.write(`\n${shown}\n`);
    await verify(stage, steps, signal);
    await conclude(summary, request.own !== undefined, stdout);
    return 0;
  } finally {
    await server.stop();
  }
}

async function main(args: readonly string[]): Promise<number> {
  const env = (name: string): string | undefined => Deno.env.get(name);
  const [stdout, stderr] = [createOutput(Deno.stdout, env), createOutput(Deno.stderr, env)];
  const report = { stdout, stderr, json: false, verbose: false };
  const steps = new DemoSteps(stdout);
  let folder: string | undefined;
  const remove = (): void => {
    if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
  };
  const signal = endingSignal(remove);
  try {
    const request = readRequest(args);
    if (request === "help") {
      stdout.write(USAGE);
      return 0;
    }
    folder = Deno.makeTempDirSync({ prefix: "parasync-demo-" });
    const title = painter(stdout.colour)("bold", "ParaSync demo");
    stdout.write(`${title}: bring an old file up to date over HTTP\n\n`);
    const stage = await setUp(folder, request, steps, signal);
    return await perform(stage, request, steps, signal, { stdout, stderr });
  } catch (error) {
    steps.leave();
    return reportFailure(signal.aborted ? signal.reason : error, report);
  } finally {
    remove();
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

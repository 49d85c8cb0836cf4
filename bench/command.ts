/** What the programs of this folder have in common: streams, help, a folder for the while, the ends of a run. */
import fs from "node:fs";
import { resolve } from "node:path";
import { reportFailure } from "../src/cli/failure.ts";
import { createOutput, type Output } from "../src/cli/output/output.ts";
import { describeMachine, type Machine, renderMachine } from "./e2e/machine.ts";
import type { Programs } from "./e2e/programs.ts";
import { endingSignal } from "./ending_signal.ts";
import type { BenchRun } from "./report/page.ts";

/** Where a program writes. */
export interface Streams {
  readonly stdout: Output;
  readonly stderr: Output;
}

/**
 * Does a program's work and ends the process with its exit code.
 *
 * @param work The work; what it throws is told on stderr.
 */
export async function runCommand(work: (streams: Streams) => Promise<void>): Promise<never> {
  const env = (name: string): string | undefined => Deno.env.get(name);
  const streams = {
    stdout: createOutput(Deno.stdout, env),
    stderr: createOutput(Deno.stderr, env),
  };
  try {
    await work(streams);
    Deno.exit(0);
  } catch (error) {
    Deno.exit(reportFailure(error, { ...streams, json: false, verbose: false }));
  }
}

/**
 * Works in a new folder, which goes at the end, also after an interruption.
 *
 * @param dir Where to make it; absent, where the system keeps what is temporary.
 * @param work What to do there; its signal tells of an interruption.
 * @returns What the work returns.
 * @throws {ParasyncError} `interrupted`, and whatever the work throws.
 */
export async function withFolder<T>(
  dir: string | undefined,
  work: (folder: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const parent = dir === undefined ? undefined : resolve(dir);
  if (parent !== undefined) fs.mkdirSync(parent, { recursive: true });
  const made = Deno.makeTempDirSync({
    prefix: "parasync-bench-",
    ...(parent === undefined ? {} : { dir: parent }),
  });
  const folder = fs.realpathSync(made);
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  const signal = endingSignal(remove);
  try {
    return await work(folder, signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    remove();
  }
}

/** What every bench can be told. */
export interface CommonOptions {
  /** Where pairs are kept; the bench's folder is made there, for a second name for a file needs its file system. */
  readonly dir?: string | undefined;
  /** Where to write a page with plots. */
  readonly html?: string | undefined;
  readonly json: boolean;
}

/** Where a bench works, and whom it tells. */
export interface Workbench {
  /** A folder that goes at the end. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** For tables; does nothing where JSON is wanted. */
  readonly show: (text: string) => void;
  /** Tells on stderr what is being done. */
  readonly say: (text: string) => void;
  /** Describes the machine and the programs that take part, and shows it. */
  readonly describe: (programs?: Programs) => Promise<Machine>;
}

/** A bench, as its command sees it. */
export interface Bench<Options extends CommonOptions> {
  readonly usage: string;
  /** Reads the arguments; `null` for help. */
  readonly read: (args: readonly string[]) => Options | null;
  readonly measure: (options: Options, workbench: Workbench) => Promise<BenchRun>;
}

/**
 * Runs a bench by its arguments and ends the process.
 *
 * @param bench The bench.
 */
export function runBench<Options extends CommonOptions>(bench: Bench<Options>): Promise<never> {
  return runCommand(async ({ stdout, stderr }) => {
    const options = bench.read(Deno.args);
    if (options === null) return stdout.write(bench.usage);
    const { dir, html, json } = options;
    const show = json ? () => {} : (text: string): void => stdout.write(text);
    const describe = async (programs?: Programs): Promise<Machine> => {
      const machine = await describeMachine(programs);
      show(renderMachine(machine));
      return machine;
    };
    const say = (text: string): void => stderr.write(`${text}\n`);
    const run = await withFolder(
      dir,
      (folder, signal) => bench.measure(options, { folder, signal, show, say, describe }),
    );
    if (json) stdout.write(`${JSON.stringify(run)}\n`);
    if (html === undefined) return;
    const { renderPage } = await import("./report/page.ts");
    fs.writeFileSync(html, renderPage([run]));
  });
}

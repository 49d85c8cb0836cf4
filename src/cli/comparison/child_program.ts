import { ParasyncError } from "../../errors.ts";
import { programFrom } from "../program.ts";

/** How this program is started again. */
export interface ChildProgram {
  readonly command: string;
  /** What stands before the program's own arguments. */
  readonly args: readonly string[];
}

/** What came of a child. */
export interface ChildOutcome {
  /** Its exit code. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long a child that is asked to end may take to tidy up, in ms. */
const TIDY_MS = 10_000;

/**
 * This program, as another process of it is started: an executable by its own file, else by the runtime.
 *
 * @throws {ParasyncError} `usage` where that file's name is a command already, as `parasync-client` is.
 */
export function childProgram(): ChildProgram {
  const command = Deno.execPath();
  if (!Deno.build.standalone) return { command, args: ["run", "-A", Deno.mainModule] };
  const { name, command: own } = programFrom(command);
  if (own !== undefined) {
    throw new ParasyncError(
      "usage",
      `Cannot start ${name} anew: under that name it is ${own}; call the executable parasync`,
    );
  }
  return { command, args: [] };
}

/**
 * Variables for a child: flags come by its arguments alone, so that whoever has set PARASYNC_OUTPUT finds
 * nothing there, but for where libraries are.
 */
function childEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) =>
      !name.startsWith("PARASYNC_") || name.startsWith("PARASYNC_LIB")
    ),
  );
}

/**
 * Runs this program in a process of its own.
 *
 * @param program The program.
 * @param args Its arguments.
 * @param signal Asks it to end, as SIGTERM does; it has ended when this rejects.
 * @throws What `signal` was aborted with, or a {@linkcode ParasyncError} where it cannot be started.
 */
export async function runChild(
  program: ChildProgram,
  args: readonly string[],
  signal: AbortSignal,
): Promise<ChildOutcome> {
  signal.throwIfAborted();
  const child = start(program, args);
  let late: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => {
    kill(child, "SIGTERM");
    late = setTimeout(() => kill(child, "SIGKILL"), TIDY_MS);
  };
  signal.addEventListener("abort", stop);
  try {
    const { code, stdout, stderr } = await child.output();
    signal.throwIfAborted();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", stop);
  }
}

function start({ command, args: own }: ChildProgram, args: readonly string[]): Deno.ChildProcess {
  try {
    return new Deno.Command(command, {
      args: [...own, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: childEnvironment(),
      clearEnv: true,
    }).spawn();
  } catch (error) {
    const reason = error instanceof Deno.errors.NotCapable
      ? "the executable was compiled without --allow-run"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new ParasyncError("internal", `Cannot start another parasync: ${reason}`, {
      cause: error,
    });
  }
}

/** One that has ended gets no signal. */
function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Real shells, for tests of completions. */
import { eventually } from "./workspace.ts";

/** What tests that need a program add to their names: why they are skipped, or nothing. */
export function needs(...programs: readonly string[]): string {
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length === 0 ? "" : ` [skipped: needs ${missing.join(", ")}]`;
}

function isInstalled(program: string): boolean {
  try {
    return new Deno.Command("sh", { args: ["-c", `command -v ${program}`] }).outputSync().success;
  } catch {
    return false;
  }
}

/** Nothing of the person who runs the tests, such as the history of their shell, is read or written. */
function environment(home: string): Record<string, string> {
  return { PATH: Deno.env.get("PATH") ?? "", HOME: home, TERM: "xterm", LC_ALL: "C.UTF-8" };
}

/**
 * Runs a script in a shell.
 *
 * @param shell The shell and its flags, without those that read the person's own settings.
 * @param script What it runs.
 * @param folder Its working directory and home.
 * @returns What it printed.
 * @throws {Error} When it fails, or complains.
 */
export function shell(shell: readonly string[], script: string, folder: string): string {
  const [command, ...flags] = shell;
  const { success, stdout, stderr } = new Deno.Command(command!, {
    args: [...flags, "-c", script],
    cwd: folder,
    env: environment(folder),
    clearEnv: true,
    stdin: "null",
  }).outputSync();
  const said = new TextDecoder().decode(stderr);
  if (!success || said !== "") throw new Error(`${command}: ${said}`);
  return new TextDecoder().decode(stdout);
}

/** A shell at a terminal, which somebody types into; needs `script`. */
export class Terminal implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #keys: WritableStreamDefaultWriter<Uint8Array>;
  readonly #read: Promise<void>;
  #screen = "";

  /**
   * @param command What runs in it.
   * @param folder Its working directory and home.
   */
  constructor(command: string, folder: string) {
    this.#child = new Deno.Command("script", {
      args: ["--quiet", "--flush", "--command", command, "/dev/null"],
      cwd: folder,
      env: environment(folder),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#keys = this.#child.stdin.getWriter();
    this.#read = this.#collect();
  }

  async #collect(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of this.#child.stdout) {
      this.#screen += decoder.decode(piece, { stream: true });
    }
  }

  /** Types text; a tab is the tabulator key. */
  async type(text: string): Promise<void> {
    await this.#keys.write(new TextEncoder().encode(text));
  }

  /** Waits until what was shown since the beginning, without styles, matches. */
  async shows(pattern: RegExp): Promise<void> {
    try {
      await eventually("it is shown", () => pattern.test(this.#plain()) || undefined);
    } catch {
      throw new Error(`The terminal never shows ${pattern}:\n${this.#plain()}`);
    }
  }

  #plain(): string {
    // deno-lint-ignore no-control-regex -- terminal sequences begin with ESC
    let text = this.#screen.replace(/\x1b\[[\d;?]*[A-Za-z]/g, "");
    // A backspace goes back, and what follows is written over what was there.
    for (let before = ""; before !== text;) {
      // deno-lint-ignore no-control-regex -- as above
      [before, text] = [text, text.replace(/[^\x08]\x08/g, "")];
    }
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keys.close().catch(() => {});
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await Promise.all([this.#child.status, this.#read]);
  }
}

import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** No child of a test lives longer: a program that hangs fails its test instead of the run. */
const DEADLINE_SECONDS = 40;

/** What a program that has ended left. */
export interface Outcome {
  /** The exit code; 128 and the signal's number where a signal ended it. */
  readonly code: number;
  /** The signal that ended it. */
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to start a program. */
export interface StartOptions {
  /** Environment variables beside those that the runtime itself needs. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A command that runs the program, such as setpriv with its flags. */
  readonly within?: readonly string[];
  /** A compiled program, which gets nothing of this process's environment; absent: the sources. */
  readonly executable?: string;
  /** What the sources may do, as the runtime's flags; absent: everything. */
  readonly permissions?: readonly string[];
}

/** Where system programs are, and no Deno. */
const SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** A parasync program at work, from the sources or compiled. */
export class Program {
  /** Resolves when it has ended. */
  readonly ended: Promise<Outcome>;
  readonly #child: Deno.ChildProcess;
  readonly #output = { stdout: "", stderr: "" };
  readonly #news: (() => void)[] = [];
  #over = false;

  /**
   * @param args Its arguments.
   * @param options How to start it.
   */
  constructor(args: readonly string[], options: StartOptions = {}) {
    const { within = [], executable, permissions = ["-A"] } = options;
    const program = executable === undefined
      ? [Deno.execPath(), "run", ...permissions, MAIN]
      : [executable];
    const [command, ...rest] = [...within, ...program, ...args];
    this.#child = new Deno.Command(command!, {
      args: rest,
      cwd: options.cwd ?? Deno.cwd(),
      // On a machine that is busy a line of progress might come where nothing is expected.
      env: {
        ...executable === undefined ? inheritedEnvironment() : { PATH: SYSTEM_PATH },
        PARASYNC_PROGRESS: "off",
        // No test may leave anything in the folder of who runs it.
        PARASYNC_STORE: "off",
        // On a machine that is busy loopback might be taken for a slow line.
        PARASYNC_REFINE: "off",
        // What fails is to fail at once.
        PARASYNC_RETRIES: "0",
        // What a broken push leaves is looked for by those tests alone that are about it.
        PARASYNC_KEEP_PARTIAL: "off",
        PARASYNC_COMPRESS: "off",
        ...options.env,
      },
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.ended = this.#finish();
  }

  /** Its process's number. */
  get pid(): number {
    return this.#child.pid;
  }

  /** What it has written to stdout so far. */
  get stdout(): string {
    return this.#output.stdout;
  }

  /** What it has written to stderr so far. */
  get stderr(): string {
    return this.#output.stderr;
  }

  /** Whether it has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** Sends a signal; one that has ended gets none. */
  kill(signal: Deno.Signal): void {
    if (!this.#over) this.#child.kill(signal);
  }

  /**
   * Waits until what it wrote matches.
   *
   * @param stream Where to look.
   * @param pattern What to wait for.
   * @returns The match.
   * @throws {Error} When it ends first.
   */
  async says(stream: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output[stream]);
      if (match !== null) return match;
      if (this.#over) {
        const { code, signal } = await this.ended;
        const ending = `${signal ?? code}: ${this.stdout}${this.stderr}`;
        throw new Error(`It ended without ${pattern}, with ${ending}`);
      }
      await new Promise<void>((resolve) => this.#news.push(resolve));
    }
  }

  /** Ends it by force, if it is still at work. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.ended;
  }

  async #finish(): Promise<Outcome> {
    let left = DEADLINE_SECONDS;
    // Seconds are counted: a machine that is stopped meanwhile loses one and not all of them.
    const timer = setInterval(() => {
      if (--left !== 0) return;
      this.#output.stderr += `\n[killed by the test after ${DEADLINE_SECONDS} s]\n`;
      this.kill("SIGKILL");
    }, 1000);
    const [{ code, signal }] = await Promise.all([
      this.#child.status,
      this.#collect("stdout"),
      this.#collect("stderr"),
    ]);
    clearInterval(timer);
    this.#over = true;
    this.#wake();
    return { code, signal, ...this.#output };
  }

  async #collect(stream: "stdout" | "stderr"): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of this.#child[stream]) {
      this.#output[stream] += decoder.decode(piece, { stream: true });
      this.#wake();
    }
  }

  #wake(): void {
    for (const resolve of this.#news.splice(0)) resolve();
  }
}

/** Variables of the person who runs the tests must not reach the program, but for where its libraries are. */
function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) =>
      name.startsWith("PARASYNC_LIB") ||
      !name.startsWith("PARASYNC_") && name !== "ALOG_LOG_LEVEL"
    ),
  );
}

/**
 * Runs a program to its end.
 *
 * @param args Its arguments.
 * @param options How to start it.
 */
export async function run(args: readonly string[], options: StartOptions = {}): Promise<Outcome> {
  await using program = new Program(args, options);
  return await program.ended;
}

/** A server at work on a free port of loopback. */
export class Server implements AsyncDisposable {
  /** The server's process. */
  readonly program: Program;
  /** Where it listens. */
  readonly port: number;
  readonly #protocol: string;

  private constructor(program: Program, port: number, protocol: string) {
    this.program = program;
    this.port = port;
    this.#protocol = protocol;
  }

  /**
   * Starts a server and waits until it listens.
   *
   * @param root The folder that it serves.
   * @param flags Its flags beside `--root` and `--port`.
   * @param options How to start it, and by which name; "" for a program that is a server by its own.
   */
  static async start(
    root: string,
    flags: readonly string[] = [],
    options: StartOptions & { readonly command?: string } = {},
  ): Promise<Server> {
    const { command = "serve" } = options;
    const first = command === "" ? [] : [command];
    const program = new Program([...first, `--root=${root}`, "--port=0", ...flags], options);
    const match = await program.says(
      "stdout",
      /^Listening on (https?):\/\/\S+:(\d+)[^:\s]* \(root/m,
    );
    return new Server(program, Number(match[2]), match[1]!);
  }

  /** Its address, without a slash at the end. */
  get url(): string {
    return `${this.#protocol}://127.0.0.1:${this.port}`;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.program.stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** A server that may live for hours, and be killed at any moment. */
export class LongServer implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #drained: Promise<unknown>;

  private constructor(child: Deno.ChildProcess, port: number, drained: Promise<unknown>) {
    this.#child = child;
    this.port = port;
    this.#drained = drained;
  }

  /**
   * Starts one and waits until it listens.
   *
   * @param root The folder that it serves.
   * @param log Where its log goes, a file that is appended to.
   * @param flags Its other flags.
   */
  static async start(root: string, log: string, flags: readonly string[]): Promise<LongServer> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", MAIN, "serve", `--root=${root}`, "--port=0", ...flags],
      env: { PARASYNC_STORE: "off" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const file = await Deno.open(log, { append: true, create: true });
    const logged = child.stderr.pipeTo(file.writable).catch(() => {});
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    for (;;) {
      const match = /Listening on http:\/\/\S+?:(\d+)/.exec(said);
      if (match !== null) {
        const drained = Promise.all([logged, drain(reader)]);
        return new LongServer(child, Number(match[1]), drained);
      }
      const { value, done } = await reader.read();
      if (done) throw new Error(`The server did not start; ${log} says why`);
      said += value;
    }
  }

  /** Its process's number. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Its address, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Kills it, however much is at work. */
  async kill(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await this.#drained;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}

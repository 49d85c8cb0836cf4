/** What a relay does to the bytes that pass. */
export interface RelayOptions {
  /** How many bytes to let pass towards the server before it holds everything back. */
  readonly holdAfter?: number;
  /** How many bytes to let pass towards the client before it holds everything back. */
  readonly holdAnswerAfter?: number;
  /** How long each piece towards the client is late, in ms. */
  readonly delayMs?: number;
  /** Told how many bytes there are in each piece towards the server, when it comes. */
  readonly onUp?: (bytes: number) => void;
}

/**
 * A line between client and server that stops at a given byte, so that a test can do something in the middle
 * of a sync whatever the machine's speed.
 */
export class Relay implements AsyncDisposable {
  /** Resolves when it holds bytes back. */
  readonly holding: Promise<void>;
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #options: RelayOptions;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #released: Promise<void>;
  #hold: () => void = () => {};
  #release: () => void = () => {};
  #open = false;
  #broken = false;
  #losses = 0;
  #lost = 0;
  #up = 0;
  #down = 0;

  /**
   * @param target The server's port on loopback.
   * @param options What to do to the bytes that pass.
   */
  constructor(target: number, options: RelayOptions = {}) {
    this.#target = target;
    this.#options = options;
    this.holding = new Promise((resolve) => this.#hold = resolve);
    this.#released = new Promise((resolve) => this.#release = resolve);
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#track(this.#accept());
  }

  /** Its address, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Its port. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Bytes that have passed both ways, headers and all. */
  get bytes(): number {
    return this.#up + this.#down;
  }

  /** Lets everything pass from now on. */
  release(): void {
    this.#open = true;
    this.#release();
  }

  /**
   * Breaks connections at the moment at which the server answers on them: the answer is lost, and what asked for it
   * was heard.
   *
   * @param count How many answers.
   * @param bytes How much of each, from its end, is lost.
   */
  loseAnswers(count: number, bytes = Infinity): void {
    this.#losses = count;
    this.#lost = bytes;
  }

  /** How many answers are still to be lost. */
  get answersToLose(): number {
    return this.#losses;
  }

  /** Breaks every connection, and those that are made from now on. */
  cut(): void {
    this.#broken = true;
    this.release();
    for (const connection of this.#connections) close(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    close(this.#listener);
    this.cut();
    await Promise.allSettled(this.#tasks);
  }

  #track(task: Promise<void>): void {
    const kept = task.catch(() => {}).finally(() => this.#tasks.delete(kept));
    this.#tasks.add(kept);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      if (this.#broken) {
        close(client);
        continue;
      }
      this.#connections.add(client);
      this.#track(this.#connect(client));
    }
  }

  async #connect(client: Deno.TcpConn): Promise<void> {
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      this.#connections.add(server);
      const { holdAfter = Infinity, holdAnswerAfter = Infinity, delayMs = 0, onUp } = this.#options;
      await Promise.allSettled([
        this.#pump(client, server, (bytes) => {
          onUp?.(bytes);
          return (this.#up += bytes) - holdAfter;
        }, 0),
        this.#pump(server, client, async (bytes, piece) => {
          if (this.#losses > 0) await this.#lose(client, piece);
          return (this.#down += bytes) - holdAnswerAfter;
        }, delayMs),
      ]);
      close(server);
    } finally {
      close(client);
    }
  }

  async #lose(client: Deno.TcpConn, piece: Uint8Array): Promise<never> {
    this.#losses--;
    const left = piece.subarray(0, Math.max(0, piece.length - this.#lost));
    if (left.length > 0) await client.write(left);
    close(client);
    throw new Error("This answer is to be lost");
  }

  /**
   * Passes bytes on until one side is done; `excess` says by how much a piece is too much. A server that answers
   * and takes no more ends this way alone: its answer still goes back.
   */
  async #pump(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    excess: (bytes: number, piece: Uint8Array) => number | Promise<number>,
    delayMs: number,
  ): Promise<void> {
    const buffer = new Uint8Array(16 << 10);
    try {
      for (;;) {
        const bytes = await from.read(buffer);
        if (bytes === null) break;
        let at = 0;
        const held = await excess(bytes, buffer.subarray(0, bytes));
        if (held > 0 && !this.#open) {
          // Pieces are as long as the machine is busy: what holds back may not depend on that.
          while (at < bytes - held) at += await to.write(buffer.subarray(at, bytes - held));
          this.#hold();
          await this.#released;
        }
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        while (at < bytes) at += await to.write(buffer.subarray(at, bytes));
      }
    } catch {
      // The other way tells how it ends.
    }
    await to.closeWrite().catch(() => {});
  }
}

function close(resource: Deno.TcpConn | Deno.TcpListener): void {
  try {
    resource.close();
  } catch {
    // It is closed already.
  }
}

/** The bytes that went each way through a {@linkcode Relay}. */
export interface RelayCount {
  up: number;
  down: number;
}

const BUFFER_BYTES = 256 << 10;

/** Passes TCP connections on to a port of this machine and counts what goes through. */
export class Relay {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #target: number;
  /** So far; `up` is from whoever connects. */
  readonly count: RelayCount = { up: 0, down: 0 };

  /** @param target The port to pass connections on to. */
  constructor(target: number) {
    this.#target = target;
    this.#accept().catch(() => {});
  }

  /** The port to connect to. */
  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** Closes every connection. */
  stop(): void {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.#pass(client).catch(() => {});
    }
  }

  async #pass(client: Deno.TcpConn): Promise<void> {
    this.#connections.add(client);
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      this.#connections.add(server);
      client.setNoDelay(true);
      server.setNoDelay(true);
      await Promise.all([this.#pump(client, server, "up"), this.#pump(server, client, "down")]);
      this.#close(server);
    } finally {
      this.#close(client);
    }
  }

  #close(connection: Deno.Conn): void {
    if (this.#connections.delete(connection)) connection.close();
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn, way: keyof RelayCount): Promise<void> {
    const buffer = new Uint8Array(BUFFER_BYTES);
    try {
      for (;;) {
        const read = await from.read(buffer);
        if (read === null) break;
        this.count[way] += read;
        for (let done = 0; done < read;) done += await to.write(buffer.subarray(done, read));
      }
    } finally {
      // The other way may still have something to say.
      await to.closeWrite().catch(() => {});
    }
  }
}

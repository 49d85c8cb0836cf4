import type { GivenLine } from "../../src/library/given_line.ts";
import { passDirectly, passPaced } from "./pump.ts";
import { lineAddress } from "./line_address.ts";
import { LinePacer } from "./line_pacer.ts";
import { sleep } from "./sleep.ts";

/** The bytes that went each way through a {@linkcode Relay}. */
export interface RelayCount {
  up: number;
  down: number;
}

/** One way through the relay. */
type Way = keyof RelayCount;

/**
 * Passes TCP connections on to a port of this machine and counts what goes through; on the way it can be as slow and
 * as far as another line. What it emulates is the line, not TCP on it: there is no loss and no slow start, and a rate
 * is that of the streams' bytes.
 */
export class Relay {
  /** The address to connect to. */
  readonly host: string;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.Conn>();
  readonly #target: number;
  readonly #line: GivenLine | undefined;
  readonly #pacers: Readonly<Record<Way, LinePacer>> | undefined;
  /** So far; `up` is from whoever connects. */
  readonly count: RelayCount = { up: 0, down: 0 };

  /**
   * @param target The port to pass connections on to.
   * @param line What to be like; absent: as fast as it can be.
   */
  constructor(target: number, line?: GivenLine) {
    this.#target = target;
    this.#line = line;
    this.host = line === undefined ? "127.0.0.1" : lineAddress();
    this.#listener = Deno.listen({ hostname: this.host, port: 0 });
    if (line !== undefined) {
      const shape = { bitsPerSecond: line.bitsPerSecond, delayMs: line.rttMs / 2 };
      this.#pacers = { up: new LinePacer(shape), down: new LinePacer(shape) };
    }
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
      // Behind it are servers without a token; nobody else is let in.
      if ((client.remoteAddr as Deno.NetAddr).hostname !== this.host) {
        client.close();
        continue;
      }
      this.#pass(client).catch(() => {});
    }
  }

  async #pass(client: Deno.TcpConn): Promise<void> {
    this.#connections.add(client);
    try {
      client.setNoDelay(true);
      // The client's end of a connection stands after a round trip, and the server's half a one later. Here the
      // client is told at once, and its first bytes wait instead.
      const rttMs = this.#line?.rttMs ?? 0;
      if (rttMs > 0) await sleep(rttMs);
      const connected = this.#connect(rttMs / 2);
      await Promise.all([
        this.#pump(Promise.resolve(client), connected, "up"),
        this.#pump(connected, Promise.resolve(client), "down"),
      ]);
      this.#close(await connected);
    } finally {
      this.#close(client);
    }
  }

  async #connect(afterMs: number): Promise<Deno.TcpConn> {
    if (afterMs > 0) await sleep(afterMs);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
    server.setNoDelay(true);
    this.#connections.add(server);
    return server;
  }

  #close(connection: Deno.Conn): void {
    if (this.#connections.delete(connection)) connection.close();
  }

  async #pump(from: Promise<Deno.TcpConn>, to: Promise<Deno.TcpConn>, way: Way): Promise<void> {
    const counted = (bytes: number): void => {
      this.count[way] += bytes;
    };
    try {
      const pacer = this.#pacers?.[way];
      await (pacer === undefined
        ? passDirectly(await from, await to, counted)
        : passPaced(await from, to, pacer, counted));
    } finally {
      // The other way may still have something to say.
      await (await to).closeWrite().catch(() => {});
    }
  }
}

import type { AcceptedSocket, AcceptedSockets, ListeningAddress } from "./accepted_sockets.ts";

/** What connections may do. */
export interface ConnectionLimits {
  /** How long a connection may take to send the head of its first request, in ms. */
  readonly headerMs: number;
  /** How long it may be without a request after one, in ms. */
  readonly idleMs: number;
  /** The most connections at once. */
  readonly maxConnections: number;
}

/** A connection, as far as it is known. */
interface Connection {
  /** Undefined until it was found among the program's own. */
  fd: number | undefined;
  /** Requests at work. */
  requests: number;
  /** Whether there has been one. */
  served: boolean;
  /** Since when it has had no request, in ms of the process's clock. */
  since: number;
  /** When it was last found. */
  seen: number;
}

/** How often connections are looked at, in ms. */
const PERIOD_MS = 1000;

/**
 * Ends connections that hold a place and ask for nothing: the runtime waits for ever for the head of a request, and
 * for the next one. A head that comes a byte at a time is none until it is whole.
 */
export class ConnectionWatch {
  readonly #sockets: AcceptedSockets;
  readonly #server: ListeningAddress;
  readonly #limits: ConnectionLimits;
  readonly #now: () => number;
  readonly #byPeer = new Map<string, Connection>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param sockets The program's connections.
   * @param server Which of them: those to this server.
   * @param limits What they may do.
   * @param now The clock, in ms.
   */
  constructor(
    sockets: AcceptedSockets,
    server: ListeningAddress,
    limits: ConnectionLimits,
    now: () => number = () => performance.now(),
  ) {
    this.#sockets = sockets;
    this.#server = server;
    this.#limits = limits;
    this.#now = now;
  }

  /** Begins to look. */
  start(): void {
    const { headerMs, idleMs } = this.#limits;
    const period = Math.min(PERIOD_MS, headerMs, idleMs);
    this.#timer = setInterval(() => this.look(), period);
    Deno.unrefTimer(this.#timer);
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * A request has come.
   *
   * @param peer By which connection.
   * @returns To be called when its answer has gone out.
   */
  requested(peer: string): () => void {
    const connection = this.#byPeer.get(peer) ?? this.#remember(peer, undefined);
    connection.requests++;
    connection.served = true;
    return () => {
      connection.requests--;
      connection.since = this.#now();
    };
  }

  /** Looks at all connections, and ends those that are over their time, or one too many. */
  look(): void {
    const now = this.#now();
    const silent: { readonly socket: AcceptedSocket; readonly since: number }[] = [];
    const sockets = this.#sockets.list(this.#server);
    let ended = 0;
    for (const socket of sockets) {
      const connection = this.#known(socket);
      connection.seen = now;
      if (connection.requests > 0) continue;
      if (now - connection.since > this.#longest(connection)) {
        this.#sockets.shutDown(socket);
        ended++;
      } else silent.push({ socket, since: connection.since });
    }
    const over = sockets.length - ended - this.#limits.maxConnections;
    if (over > 0) {
      silent.sort((a, b) => a.since - b.since);
      for (const { socket } of silent.slice(0, over)) this.#sockets.shutDown(socket);
    }
    for (const [peer, { seen, requests }] of this.#byPeer) {
      if (seen < now && requests === 0) this.#byPeer.delete(peer);
    }
  }

  #known({ fd, peer }: AcceptedSocket): Connection {
    const known = this.#byPeer.get(peer);
    // Another connection from the same port: the one that was known is over.
    if (known === undefined || known.fd !== undefined && known.fd !== fd && known.requests === 0) {
      return this.#remember(peer, fd);
    }
    known.fd = fd;
    return known;
  }

  #remember(peer: string, fd: number | undefined): Connection {
    const now = this.#now();
    const connection = { fd, requests: 0, served: false, since: now, seen: now };
    this.#byPeer.set(peer, connection);
    return connection;
  }

  #longest({ served }: Connection): number {
    return served ? this.#limits.idleMs : this.#limits.headerMs;
  }
}

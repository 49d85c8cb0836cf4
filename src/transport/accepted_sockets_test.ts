// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { type AcceptedSockets, openAcceptedSockets, peerKey } from "./accepted_sockets.ts";

// Stays open: Deno 2.4 takes a library that is first opened in a test, and not closed there, for a leak.
const sockets = openAcceptedSockets();
const ignore = sockets === null;

/** A listener of this process, and a connection that it has accepted. */
class Listening implements Disposable {
  readonly #listener: Deno.TcpListener;
  readonly #connections: Deno.TcpConn[] = [];

  constructor(hostname: string, port = 0) {
    this.#listener = Deno.listen({ hostname, port });
  }

  get address(): Deno.NetAddr {
    return this.#listener.addr;
  }

  /** Connects to it at an address, and gives the other end as the list names it. */
  async connect(hostname: string): Promise<string> {
    const { port } = this.address;
    const [accepted, connection] = await Promise.all([
      this.#listener.accept(),
      Deno.connect({ hostname, port }),
    ]);
    this.#connections.push(accepted, connection);
    return peerKey(connection.localAddr.hostname, connection.localAddr.port);
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections) connection.close();
    this.#listener.close();
  }
}

function peersOf(listed: AcceptedSockets, address: Deno.NetAddr): string[] {
  return listed.list(address).map(({ peer }) => peer).sort();
}

Deno.test({
  name: "a server has its own connections, not those of another one at the same port",
  ignore,
  fn: async () => {
    assert(sockets !== null);
    using one = new Listening("127.0.0.1");
    using other = new Listening("127.0.0.2", one.address.port);
    const first = await one.connect("127.0.0.1");
    const second = await other.connect("127.0.0.2");
    assertEquals(peersOf(sockets, one.address), [first]);
    assertEquals(peersOf(sockets, other.address), [second]);
  },
});

Deno.test({
  name: "a server on all addresses has the connections to any of them",
  ignore,
  fn: async () => {
    assert(sockets !== null);
    using all = new Listening("0.0.0.0");
    const peers = [await all.connect("127.0.0.1"), await all.connect("127.0.0.2")].sort();
    assertEquals(peersOf(sockets, all.address), peers);
  },
});

Deno.test({
  name:
    "a server on all addresses of IPv6 has those of IPv4, too, where the system gives them to it",
  ignore,
  fn: async () => {
    assert(sockets !== null);
    let all: Listening;
    try {
      all = new Listening("::");
    } catch {
      // A machine without IPv6.
      return;
    }
    using listening = all;
    const peers = [await listening.connect("::1"), await listening.connect("127.0.0.1")].sort();
    assertEquals(peersOf(sockets, listening.address), peers);
  },
});

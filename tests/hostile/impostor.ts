/** A server of the protocol that is written by hand from docs/protocol.md, and need not keep to it. */
import { join } from "./wire/bytes.ts";

/** What goes back for a request, in pieces; nothing ends the connection. */
export type Reply = (path: string) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The head of an answer whose body ends with its connection. */
export function head(
  status = "200 OK",
  headers: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const all: Record<string, string> = {
    "Content-Type": "application/x-protobuf",
    "X-Parasync-Protocol": "1",
    "Connection": "close",
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== "");
  return join(`HTTP/1.1 ${status}\r\n`, ...lines.map(([k, v]) => `${k}: ${v}\r\n`), "\r\n");
}

/** Something on a port that claims to be a server. */
export class Impostor implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #serving: Promise<void>;
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];

  /** @param reply What goes back. */
  constructor(reply: Reply) {
    this.#serving = (async () => {
      for await (const connection of this.#listener) {
        this.#connections.add(connection);
        this.#answer(connection, reply).catch(() => {}).finally(() => {
          this.#connections.delete(connection);
          close(connection);
        });
      }
    })();
  }

  /** Its address, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
    await this.#serving;
  }

  async #answer(connection: Deno.TcpConn, reply: Reply): Promise<void> {
    const buffer = new Uint8Array(64 << 10);
    let text = "";
    while (!text.includes("\r\n\r\n")) {
      const bytes = await connection.read(buffer);
      if (bytes === null) return;
      text += new TextDecoder("latin1").decode(buffer.subarray(0, bytes));
    }
    const path = /^\S+ (\/[^ ?]*)/.exec(text)?.[1] ?? "";
    this.asked.push(path);
    const draining = drain(connection, buffer);
    for await (const piece of reply(path)) {
      for (let at = 0; at < piece.length;) at += await connection.write(piece.subarray(at));
    }
    await connection.closeWrite();
    // One that closes with unread bytes resets the connection, and the answer may be lost.
    await draining;
  }
}

async function drain(connection: Deno.TcpConn, buffer: Uint8Array): Promise<void> {
  try {
    while (await connection.read(buffer) !== null);
  } catch {
    // The client went.
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { run } from "../program.ts";
import { Relay, type RelayOptions } from "../relay.ts";
import { equalBytes, someBytes, Workspace } from "../workspace.ts";

const NEW = someBytes(500_000, 1);

/** Something that listens on a port and is no parasync server. */
class Stranger implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections: Deno.TcpConn[] = [];
  readonly #serving: Promise<void>;

  /** @param greet What it does with who comes. */
  constructor(greet: (connection: Deno.TcpConn) => Promise<void>) {
    this.#serving = (async () => {
      for await (const connection of this.#listener) {
        this.#connections.push(connection);
        greet(connection).catch(() => {});
      }
    })();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}/a`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
    for (const connection of this.#connections) {
      try {
        connection.close();
      } catch {
        // It went by itself.
      }
    }
  }
}

function says(text: string): (connection: Deno.TcpConn) => Promise<void> {
  return async (connection) => {
    await connection.read(new Uint8Array(1000));
    await connection.write(new TextEncoder().encode(text));
    await connection.closeWrite();
  };
}

function answer(status: string, headers: string, body: string): string {
  return `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
}

const PROTOCOL = "x-parasync-protocol: 1\r\n";

/** What answers, and what must be said of it; all end with 2. */
const STRANGERS: Record<string, readonly [text: string, line: RegExp]> = {
  "another web server": [answer("200 OK", "", "hello"), /no parasync server: it answered 200/],
  "a web server without such a page": [answer("404 Not Found", "", "no"), /it answered 404/],
  "a web server that leads elsewhere": [
    answer("302 Found", "Location: http://127.0.0.1:9/\r\n", ""),
    /it answered 302/,
  ],
  "a mail server": ["220 mail.example ESMTP\r\n", /no parasync server|does not speak HTTP/],
  "a server that babbles": ["\u0000\u0001\u0002\u0003 babble\r\n\r\n", /no parasync server|HTTP/],
  "a server that claims to be one and answers with garbage": [
    answer("200 OK", PROTOCOL, "\u00ff\u00fe garbage that is no frame at all"),
    /Cannot read/,
  ],
  "a server that claims to be one and fails without a document": [
    answer("500 Oops", PROTOCOL, "<html>"),
    /the server answered 500/,
  ],
};

for (const [name, [text, line]] of Object.entries(STRANGERS)) {
  Deno.test(`push to ${name} ends with 2 and says what it met`, async () => {
    await using space = new Workspace();
    await using stranger = new Stranger(says(text));
    const outcome = await run(["push", space.new(NEW), stranger.url, "--connect-timeout=5s"]);
    assertFailed(outcome, 2, line);
  });
}

Deno.test("push to a server that answers with nothing at all ends with 12", async () => {
  await using space = new Workspace();
  await using stranger = new Stranger(says(answer("200 OK", PROTOCOL, "")));
  assertFailed(await run(["push", space.new(NEW), stranger.url]), 12, /ended too early/);
});

Deno.test("push to a port that accepts and says nothing ends with 35 after --connect-timeout", async () => {
  await using space = new Workspace();
  await using stranger = new Stranger(() => Promise.resolve());
  const outcome = await run(["push", space.new(NEW), stranger.url, "--connect-timeout=600ms"]);
  assertFailed(outcome, 35, /no answer within 600 ms/);
});

Deno.test("push to a port that closes every connection ends with 10", async () => {
  await using space = new Workspace();
  await using stranger = new Stranger((connection) => Promise.resolve(connection.close()));
  assertFailed(await run(["push", space.new(NEW), stranger.url]), 10, /Cannot reach http/);
});

Deno.test("push where nobody listens ends with 10 and asks whether the server runs", async () => {
  await using space = new Workspace();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const file = space.new(NEW);
  const outcome = await run(["push", file, `http://127.0.0.1:${port}/a`]);
  assertFailed(outcome, 10, new RegExp(`127.0.0.1:${port}: connection refused.*server running`));
  const original = ["parasync_http_client", `--server_port=${port}`, "--basis=a", `--new=${file}`];
  assertFailed(await run(original), 10, /connection refused/);
});

Deno.test("push to a host without an address ends with 10 and says so", async () => {
  await using space = new Workspace();
  const outcome = await run(["push", space.new(NEW), "http://no-such-host.invalid/a"]);
  assertFailed(outcome, 10, /no-such-host\.invalid: its name cannot be resolved/);
});

Deno.test("push by https to a server that speaks http ends with 10 or 2 and one line", async () => {
  await using space = new Workspace();
  const server = await space.serve();
  const url = server.url.replace("http:", "https:");
  const { code, stderr } = await run(["push", space.new(NEW), `${url}/a`]);
  assertMatch(stderr, /^parasync: Cannot [^\n]+\n$/);
  assertEquals(code === 10 || code === 2, true);
});

Deno.test("a line that breaks in the middle of the answer ends a push with 10 or 12 and one line", async () => {
  const lines: RelayOptions[] = [{ holdAnswerAfter: 500 }, { holdAfter: 100_000 }, {
    holdAfter: 100,
  }];
  for (const options of lines) {
    await using space = new Workspace();
    const old = someBytes(3_000_000, 2);
    space.old("a", old);
    const server = await space.serve();
    const relay = space.with(new Relay(server.port, options));
    const pushing = run(["push", space.new(NEW), `${relay.url}/a`]);
    await relay.holding;
    relay.cut();
    const { code, stderr } = await pushing;
    assertMatch(stderr, /^parasync: Cannot [^\n]+\n$/);
    assertEquals(code === 10 || code === 12, true, `${code}: ${stderr}`);
    const content = space.read("a");
    // Whether the answer got lost or the patch nobody knows; but there is no third content.
    assert(equalBytes(content, old) || options.holdAnswerAfter && equalBytes(content, NEW));
    // Between two requests a server cannot know that its client is gone: the next sync takes over.
    assertSucceeded(await run(["push", space.new(NEW), `${server.url}/a`]));
    await space.untouched("a", NEW);
  }
});

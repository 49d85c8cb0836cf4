// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { Siege, TARGET } from "./siege.ts";
import { refusalOf } from "./wire/answers.ts";
import { join } from "./wire/bytes.ts";

const HOST = "Host: localhost\r\n";
const TYPE = "Content-Type: application/octet-stream\r\n";
const CLOSE = "Connection: close\r\n";
const ACK = `POST /ack?basis_filename=${TARGET} HTTP/1.1\r\n`;
const KEY = "0".repeat(32);

/** A second request that hides in the body of the first: its answer would begin a session. */
const HIDDEN = `GET /signature?basis_filename=${TARGET}&new_size=1&target=replace HTTP/1.1\r\n` +
  `${HOST}\r\n`;

/** Requests that two servers behind each other might take for one and for two, or not at all. */
const SHAPES: Readonly<Record<string, string>> = {
  "a length and chunks":
    `${ACK}${HOST}${TYPE}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  "chunks and a length":
    `${ACK}${HOST}${TYPE}Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n20\r\n${KEY}\r\n0\r\n\r\n`,
  "two lengths": `${ACK}${HOST}${TYPE}Content-Length: 32\r\nContent-Length: 0\r\n\r\n${KEY}`,
  "a list of lengths": `${ACK}${HOST}${TYPE}Content-Length: 32, 0\r\n\r\n${KEY}`,
  "a length with a sign": `${ACK}${HOST}${TYPE}Content-Length: +32\r\n\r\n${KEY}`,
  "a length in hexadecimal": `${ACK}${HOST}${TYPE}Content-Length: 0x20\r\n\r\n${KEY}`,
  "a length above 2^64": `${ACK}${HOST}${TYPE}Content-Length: 18446744073709551648\r\n\r\n${KEY}`,
  "a space before the colon": `${ACK}${HOST}${TYPE}Content-Length : 32\r\n\r\n${KEY}`,
  "an unknown coding": `${ACK}${HOST}${TYPE}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  "chunked twice": `${ACK}${HOST}${TYPE}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  "chunked, then identity":
    `${ACK}${HOST}${TYPE}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  "chunked behind a tab": `${ACK}${HOST}${TYPE}Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n`,
  "a chunk's length that overflows":
    `${ACK}${HOST}${TYPE}Transfer-Encoding: chunked\r\n\r\n10000000000000020\r\n${KEY}\r\n0\r\n\r\n`,
  "a chunk longer than it says":
    `${ACK}${HOST}${TYPE}Transfer-Encoding: chunked\r\n\r\n1\r\n${KEY}\r\n0\r\n\r\n`,
  "a chunk extension of 100 kB": `${ACK}${HOST}${TYPE}Transfer-Encoding: chunked\r\n\r\n20;${
    "x".repeat(100_000)
  }\r\n${KEY}\r\n0\r\n\r\n`,
  "trailers of 100 kB":
    `${ACK}${HOST}${TYPE}Transfer-Encoding: chunked\r\n\r\n20\r\n${KEY}\r\n0\r\nX: ${
      "x".repeat(100_000)
    }\r\n\r\n`,
  "lines that end in LF alone": (ACK + HOST + TYPE + "Content-Length: 0\r\n\r\n").replaceAll(
    "\r",
    "",
  ),
  "a folded header": `${ACK}${HOST}${TYPE}X-Request-Key: 0\r\n ${KEY}\r\nContent-Length: 0\r\n\r\n`,
  "a NUL in a header": `${ACK}${HOST}${TYPE}X: a\0b\r\nContent-Length: 0\r\n\r\n`,
  "a CR in a header": `${ACK}${HOST}${TYPE}X: a\rb\r\nContent-Length: 0\r\n\r\n`,
  "no host": `${ACK}${TYPE}Content-Length: 0\r\n\r\n`,
  "two hosts": `${ACK}${HOST}Host: evil.example\r\n${TYPE}Content-Length: 0\r\n\r\n`,
  "another host": `${ACK}Host: evil.example\r\n${TYPE}Content-Length: 0\r\n\r\n`,
  "another host in the target":
    `POST http://evil.example/ack?basis_filename=${TARGET} HTTP/1.1\r\n${HOST}${TYPE}Content-Length: 32\r\n\r\n${KEY}`,
  "a target that is a path of two slashes": `GET //evil.example/healthz HTTP/1.1\r\n${HOST}\r\n`,
  "a target with a user": `GET http://a@localhost/v1/capabilities HTTP/1.1\r\n${HOST}\r\n`,
  "no target": `GET  HTTP/1.1\r\n${HOST}\r\n`,
  "a target with a fragment": `GET /healthz#x HTTP/1.1\r\n${HOST}\r\n`,
  "a target with a NUL": `GET /healthz\0 HTTP/1.1\r\n${HOST}\r\n`,
  "a target of 200 kB": `GET /healthz?${"x".repeat(200_000)} HTTP/1.1\r\n${HOST}\r\n`,
  "ten thousand headers": `GET /healthz HTTP/1.1\r\n${HOST}${"X: y\r\n".repeat(10_000)}\r\n`,
  "a header of 500 kB": `GET /healthz HTTP/1.1\r\n${HOST}X: ${"y".repeat(500_000)}\r\n\r\n`,
  "a tunnel": `CONNECT localhost:80 HTTP/1.1\r\n${HOST}\r\n`,
  "TRACE": `TRACE / HTTP/1.1\r\n${HOST}\r\n`,
  "OPTIONS *": `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  "a method of 10 kB": `${"M".repeat(10_000)} / HTTP/1.1\r\n${HOST}\r\n`,
  "HTTP/0.9": "GET /healthz\r\n",
  "HTTP/1.0 with chunks":
    `POST /ack?basis_filename=${TARGET} HTTP/1.0\r\n${HOST}${TYPE}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "HTTP/9.9": `GET /healthz HTTP/9.9\r\n${HOST}\r\n`,
  "the beginning of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "an upgrade to HTTP/2":
    `GET /healthz HTTP/1.1\r\n${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n` +
    "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
  "an upgrade to WebSocket":
    `GET /healthz HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  "a request that waits to be asked":
    `${ACK}${HOST}${TYPE}Expect: 100-continue\r\nContent-Length: 32\r\n\r\n`,
};

Deno.test("no shape of HTTP smuggles a request or stops a server", async (test) => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  for (const [name, text] of Object.entries(SHAPES)) {
    await test.step(name, async () => {
      const { status, body } = await speaker.sayAndLeave(text);
      assert(status < 500, `${status}: ${body}`);
      // A session that began would have left its lock.
      assertEquals(siege.space.artefacts(), []);
      const { refusal } = await speaker.open(TARGET, 1, "&look=1");
      assertEquals(refusal, "");
    });
  }
  await siege.withstood();
});

Deno.test("a request in the body of another one is not answered", async (test) => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  const bodies = {
    "the length covers it":
      `${ACK}${HOST}${CLOSE}${TYPE}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    "a chunk covers it": `${ACK}${HOST}${CLOSE}${TYPE}Transfer-Encoding: chunked\r\n\r\n` +
      `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
    "both lengths are given": `${ACK}${HOST}${TYPE}Content-Length: ${HIDDEN.length + 5}\r\n` +
      `Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  };
  for (const [name, text] of Object.entries(bodies)) {
    await test.step(name, async () => {
      const { body, headers, status } = await speaker.say(text);
      assert(status >= 400 && status < 500, String(status));
      assertEquals(headers.get("x-request-key"), null);
      assert(!body.includes("x-request-key"), body);
    });
  }
  await siege.withstood();
});

Deno.test("what a page in a browser would send is refused", async (test) => {
  await using siege = await Siege.begin();
  const { speaker } = siege;
  const query = `/csums_queue?basis_filename=${TARGET}&target=replace`;
  const heads: Record<string, string> = {
    "from another origin": `${HOST}${TYPE}Origin: http://evil.example\r\n`,
    "from this origin": `${HOST}${TYPE}Origin: http://localhost\r\n`,
    "by a form": `${HOST}Content-Type: text/plain\r\n`,
    "by a form, in disguise": `${HOST}Content-Type: text/plain; application/octet-stream\r\n`,
    "without a type": HOST,
    "by fetch, from another site": `${HOST}${TYPE}Sec-Fetch-Site: cross-site\r\n`,
    "by a name that was bound to this address": `Host: evil.example\r\n${TYPE}`,
  };
  for (const [name, head] of Object.entries(heads)) {
    await test.step(name, async () => {
      const body = speaker.opening(10);
      const answer = await speaker.say(
        join(
          `POST ${query} HTTP/1.1\r\n${head}${CLOSE}Content-Length: ${body.length}\r\n\r\n`,
          body,
        ),
      );
      assert(["forbidden", "bad_request"].includes(refusalOf(answer)), refusalOf(answer));
    });
  }
  await siege.withstood();
});

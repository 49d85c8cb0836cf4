// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import type { FailureCode } from "../../src/errors.ts";
import { requestFrame } from "../../src/transport/messages.ts";
import { answerOf, assertProblem } from "../problem.ts";
import type { Server } from "../program.ts";
import { exchange, rawRequest } from "../raw_request.ts";
import { literalPatch, openFrames, openSession, problemOf, sendPatch } from "../wire_session.ts";
import { concat, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(50_000, 1);
const NEW = someBytes(3_000_000, 2);
const QUERY = "basis_filename=a&target=replace";

async function assertAlive(server: Server): Promise<void> {
  assertEquals((await rawRequest(server.port, { target: "/healthz" })).status, 200);
}

interface BatchFields {
  readonly first?: number;
  readonly weak?: Uint8Array<ArrayBuffer>;
  readonly lengths?: Uint8Array<ArrayBuffer>;
  readonly last?: boolean;
}

function batch(fields: BatchFields): Uint8Array<ArrayBuffer> {
  const none = new Uint8Array(0);
  const { first = 0, weak = none, lengths = none, last = true } = fields;
  return requestFrame({ case: "weakBatch", value: { first, weak, lengths, last } });
}

const OPEN = openFrames(NEW.length).subarray(0, openFrames(NEW.length).length - batch({}).length);
const FOUR = new Uint8Array(4);

/** Bodies of `POST /csums_queue`, and the problem that the last frame must tell of. */
const FRAMES: Record<string, readonly [body: Uint8Array<ArrayBuffer>, code: FailureCode]> = {
  "an empty body": [new Uint8Array(0), "bad_request"],
  "half a frame's head": [new Uint8Array(3), "stream"],
  "half a frame": [OPEN.subarray(0, 10), "stream"],
  "random bytes": [someBytes(5_000, 9), "bad_request"],
  "a frame that is too long": [new Uint8Array([1, 0, 64, 0, 0]), "bad_request"],
  "a frame of nothing": [FOUR, "bad_request"],
  "keys before the session": [batch({}), "bad_request"],
  "another protocol": [openFrames(10, { protocol: 2 }), "unsupported_version"],
  "another fingerprint": [openFrames(10, { fingerprint: "x" }), "unsupported_version"],
  "a size that is no size": [openFrames(2 ** 53), "bad_request"],
  "a size above the limit": [openFrames(2 ** 52), "too_large"],
  "no keys at all": [OPEN, "stream"],
  "two sessions at once": [concat(OPEN, OPEN), "bad_request"],
  "keys out of order": [concat(OPEN, batch({ first: 7 })), "bad_request"],
  "a length without a key": [
    concat(OPEN, batch({ lengths: new Uint8Array([1]) })),
    "bad_request",
  ],
  "half a key": [concat(OPEN, batch({ weak: new Uint8Array(3) })), "bad_request"],
  "a key of no bytes": [
    concat(OPEN, batch({ weak: FOUR, lengths: new Uint8Array([0]) })),
    "bad_request",
  ],
  "a key longer than a chunk": [
    concat(OPEN, batch({ weak: FOUR, lengths: new Uint8Array([255, 255, 255, 127]) })),
    "bad_request",
  ],
  "a length that does not end": [
    concat(OPEN, batch({ weak: FOUR, lengths: new Uint8Array([255]) })),
    "bad_request",
  ],
  "keys that are cut short": [concat(OPEN, batch({ last: false })), "stream"],
};

Deno.test("/csums_queue tells what is wrong with each malformed body and goes on serving", async (test) => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  for (const [name, [body, code]] of Object.entries(FRAMES)) {
    await test.step(`${name} is ${code}`, async () => {
      assertEquals(problemOf(await openSession(server.url, QUERY, body)), code);
    });
  }
  await assertAlive(server);
  await space.untouched("a", OLD);
});

/** What is done to a good patch, and how it must be refused. */
const PATCHES: Record<
  string,
  readonly [spoil: (patch: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>, code: FailureCode]
> = {
  "an empty body": [() => new Uint8Array(0), "stream"],
  "half a header": [(patch) => patch.subarray(0, 20), "stream"],
  "only a header": [(patch) => patch.subarray(0, 32), "stream"],
  "a half": [(patch) => patch.subarray(0, patch.length >> 1), "stream"],
  "all but the last byte": [(patch) => patch.subarray(0, patch.length - 1), "stream"],
  "a byte too many": [(patch) => concat(patch, new Uint8Array(1)), "bad_request"],
  "itself twice": [(patch) => concat(patch, patch), "bad_request"],
  "random bytes": [(patch) => someBytes(patch.length, 8), "bad_request"],
  "zeros": [(patch) => new Uint8Array(patch.length), "bad_request"],
  "another magic": [changed(0), "bad_request"],
  "another version": [changed(4), "unsupported_version"],
  "another size of the basis": [changed(8), "bad_request"],
  "another size of the new file": [changed(16), "bad_request"],
  "another header check": [changed(28), "bad_request"],
  "an unknown command": [changed(32, 0x7f), "bad_request"],
  "a literal that is too long": [changed(36, 0x7f), "bad_request"],
  "a literal outside of the file": [changed(45, 0x10), "bad_request"],
  "another byte of data": [changed(100), "verification"],
  "another digest": [changed(-1), "verification"],
  "other totals": [changed(-80), "bad_request"],
};

function changed(at: number, by = 1): (patch: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> {
  return (patch) => {
    const copy = patch.slice();
    copy[at < 0 ? copy.length + at : at]! ^= by;
    return copy;
  };
}

Deno.test("/patch refuses each malformed body, leaves the old file, and goes on serving", async (test) => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const patch = await literalPatch(OLD.length, NEW);
  for (const [name, [spoil, code]] of Object.entries(PATCHES)) {
    await test.step(`${name} is ${code}`, async () => {
      const { key } = await openSession(server.url, QUERY, openFrames(NEW.length));
      const target = "/patch?basis_filename=a";
      const headers = { "x-request-key": key, "Content-Type": "application/octet-stream" };
      const body = spoil(patch);
      assertProblem(await rawRequest(server.port, { method: "POST", target, headers, body }), code);
      await space.untouched("a", OLD);
      const again = await answerOf(await sendPatch(server.url, "a", key, patch.slice(0, 100)));
      assertProblem(again, "changed");
    });
  }
  await assertAlive(server);
});

Deno.test("a patch before any session was opened, or for a session half open, is refused", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const { key } = await openSession(server.url, QUERY, OPEN);
  const answer = await answerOf(await sendPatch(server.url, "a", key, new Uint8Array(10)));
  assertProblem(answer, "changed");
  await space.untouched("a", OLD);
});

const text = new TextEncoder();
const HEAD = "Host: localhost\r\nContent-Type: application/octet-stream\r\n";

/** What no HTTP client would send; the server may answer 400 or just close. */
const RAW: Record<string, readonly Uint8Array[]> = {
  "nothing": [],
  "random bytes": [someBytes(100_000, 5)],
  "zeros": [new Uint8Array(10_000)],
  "TLS": [new Uint8Array([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, ...new Uint8Array(180)])],
  "half a request line": [text.encode("POST /csums_q")],
  "no version": [text.encode("GET /healthz\r\n\r\n")],
  "a header that does not end": [text.encode("GET /healthz HTTP/1.1\r\nHost: loc")],
  "a header of 2 MB": [
    text.encode("GET /v1/capabilities HTTP/1.1\r\nX: "),
    new Uint8Array(2 << 20).fill(65),
  ],
  "a negative length": [
    text.encode(`POST /ack?file=a HTTP/1.1\r\n${HEAD}Content-Length: -1\r\n\r\n`),
  ],
  "two lengths": [
    text.encode(
      `POST /ack?file=a HTTP/1.1\r\n${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`,
    ),
  ],
  "a body that is cut short": [
    text.encode(`POST /ack?file=a HTTP/1.1\r\n${HEAD}Content-Length: 100\r\n\r\nabc`),
  ],
  "a chunk that lies": [
    text.encode(
      `POST /ack?file=a HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n`,
    ),
  ],
  "chunks that do not end": [
    text.encode(
      `POST /csums_queue?file=a HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nff\r\nabc`,
    ),
  ],
  "a patch that is cut short": [
    text.encode(
      `POST /patch?file=a HTTP/1.1\r\n${HEAD}x-request-key: ${
        "0".repeat(32)
      }\r\nContent-Length: 999\r\n\r\nPSD1`,
    ),
  ],
};

Deno.test("a server survives whatever comes over a plain socket", async (test) => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  for (const [name, pieces] of Object.entries(RAW)) {
    await test.step(name, async () => {
      const { status } = await exchange(server.port, pieces, true);
      // The frames of /csums_queue tell of failures after a status of 200.
      const fine = name === "chunks that do not end" && status === 200;
      assert(fine || status === 0 || status >= 400 && status < 500, String(status));
      await assertAlive(server);
    });
  }
  assert(!/ error /.test(server.log), server.log);
  await space.untouched("a", OLD);
});

Deno.test("random bodies to every endpoint are refused, never an internal failure", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  for (let seed = 1; seed <= 12; seed++) {
    for (const endpoint of ["csums_queue", "ack", "refine", "patch"]) {
      const { key } = await openSession(server.url, QUERY, openFrames(1000));
      const target = `/${endpoint}?${QUERY}`;
      const headers = { "x-request-key": key };
      const body = someBytes(seed ** 4, seed);
      const { status } = await rawRequest(server.port, { method: "POST", target, headers, body });
      assert(status < 500, `${endpoint}: ${status}`);
    }
  }
  assert(!/ error /.test(server.log), server.log);
  await space.untouched("a", OLD);
});

// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import zlib from "node:zlib";
import { Program } from "../program.ts";
import { someBytes, Workspace } from "../workspace.ts";
import { head, Impostor } from "./impostor.ts";
import { memoryOf } from "./siege.ts";
import { join, varint, zigzag } from "./wire/bytes.ts";
import { frame, type SessionFields } from "./wire/messages.ts";
import * as wire from "./wire/messages.ts";

const NEW = someBytes(300_000, 3);
const KEY = "0123456789abcdef".repeat(2);

/** How much memory a client may take, in MiB: several times what it needs, and a part of what a bomb becomes. */
const MOST_MIB = 500;

/** What the README says a push may end with, where its server is to blame. */
const EXITS = [2, 3, 5, 10, 12, 22, 24, 30, 40];

/** How a server lies: what it answers to each request; what is not named here is answered as it should be. */
interface Lie {
  readonly match?: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly patch?: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** The exit code; absent: any that may be. */
  readonly exit?: number;
}

const session = (fields: Partial<SessionFields> = {}): Uint8Array<ArrayBuffer> =>
  frame(wire.session({ key: KEY, basisSize: 0, ...fields }));
const DONE = frame(wire.done(0, 0, 0));

/** An answer of these frames. */
const says = (...frames: readonly Uint8Array[]) => () => [head(), ...frames];

/** An answer of these bytes again and again. */
function* endless(...pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  yield* pieces;
  for (;;) yield pieces.at(-1)!;
}

const GZIP_BOMB = (() => {
  const part = new Uint8Array(zlib.gzipSync(new Uint8Array(1 << 26)));
  // Members one behind the other are one stream.
  return join(...Array.from({ length: 32 }, () => part));
})();

const NONE = new Uint8Array(0);
const OK = (): Uint8Array[] => [head("200 OK", { "Content-Type": "text/plain" }), join("OK")];
const plain = (body: string) => () => [
  head("200 OK", { "Content-Type": "text/plain" }),
  join(body),
];
const digests = (body: Uint8Array) => () => [
  head("200 OK", { "Content-Type": "application/octet-stream" }),
  body,
];

const LIES: Readonly<Record<string, Lie>> = {
  "ends before its session": { match: says(), exit: 12 },
  "ends inside a frame": { match: says(session().subarray(0, 20)) },
  "ends before it is done": { match: says(session()) },
  "answers with garbage": { match: says(someBytes(1000, 5)), exit: 2 },
  "announces a frame of 4 GiB": { match: says(join("\xff\xff\xff\xff")), exit: 2 },
  "sends no session": { match: says(DONE), exit: 2 },
  "sends two sessions": { match: says(session(), session(), DONE), exit: 2 },
  "sends garbage without end": { match: () => endless(head(), someBytes(65_536, 6)), exit: 2 },
  "reports progress without end": {
    match: () => endless(head(), session(), frame(wire.progress("chunk", 1, 2))),
  },
  "gives a key that is none": { match: says(session({ key: "../../x\r\nX: y" }), DONE), exit: 2 },
  "gives a key of a megabyte": {
    match: says(session({ key: "a".repeat(1 << 20) }), DONE),
    exit: 2,
  },
  "has a basis of 2^64 - 1 bytes": { match: says(session({ basisSize: 2n ** 64n - 1n }), DONE) },
  "speaks of keys that were not sent": {
    match: says(session(), frame(wire.presence(2 ** 31, 5, new Uint8Array(1))), DONE),
    exit: 2,
  },
  "speaks of 2^32 keys": {
    match: says(session(), frame(wire.presence(0, 2n ** 32n - 1n, new Uint8Array(1))), DONE),
    exit: 2,
  },
  "has places outside of its basis": {
    match: says(
      session({ basisSize: 100 }),
      frame(wire.candidates(varint(0), NONE, zigzag(9e15))),
      DONE,
    ),
    exit: 2,
  },
  "has a run of 2^53 - 1 keys": {
    match: says(
      session({ basisSize: 2 ** 40 }),
      frame(wire.candidates(varint(0), varint(2 ** 53 - 1), zigzag(0))),
      DONE,
    ),
    exit: 2,
  },
  "tells of segments that nobody asked about": {
    match: says(session({ refines: 1 }), frame(wire.presence(0, 9, new Uint8Array(2), 8)), DONE),
  },
  "fails with a code of its own": {
    match: says(session(), frame(wire.problem("toString", "Cannot x: \x1b[2J\nroot#"))),
  },
  "fails with a terminal's commands": {
    match: says(session(), frame(wire.problem("busy", "Cannot x: \x1b]0;owned\x07\u202e"))),
    exit: 22,
  },
  "redirects": { match: () => [head("302 Found", { Location: "http://127.0.0.1:1/" })], exit: 2 },
  "redirects for good": { match: () => [head("308 Moved", { Location: "/x" })], exit: 2 },
  "is another type": { match: () => [head("200 OK", { "X-Parasync-Protocol": "" })], exit: 2 },
  "answers 204": { match: () => [head("204 No Content")] },
  "sends a bomb": {
    match: () => [head("200 OK", { "Content-Encoding": "gzip" }), GZIP_BOMB],
  },
  "refuses with a bomb": {
    match: () => [
      head("400 No", { "Content-Encoding": "gzip", "Content-Type": "application/problem+json" }),
      GZIP_BOMB,
    ],
  },
  "refuses without end": {
    match: () => endless(head("500 No"), someBytes(65_536, 7)),
  },
  "sends a header without end": {
    match: () => endless(join("HTTP/1.1 200 OK\r\n"), join(`X: ${"y".repeat(1000)}\r\n`)),
  },
  "takes a patch and goes": { patch: () => [] },
  "asks for more after the end": { patch: plain("PART") },
  "answers a patch with something else": { patch: plain("OKAY") },
  "answers a patch without end": { patch: () => endless(head(), someBytes(65_536, 8)) },
  "says that a segment is wrong, and again": { patch: digests(new Uint8Array(32)) },
  "says that there are other segments": { patch: digests(new Uint8Array(64)) },
  "says half a digest": { patch: digests(new Uint8Array(31)) },
  "refuses a patch with a bomb": {
    patch: () => [head("409 No", { "Content-Encoding": "gzip" }), GZIP_BOMB],
  },
};

/** An honest end of what a lie does not speak of. */
function replyOf({ match, patch }: Lie): (path: string) => ReturnType<NonNullable<Lie["match"]>> {
  return (path) => {
    if (path === "/csums_queue") return (match ?? says(session(), DONE))();
    if (path === "/patch") return (patch ?? OK)();
    if (path === "/v1/progress") return plain('{"done":0,"total":0}')();
    return plain("ACK_RECV")();
  };
}

Deno.test("whatever a server answers, a push ends with a code and one line, in bounded memory", async (test) => {
  await using space = new Workspace();
  const file = space.new(NEW);
  for (const [name, lie] of Object.entries(LIES)) {
    await test.step(`a server that ${name}`, async () => {
      await using impostor = new Impostor(replyOf(lie));
      const args = ["push", file, `${impostor.url}/a`, "--timeout=8s", "--connect-timeout=5s"];
      await using program = new Program(args);
      let most = 0;
      const watching = setInterval(() => most = Math.max(most, memoryOf(program.pid)), 20);
      const { code, stdout, stderr } = await program.ended;
      clearInterval(watching);
      assertMatch(stderr, /^parasync: Cannot [^\n]+[^.\n]\n$/);
      // deno-lint-ignore no-control-regex -- what a terminal would obey
      assert(!/[\x00-\x09\x0b-\x1f\x7f\u202e]/.test(stderr), JSON.stringify(stderr));
      assertEquals(stdout, "");
      if (lie.exit === undefined) assert(EXITS.includes(code), `${code}: ${stderr}`);
      else assertEquals(code, lie.exit, stderr);
      assert(most < MOST_MIB, `it took ${most} MiB`);
    });
  }
});

Deno.test("a server that says OK is believed: whether it kept the file only it can know", async () => {
  await using space = new Workspace();
  await using impostor = new Impostor(replyOf({}));
  await using program = new Program(["push", space.new(NEW), `${impostor.url}/a`]);
  const { code, stderr } = await program.ended;
  assertEquals([code, stderr], [0, ""]);
  assert(impostor.asked.includes("/patch"));
});

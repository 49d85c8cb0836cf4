/** `POST /refine` over HTTP, by clients that use it as they should and as they should not. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { crc32 } from "node:zlib";
import type { Answer } from "../../proto/gen/parasync_pb.ts";
import type { FailureCode } from "../../src/errors.ts";
import {
  MAX_REFINED_BLOCKS,
  MAX_REFINED_RANGES,
  MAX_ROUNDS,
} from "../../src/schemes/refine_limits.ts";
import { decodeWords, encodeVarints } from "../../src/transport/columns.ts";
import { FrameReader } from "../../src/transport/framing.ts";
import { readAnswer, requestFrame } from "../../src/transport/messages.ts";
import { answerOf, assertProblem } from "../problem.ts";
import type { Server } from "../program.ts";
import { rawRequest } from "../raw_request.ts";
import { literalPatch, openFrames, openSession, post, sendPatch } from "../wire_session.ts";
import { concat, someBytes, Workspace } from "../workspace.ts";

const OLD = someBytes(50_000, 1);
const NEW = someBytes(70_000, 2);
const QUERY = "basis_filename=a&target=replace";
const FRAMES = "application/x-protobuf";

type Range = readonly [begin: number, end: number];

interface Fields {
  readonly block?: number;
  readonly checkBytes?: number;
  readonly begins?: Uint8Array<ArrayBuffer>;
  readonly lengths?: Uint8Array<ArrayBuffer>;
  readonly found?: Uint8Array<ArrayBuffer>;
  readonly proofs?: Uint8Array<ArrayBuffer>;
}

/** The body of a round that asks for blocks in ranges. */
function round(
  block: number,
  ranges: readonly Range[],
  fields: Fields = {},
): Uint8Array<ArrayBuffer> {
  const begins = encodeVarints(ranges.map(([begin], i) => begin - (ranges[i - 1]?.[1] ?? 0)));
  const lengths = encodeVarints(ranges.map(([begin, end]) => end - begin));
  const value = { block, checkBytes: 2, begins, lengths, ...fields };
  return requestFrame({ case: "refine", value });
}

const WHOLE = round(512, [[0, OLD.length]]);

async function refine(
  server: Server,
  key: string,
  body: Uint8Array<ArrayBuffer>,
  query = "basis_filename=a",
): Promise<Response> {
  return await post(`${server.url}/refine?${query}`, body, FRAMES, { "x-request-key": key });
}

/** The frames of an answer that is one. */
async function framesOf(response: Response): Promise<Answer["frame"][]> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  assertEquals([response.status, response.headers.get("content-type")], [200, FRAMES]);
  return [...new FrameReader().push(bytes)].map((frame) => readAnswer(frame).frame);
}

async function begin(server: Server): Promise<string> {
  return (await openSession(server.url, QUERY, openFrames(NEW.length))).key;
}

/** What a round is refused with, as a problem document or as its last frame. */
async function refusalOf(response: Response): Promise<string> {
  if (response.status !== 200) {
    const answer = await answerOf(response);
    const { code } = JSON.parse(answer.body);
    assertProblem(answer, code);
    return code;
  }
  const last = (await framesOf(response)).at(-1);
  return last?.case === "problem" ? last.value.code : `no problem but ${last?.case}`;
}

async function assertPatched(server: Server, key: string): Promise<void> {
  const response = await sendPatch(server.url, "a", key, await literalPatch(OLD.length, NEW));
  assertEquals([response.status, await response.text()], [200, "OK"]);
}

Deno.test("/refine answers rounds of a session, which then takes its patch", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const key = await begin(server);
  const [proven, checksums, done, ...more] = await framesOf(await refine(server, key, WHOLE));
  assert(proven?.case === "proven" && checksums?.case === "blockChecksums");
  assertEquals([proven.value.bitmap.length, done?.case, more], [0, "done", []]);
  const { first, weak, strong } = checksums.value;
  assertEquals([first, decodeWords(weak, "weak").length, strong.length], [0, 97, 194]);
  const check = crc32(OLD.subarray(512, 1024));
  assertEquals([...strong.subarray(2, 4)], [check & 0xff, (check >> 8) & 0xff]);
  // A wrong proof is no failure; what it was to prove is sent.
  const found = new Uint8Array(13).with(0, 1);
  const proof = { found, proofs: new Uint8Array(8) };
  const [refuted] = await framesOf(await refine(server, key, round(64, [[0, 640]], proof)));
  assert(refuted?.case === "proven");
  assertEquals([...refuted.value.bitmap], [0]);
  await assertPatched(server, key);
  await space.untouched("a", NEW);
  assertEquals(await refusalOf(await refine(server, key, WHOLE)), "changed");
});

Deno.test("/refine works for the session's own key and name alone, and for who has the token", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  space.old("b", OLD);
  const server = await space.serve();
  const key = await begin(server);
  const asked: readonly (readonly [string, string, FailureCode])[] = [
    ["", "basis_filename=a", "bad_request"],
    ["../../outside", "basis_filename=a", "bad_request"],
    ["A".repeat(32), "basis_filename=a", "bad_request"],
    ["0123456789abcdef0123456789abcdef", "basis_filename=a", "changed"],
    [key, "basis_filename=b", "changed"],
    [key, "basis_filename=none", "changed"],
    [key, "", "bad_request"],
    [key, "basis_filename=..%2Fa", "forbidden"],
  ];
  for (const [other, query, code] of asked) {
    const answer = await refine(server, other, WHOLE, query);
    assertEquals(await refusalOf(answer), code, `${other} ${query}`);
  }
  // None of this has harmed the session.
  await assertPatched(server, key);

  const token = space.new("c29tZSB0b2tlbg\n", "token");
  await Deno.chmod(token, 0o600);
  const guarded = await space.serve([`--token-file=${token}`]);
  assertEquals(await refusalOf(await refine(guarded, key, WHOLE)), "unauthorized");
});

const many = Array.from({ length: MAX_REFINED_RANGES + 1 }, (): number => 64);
const EMPTY = new Uint8Array(0);

/** Bodies, and what they are refused with. */
const BODIES: Record<string, readonly [body: Uint8Array<ArrayBuffer>, code: FailureCode]> = {
  "nothing": [EMPTY, "stream"],
  "half a frame's head": [new Uint8Array(3), "stream"],
  "half a frame": [WHOLE.slice(0, 9), "stream"],
  "a frame of nothing": [new Uint8Array(4), "bad_request"],
  "random bytes": [someBytes(5000, 9), "bad_request"],
  "a frame that is too long": [new Uint8Array([1, 0, 64, 0, 0]), "bad_request"],
  "two rounds at once": [concat(WHOLE, WHOLE), "bad_request"],
  "the frame of another request": [openFrames(10), "bad_request"],
  "blocks of 63 bytes": [round(63, [[0, 630]]), "bad_request"],
  "blocks of 4,097 bytes": [round(4097, [[0, 40_970]]), "bad_request"],
  "5 bytes of checks": [round(512, [[0, 512]], { checkBytes: 5 }), "bad_request"],
  "a range past the end": [round(512, [[0, OLD.length + 1]]), "bad_request"],
  "a range behind the end": [round(512, [[2 ** 52, 2 ** 52 + 512]]), "bad_request"],
  "a range without a block": [round(512, [[0, 511]]), "bad_request"],
  "ranges of no blocks": [round(0, [[0, 512]]), "bad_request"],
  "a length too many": [
    round(512, [[0, 512]], { lengths: encodeVarints([512, 512]) }),
    "bad_request",
  ],
  "half a proof": [round(512, [], { proofs: new Uint8Array(7) }), "bad_request"],
  "too many ranges": [
    round(64, [], { begins: new Uint8Array(many.length), lengths: encodeVarints(many) }),
    "too_large",
  ],
};

Deno.test("/refine tells what is wrong with each malformed body, ends its session and goes on serving", async (test) => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  for (const [name, [body, code]] of Object.entries(BODIES)) {
    await test.step(`${name} is ${code}`, async () => {
      const key = await begin(server);
      assertEquals(await refusalOf(await refine(server, key, body)), code);
      const patch = await literalPatch(OLD.length, NEW);
      assertProblem(await answerOf(await sendPatch(server.url, "a", key, patch)), "changed");
    });
  }
  assertEquals((await rawRequest(server.port, { target: "/healthz" })).status, 200);
  assert(!/ error /.test(server.log), server.log);
  await space.untouched("a", OLD);
});

Deno.test("/refine refuses too many blocks, and more rounds than a session has", async () => {
  await using space = new Workspace();
  const path = space.old("a", "");
  const size = 64 * (MAX_REFINED_BLOCKS + 1);
  await Deno.truncate(path, size);
  const server = await space.serve();
  const first = await begin(server);
  const body = round(64, [[0, size]]);
  assertEquals(await refusalOf(await refine(server, first, body)), "too_large");

  const key = await begin(server);
  const none = round(0, [], { checkBytes: 0 });
  for (let i = 0; i < MAX_ROUNDS; i++) {
    const cases = (await framesOf(await refine(server, key, none))).map((frame) => frame.case);
    assertEquals(cases, ["proven", "done"], `round ${i + 1}`);
  }
  assertEquals(await refusalOf(await refine(server, key, none)), "too_large");
});

Deno.test("a body that is cut short on a plain socket ends the session, not the server", async () => {
  await using space = new Workspace();
  space.old("a", OLD);
  const server = await space.serve();
  const key = await begin(server);
  const { status } = await rawRequest(server.port, {
    method: "POST",
    target: "/refine?basis_filename=a",
    headers: { "x-request-key": key, "Content-Length": String(WHOLE.length + 100) },
    body: WHOLE,
    cut: true,
  });
  assert(status === 0 || status >= 400 && status < 500, String(status));
  await space.clean();
  await assertPatched(server, await begin(server));
});

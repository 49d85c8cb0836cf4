// @ts-types="../../types/std_assert.d.ts"
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { FINGERPRINT_ID } from "../../chunking/rule_k.ts";
import { ParasyncError } from "../../errors.ts";
import { PROTOCOL_VERSION } from "../../schemes/protocol_version.ts";
import { VERSION } from "../../version.ts";
import type { Check } from "./check.ts";
import { checkServer } from "./server.ts";
import { serverAddress } from "./server_address.ts";
import type { Answer, Capabilities, ServerFacts, Unreached } from "./server_probe.ts";

const CAPABLE: Capabilities = {
  version: VERSION,
  protocol: PROTOCOL_VERSION,
  fingerprint: FINGERPRINT_ID,
  schemes: ["parasync"],
  threads: 1,
  maxFileBytes: 1e12,
};
const YES: Answer = {
  status: 200,
  protocol: String(PROTOCOL_VERSION),
  reason: "",
  capabilities: CAPABLE,
};
const NO: Answer = { ...YES, status: 401, reason: "Cannot serve: a token", capabilities: null };
const WELL: ServerFacts = {
  address: serverAddress("http://localhost:19876", ""),
  waitedMs: 10_000,
  roundTripsMs: [0.9, 0.3, 0.5],
  unreached: null,
  health: { ...YES, capabilities: null },
  open: YES,
  withToken: null,
  tokenGiven: false,
};
const FAR = serverAddress("http://far:19876", "");

function statuses(facts: Partial<ServerFacts>): string[] {
  return checkServer({ ...WELL, ...facts }).map(({ name, status, code }) =>
    `${name.replace("server_", "")} ${status}${code === null ? "" : ` ${code}`}`
  );
}

function last(facts: Partial<ServerFacts>): Check {
  return checkServer({ ...WELL, ...facts }).at(-1)!;
}

Deno.test("a server as it should be has no notes", () => {
  assertEquals(statuses({}), ["answers ok", "protocol ok", "access ok", "limits ok"]);
  const [answers] = checkServer(WELL);
  assertEquals(answers!.text, "in 0.50 ms (median of 3 round trips, least 0.30 ms)");
  assertEquals(answers!.figures, { reachable: true, rttMs: 0.5, rttLeastMs: 0.3 });
});

Deno.test("a server that cannot be reached is a problem, with advice by its reason", () => {
  const cases: readonly (readonly [Unreached["kind"], code: string, advice: RegExp])[] = [
    ["refused", "connection", /parasync serve/],
    ["timeout", "connect_timeout", /firewall/],
    ["name", "connection", /address/],
    ["tls", "connection", /^$/],
    ["not_http", "not_a_server", /which port/],
    ["denied", "connection", /--allow-net=localhost:19876$/],
    ["other", "connection", /reached/],
  ];
  for (const [kind, code, advice] of cases) {
    const facts = { health: null, unreached: { kind, detail: "x" } };
    assertEquals(statuses(facts), [`answers problem ${code}`]);
    assertMatch(last(facts).advice, advice);
  }
  const unreached = { kind: "refused", detail: "" } as const;
  const address = serverAddress("http://far", "");
  assertMatch(last({ address, health: null, unreached }).advice, /loopback only.*port 19876/);
});

Deno.test("what is no parasync server, or is one under another path, is told apart", () => {
  const health = { ...YES, status: 404 };
  assertMatch(last({ health }).advice, /--prefix/);
  const foreign = last({ health: { ...health, protocol: null } });
  assertEquals([foreign.status, foreign.code], ["problem", "not_a_server"]);
  assertMatch(foreign.text, /no parasync server/);
});

Deno.test("another protocol, or other cuts, are problems; another version alone is a note", () => {
  const other = { ...YES, protocol: "99" };
  assertEquals(statuses({ health: other }), [
    "answers ok",
    "protocol problem unsupported_version",
  ]);
  const answer = (more: Partial<Capabilities>) => ({
    open: { ...YES, capabilities: { ...CAPABLE, ...more } },
  });
  assertEquals(
    statuses(answer({ fingerprint: "gear" }))[1],
    "protocol problem unsupported_version",
  );
  assertEquals(statuses(answer({ protocol: 2 ** 30 }))[1], "protocol problem unsupported_version");
  assertEquals(statuses(answer({ version: "99.0.0" }))[1], "protocol note");
});

Deno.test("a token that is wanted, wrong or accepted is told", () => {
  const needed = { open: NO, tokenGiven: true };
  assertMatch(last({ open: NO }).advice, /--token-file/);
  assertEquals(statuses({ open: NO }).at(-1), "access problem unauthorized");
  assertMatch(last({ ...needed, withToken: NO }).text, /not the server's/);
  assertEquals(statuses({ ...needed, withToken: YES })[2], "access ok");
});

Deno.test("a host name that the server does not know is a problem with the flag that adds it", () => {
  const refused = { ...NO, status: 403, reason: "Cannot serve host far: it is not a name" };
  const found = last({ address: FAR, open: refused });
  assertEquals([found.code, found.text], ["forbidden", "refused: it is not a name"]);
  assertMatch(found.advice, /--allowed-host=far/);
});

Deno.test("over a line, no token and no encryption are notes", () => {
  const access = (facts: Partial<ServerFacts>) =>
    checkServer({ ...WELL, ...facts }).find(({ name }) => name === "server_access")!;
  assertEquals(access({ address: FAR }).status, "note");
  assertMatch(access({ address: FAR }).text, /whoever reaches it can write/);
  const withToken = { open: NO, withToken: YES, tokenGiven: true };
  assertMatch(access({ address: FAR, ...withToken }).text, /unencrypted/);
  const secure = serverAddress("https://far", "");
  assertEquals(access({ address: secure, ...withToken }).status, "ok");
});

Deno.test("what a server says of itself cannot act on a terminal", () => {
  const capabilities = { ...CAPABLE, version: "\x1b[2J", schemes: ["\x1b[2J"] };
  for (const { text } of checkServer({ ...WELL, open: { ...YES, capabilities } })) {
    assertEquals(text.includes("\x1b"), false, text);
  }
});

Deno.test("the URL of a server may be that of a file, and holds no password", () => {
  const { base, loopback, portGiven } = serverAddress("http://127.0.0.1:1234/a/b?c", "/sync");
  assertEquals([base, loopback, portGiven], ["http://127.0.0.1:1234/sync", true, true]);
  assertEquals(serverAddress("http://[::1]:1/", "").loopback, true);
  for (const url of ["localhost:19876", "far", "ftp://far/", "http://u:secret@far/"]) {
    const error = assertThrows(() => serverAddress(url, ""), ParasyncError, "Cannot examine");
    assertEquals(error.message.includes("secret"), false);
  }
});

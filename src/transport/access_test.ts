// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ParasyncError } from "../errors.ts";
import { type AccessRules, requireAccess } from "./access.ts";
import { LOOPBACK_HOSTS } from "./loopback.ts";
import { FULL_GRANT } from "./grant.ts";
import { BYTES_TYPE, FRAMES_TYPE } from "./headers.ts";
import { TokenList } from "./token_list.ts";
import { TokenThrottle } from "./token_throttle.ts";

const RULES: AccessRules = {
  tokens: undefined,
  throttle: new TokenThrottle(),
  hosts: new Set([...LOOPBACK_HOSTS, "sync.example"]),
  anyAddress: false,
};

function outcome(
  headers: Record<string, string>,
  rules: Partial<AccessRules> = {},
  method = "GET",
): string {
  const request = new Request("http://x/", { method, headers: { host: "localhost", ...headers } });
  try {
    requireAccess(request, { ...RULES, ...rules }, "192.0.2.1");
    return "ok";
  } catch (error) {
    assert(error instanceof ParasyncError, `${error}`);
    return error.code;
  }
}

function tokensOf(...tokens: string[]): TokenList {
  return new TokenList(tokens.map((token) => ({ token, grant: FULL_GRANT })));
}

Deno.test("hosts of ours are served, with any port and in any case", () => {
  const ours = ["localhost", "LOCALHOST:19876", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:80"];
  for (const host of [...ours, "sync.example", "Sync.Example:443"]) {
    assertEquals(outcome({ host }), "ok", host);
  }
});

Deno.test("other hosts are refused: a page elsewhere may have been led to this address", () => {
  const foreign = [
    "evil.example",
    "localhost.evil.example",
    "evil.example:80",
    "127.0.0.1.evil",
    "",
  ];
  for (const host of [...foreign, "localhost@evil", "192.168.1.5", "[::2]", "xlocalhost"]) {
    assertEquals(outcome({ host }), "forbidden", host);
  }
});

Deno.test("a server on all addresses takes any address, and names only if they are its own", () => {
  const rules = { anyAddress: true };
  for (const host of ["192.168.1.5", "10.0.0.1:19876", "[fe80::1]", "[::1]:5", "sync.example"]) {
    assertEquals(outcome({ host }, rules), "ok", host);
  }
  for (const host of ["evil.example", "1.2.3.4.evil", "1.2.3", "[evil]", "0x7f000001.example"]) {
    assertEquals(outcome({ host }, rules), "forbidden", host);
  }
});

Deno.test("a token must be the server's, whole and as a bearer's", () => {
  const token = "s3cret-Token";
  const rules = { tokens: tokensOf(token), throttle: new TokenThrottle(() => 0) };
  const bearer = (authorization: string): string => outcome({ authorization }, rules);
  assertEquals(bearer(`Bearer ${token}`), "ok");
  assertEquals(bearer(`bearer  ${token}`), "ok");
  const wrong = ["", "Bearer", "Bearer ", `Basic ${token}`, token, "Bearer s3cret-token"];
  for (
    const authorization of [...wrong, `Bearer ${token}x`, `Bearer ${token} x`, "Bearer s3cret"]
  ) {
    assertEquals(bearer(authorization), "unauthorized", authorization);
  }
  assertEquals(outcome({}, rules), "unauthorized");
  assertEquals(
    outcome({ host: "evil.example", authorization: `Bearer ${token}` }, rules),
    "forbidden",
  );
});

Deno.test("neither the server's token nor what was given shows in the message", () => {
  const headers = { host: "localhost", authorization: "Bearer guess-1" };
  const error = assertThrows(
    () =>
      requireAccess(
        new Request("http://x/", { headers }),
        { ...RULES, tokens: tokensOf("secret-1") },
        "192.0.2.1",
      ),
    ParasyncError,
  );
  assert(!/secret-1|guess-1/.test(error.message), error.message);
});

Deno.test("what changes something needs a type that no form of a page can send", () => {
  for (const type of [FRAMES_TYPE, BYTES_TYPE, `${BYTES_TYPE.toUpperCase()}; charset=x`]) {
    assertEquals(outcome({ "content-type": type }, {}, "POST"), "ok", type);
  }
  const simple = ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"];
  for (
    const type of [...simple, "", "application/json", `x${BYTES_TYPE}`, `text/plain; ${BYTES_TYPE}`]
  ) {
    assertEquals(outcome({ "content-type": type }, {}, "POST"), "bad_request", type);
  }
  assertEquals(outcome({}, {}, "GET"), "ok");
});

Deno.test("after ten wrong tokens the right one is not looked at either, and no token is no guess", () => {
  const rules = { tokens: tokensOf("right", "other"), throttle: new TokenThrottle(() => 0) };
  const tokens = ["wrong", "right", undefined];
  const ask = () =>
    tokens.map((token) =>
      outcome(token === undefined ? {} : { authorization: `Bearer ${token}` }, rules)
    );
  for (let guess = 0; guess < 9; guess++) {
    assertEquals(ask(), ["unauthorized", "ok", "unauthorized"]);
  }
  assertEquals(ask(), ["unauthorized", "busy", "unauthorized"]);
  assertEquals(ask(), ["busy", "busy", "unauthorized"]);
});

Deno.test("wrong tokens that a page makes a browser send are not its visitor's", () => {
  const rules = { tokens: tokensOf("right"), throttle: new TokenThrottle(() => 0) };
  const wrong = { authorization: "Bearer wrong" };
  for (let guess = 0; guess < 20; guess++) {
    for (const mark of [{ "sec-fetch-site": "cross-site" }, { origin: "https://evil.example" }]) {
      assertEquals(outcome({ ...wrong, ...mark }, rules), "forbidden");
    }
  }
  assertEquals(outcome({ authorization: "Bearer right" }, rules), "ok");
});

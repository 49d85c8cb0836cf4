/** What a server's answers mean. */
import { FINGERPRINT_ID } from "../../chunking/rule_k.ts";
import { PROTOCOL_VERSION } from "../../schemes/protocol_version.ts";
import { printable } from "../../telemetry/printable.ts";
import { VERSION } from "../../version.ts";
import { formatBytes, formatMillis } from "../output/amounts.ts";
import { type Check, type Figures, note, ok, problem, type Subject } from "./check.ts";
import type { ServerAddress } from "./server_address.ts";
import type { Answer, Capabilities, ServerFacts, Unreached } from "./server_probe.ts";

const ANSWERS: Subject = ["server_answers", "answers"];
const PROTOCOL: Subject = ["server_protocol", "protocol"];
const ACCESS: Subject = ["server_access", "access"];
const LIMITS: Subject = ["server_limits", "takes"];

/**
 * What the facts mean.
 *
 * @param facts What `examineServer` found.
 */
export function checkServer(facts: ServerFacts): Check[] {
  const { address, health, unreached, waitedMs } = facts;
  if (health === null) {
    return [checkUnreached(unreached!, address, waitedMs)];
  }
  if (health.protocol === null || health.status !== 200) return [checkForeign(health, address)];
  const answers = checkAnswers(facts);
  if (health.protocol !== String(PROTOCOL_VERSION)) {
    return [answers, otherProtocol(printable(health.protocol, 20), "")];
  }
  if (unreached !== null) return [answers, checkUnreached(unreached, address, waitedMs)];
  const answer = facts.withToken ?? facts.open!;
  const known = answer.capabilities;
  return [
    answers,
    known === null
      ? ok(PROTOCOL, `version ${PROTOCOL_VERSION}, as here`, { protocol: PROTOCOL_VERSION })
      : checkProtocol(known),
    checkAccess(facts, answer),
    ...known === null ? [] : [
      ok(
        LIMITS,
        `files up to ${formatBytes(known.maxFileBytes)}, ${known.threads} ${
          known.threads === 1 ? "thread" : "threads"
        } at most, ${schemesText(known)}`,
        {
          maxFileBytes: known.maxFileBytes,
          threads: known.threads,
          schemes: known.schemes.join(","),
        },
      ),
    ],
  ];
}

function schemesText({ schemes }: Capabilities): string {
  const names = printable(schemes.join(", "), 200);
  return `${schemes.length === 1 ? "the scheme" : "the schemes"} ${names}`;
}

function checkUnreached(
  { kind, detail }: Unreached,
  address: ServerAddress,
  waitedMs: number,
): Check {
  const { base, host, loopback, secure, portGiven } = address;
  const figures = { reachable: false, reason: kind };
  const port = portGiven
    ? ""
    : "; unless told otherwise a server listens on port 19876, so name it";
  switch (kind) {
    case "refused": {
      const elsewhere = loopback
        ? ""
        : ", where it listens on loopback only unless --host is given";
      return problem(
        ANSWERS,
        "connection",
        "no: the connection was refused, so nothing listens there",
        `Start it there (parasync serve --root DIR)${elsewhere}${port}`,
        figures,
      );
    }
    case "timeout":
      return problem(
        ANSWERS,
        "connect_timeout",
        `no: nothing within ${formatMillis(waitedMs)}`,
        `See whether ${host} is up, and that no firewall drops the connection${port}`,
        figures,
      );
    case "name":
      return problem(
        ANSWERS,
        "connection",
        `no: the name ${host} cannot be resolved`,
        "Mend the name, or write the address",
        figures,
      );
    case "tls":
      return problem(
        ANSWERS,
        "connection",
        `no: the encrypted connection failed: ${printable(detail, 200)}`,
        secure
          ? "Name the authority that signed its certificate (--ca=FILE), or write http:// if it has no TLS"
          : "",
        figures,
      );
    case "not_http":
      return problem(
        ANSWERS,
        "not_a_server",
        "something does, but not in HTTP",
        secure
          ? ""
          : `Write https:// if the server has TLS; else look up which port the server printed when it started${port}`,
        figures,
      );
    case "denied":
      return problem(
        ANSWERS,
        "connection",
        "not asked: this program was started without the permission for it",
        `Run it with --allow-net=${new URL(base).host}`,
        figures,
      );
    case "other":
      return problem(
        ANSWERS,
        "connection",
        `no: ${printable(detail, 200)}`,
        `See whether ${host} can be reached at all${port}`,
        figures,
      );
  }
}

/** Something answers, but not as a server of ours that is well. */
function checkForeign({ status, protocol }: Answer, { portGiven }: ServerAddress): Check {
  const figures = { reachable: true, reason: "not_a_server", status };
  if (protocol !== null) {
    return problem(
      ANSWERS,
      "not_a_server",
      `a parasync server does, but with ${status}: nothing of it is under this path`,
      "Name the path that it was started with by --prefix",
      figures,
    );
  }
  return problem(
    ANSWERS,
    "not_a_server",
    `something does, with ${status}, but it is no parasync server`,
    portGiven
      ? "Look up which port the server printed when it started; behind a proxy name its path by --prefix"
      : "Name the port: unless told otherwise a server listens on 19876; behind a proxy name its path " +
        "by --prefix",
    figures,
  );
}

function checkAnswers({ roundTripsMs }: ServerFacts): Check {
  const sorted = roundTripsMs.toSorted((a, b) => a - b);
  const [least, median] = [sorted[0], sorted[sorted.length >> 1]];
  if (least === undefined || median === undefined) {
    return ok(ANSWERS, "yes", { reachable: true, rttMs: null, rttLeastMs: null });
  }
  return ok(
    ANSWERS,
    `in ${roundTrip(median)} (median of ${sorted.length} round trips, least ${roundTrip(least)})`,
    { reachable: true, rttMs: micros(median), rttLeastMs: micros(least) },
  );
}

function roundTrip(ms: number): string {
  return ms < 0.95 ? `${ms.toFixed(2)} ms` : formatMillis(ms);
}

function micros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function otherProtocol(theirs: string, version: string): Check {
  const named = version === "" ? "" : `, parasync ${version}`;
  return problem(
    PROTOCOL,
    "unsupported_version",
    `the server speaks version ${theirs}${named}; here it is ${PROTOCOL_VERSION}, parasync ${VERSION}`,
    "Bring the older of the two up to date",
    { protocol: theirs, version },
  );
}

function checkProtocol({ protocol, version, fingerprint }: Capabilities): Check {
  const shown = printable(version, 40);
  if (protocol !== PROTOCOL_VERSION) return otherProtocol(String(protocol), shown);
  const figures = { protocol, version: shown, fingerprint };
  const text = `version ${protocol}, as here; the server is parasync ${shown}`;
  if (fingerprint !== FINGERPRINT_ID) {
    return problem(
      PROTOCOL,
      "unsupported_version",
      `${text}, which cuts files in another way`,
      "Bring the older of the two up to date",
      figures,
    );
  }
  if (version === VERSION) return ok(PROTOCOL, text, figures);
  return note(PROTOCOL, `${text}, this is ${VERSION}`, "They work together all the same", figures);
}

function checkAccess(facts: ServerFacts, answer: Answer): Check {
  const { address, open, tokenGiven } = facts;
  const tokenNeeded = open!.status === 401;
  const figures: Figures = {
    tokenNeeded,
    tokenGiven,
    granted: answer.capabilities !== null,
    encrypted: address.secure,
  };
  if (answer.status === 401) {
    return tokenGiven
      ? problem(
        ACCESS,
        "unauthorized",
        "refused: the token is not the server's",
        "Copy the file that the server was given by --token-file, or its PARASYNC_TOKEN",
        figures,
      )
      : problem(
        ACCESS,
        "unauthorized",
        "refused: the server wants a token",
        "Name the file that holds it by --token-file, or set PARASYNC_TOKEN",
        figures,
      );
  }
  if (answer.status === 403) {
    return problem(
      ACCESS,
      "forbidden",
      `refused: ${printable(answer.reason, 200).replace(/^Cannot .*?: /, "")}`,
      `Start the server with --allowed-host=${address.host}, or write its address`,
      figures,
    );
  }
  if (answer.capabilities === null) {
    return problem(
      ACCESS,
      "not_a_server",
      `it answers ${answer.status}, and does not say what it can`,
      "See whether a proxy answers in its place",
      figures,
    );
  }
  return checkGranted(address, tokenNeeded, tokenGiven, figures);
}

function checkGranted(
  { loopback, secure }: ServerAddress,
  tokenNeeded: boolean,
  tokenGiven: boolean,
  figures: Figures,
): Check {
  if (tokenNeeded) {
    if (loopback || secure) return ok(ACCESS, "the token is accepted", figures);
    return note(
      ACCESS,
      "the token is accepted, but travels unencrypted",
      "Give the server a certificate (--tls-cert, --tls-key), or use an SSH tunnel, on a line that is not trusted",
      figures,
    );
  }
  const unused = tokenGiven ? "; the one given here is not asked for" : "";
  if (loopback) return ok(ACCESS, `no token is needed${unused}`, figures);
  return note(
    ACCESS,
    `no token is needed${unused}: whoever reaches it can write there`,
    "Start it with --token-file and without --insecure-no-auth",
    figures,
  );
}

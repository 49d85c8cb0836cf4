/** What a client makes of answers and failures that are not those of a server that does what it was asked. */
import { ParasyncError } from "../errors.ts";
import { PROTOCOL_VERSION } from "../schemes/protocol_version.ts";
import { printable } from "../telemetry/printable.ts";
import { PROTOCOL_HEADER } from "./headers.ts";
import { readProblem } from "./problem.ts";
import { withRetryAfter } from "./retry_after.ts";

/** What a proxy answers when the server behind it is not there, or too much is asked for. */
const PASSING_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Insists that a server of ours has answered, and has done what it was asked.
 *
 * @param base Where it is.
 * @param response Its answer; read where it is a refusal.
 * @param text Reads a short body.
 * @throws {ParasyncError} What the server, or a proxy before it, refused it with; `not_a_server`;
 * `unsupported_version`.
 */
export async function requireOk(
  base: string,
  response: Response,
  text: (response: Response) => Promise<string>,
): Promise<void> {
  if (!response.headers.has(PROTOCOL_HEADER)) {
    await response.body?.cancel();
    const { status } = response;
    if (PASSING_STATUS.has(status)) {
      throw withRetryAfter(
        new ParasyncError(
          status === 429 || status === 503 ? "busy" : "connection",
          `Cannot reach ${base}: a proxy before it answered ${status}`,
        ),
        response.headers.get("retry-after"),
      );
    }
    throw status === 413
      ? new ParasyncError(
        "too_large",
        `Cannot sync: a proxy before ${base} refuses bodies this long`,
      )
      : foreign(base, `it answered ${status} without ${PROTOCOL_HEADER}`);
  }
  const protocol = response.headers.get(PROTOCOL_HEADER);
  if (response.ok && protocol !== String(PROTOCOL_VERSION)) {
    await response.body?.cancel();
    throw new ParasyncError(
      "unsupported_version",
      `Cannot sync with ${base}: it speaks protocol ${protocol} and this program ` +
        `${PROTOCOL_VERSION}; use the same version of parasync at both ends`,
    );
  }
  if (!response.ok) {
    const failure = readProblem(await text(response), response.status);
    throw withRetryAfter(failure, response.headers.get("retry-after"));
  }
}

/**
 * What answers is no server of ours.
 *
 * @param base Where it was looked for.
 * @param reason What gives it away.
 */
export function foreign(base: string, reason: string): ParasyncError {
  return new ParasyncError(
    "not_a_server",
    `Cannot sync with ${base}: it is no parasync server: ${reason}`,
  );
}

/**
 * What a request that got no answer failed with, in words.
 *
 * @param base Where it went.
 * @param error What the runtime makes of it.
 */
export function unreachable(base: string, error: unknown): ParasyncError {
  const texts: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) texts.push(cause.message);
  const text = texts.join(": ");
  // What TLS and plain HTTP look like to the other.
  if (/InvalidContentType|wrong version number/i.test(text)) {
    return foreign(base, "it does not speak TLS; if it is a server without, write http://");
  }
  if (/invalid HTTP|unexpected message|parsed/i.test(text)) {
    return foreign(base, "it does not speak HTTP; if it is a server with TLS, write https://");
  }
  const reason = /refused/i.test(text)
    ? "connection refused; is the server running there?"
    : /certificate|UnknownIssuer/i.test(text)
    ? whyNotBelieved(text)
    : /dns|lookup|resolve/i.test(text)
    ? "its name cannot be resolved"
    : text;
  return new ParasyncError("connection", `Cannot reach ${base}: ${reason}`, { cause: error });
}

function whyNotBelieved(text: string): string {
  if (/expired/i.test(text)) return "its certificate has expired, or this machine's clock is wrong";
  if (/not valid yet|NotValidYet/i.test(text)) {
    return "its certificate is not valid yet, or this machine's clock is wrong";
  }
  if (/not valid for name|NotValidForName/i.test(text)) {
    const names = [...text.matchAll(/(?:DnsName|IpAddress)\("?([^")]+)/g)].map(([, name]) => name!);
    const whose = names.length === 0 ? "" : `: ${printable(names.join(", "), 200)}`;
    return `its certificate is not for that name${whose}`;
  }
  return "its certificate is not believed here; --ca=FILE names the authority that signed it, " +
    "DENO_TLS_CA_STORE=system takes the system's authorities";
}

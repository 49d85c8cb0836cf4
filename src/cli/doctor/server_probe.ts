/** Asks a server what it is, as `push` would meet it. */
import { readText } from "../../transport/body.ts";
import { PROTOCOL_HEADER } from "../../transport/headers.ts";
import { readProblem } from "../../transport/problem.ts";
import { tlsClient } from "../../transport/tls_client.ts";
import type { ServerAddress } from "./server_address.ts";

/** Why there was no answer. */
export interface Unreached {
  readonly kind: "refused" | "timeout" | "name" | "tls" | "not_http" | "denied" | "other";
  /** What the system says. */
  readonly detail: string;
}

/** What a server says of itself. */
export interface Capabilities {
  readonly version: string;
  readonly protocol: number;
  readonly fingerprint: string;
  readonly schemes: readonly string[];
  readonly threads: number;
  readonly maxFileBytes: number;
}

/** An answer to a question. */
export interface Answer {
  readonly status: number;
  /** What it says of its protocol; null where it is no parasync server. */
  readonly protocol: string | null;
  /** Its reason for refusing, a line; empty where it does not. */
  readonly reason: string;
  /** What it can; null where it refuses, or says nothing that is understood. */
  readonly capabilities: Capabilities | null;
}

/** What is known of a server. */
export interface ServerFacts {
  readonly address: ServerAddress;
  /** How long it was waited for, in ms. */
  readonly waitedMs: number;
  /** The times of the round trips after the first one, in ms; empty where it was not reached. */
  readonly roundTripsMs: readonly number[];
  /** Why there was no answer; null where there was one. */
  readonly unreached: Unreached | null;
  /** The answer to whether it is well; null where there was none. */
  readonly health: Answer | null;
  /** What it answers without a token; null where it was not asked. */
  readonly open: Answer | null;
  /** What it answers with the token; null where there is none, or none is needed. */
  readonly withToken: Answer | null;
  readonly tokenGiven: boolean;
}

const ROUND_TRIPS = 9;
/** No more round trips after this time, in ms. */
const ROUND_TRIPS_MS = 500;
const BODY_BYTES = 64 << 10;

/** How to ask. */
export interface ProbeOptions {
  readonly token: string | undefined;
  /** Certificates of authorities to believe beside the usual ones, in PEM. */
  readonly authorities: readonly string[];
  /** How long to wait for each answer, in ms. */
  readonly connectMs: number;
  /** Breaks it off. */
  readonly signal: AbortSignal;
}

/**
 * Asks a server.
 *
 * @param address The server.
 * @param options How to ask.
 * @throws The signal's reason, once it is aborted.
 */
export async function examineServer(
  address: ServerAddress,
  options: ProbeOptions,
): Promise<ServerFacts> {
  using client = tlsClient(address.base, options.authorities);
  return await examineBy(client, address, options);
}

async function examineBy(
  client: Deno.HttpClient | undefined,
  address: ServerAddress,
  options: ProbeOptions,
): Promise<ServerFacts> {
  const { token, connectMs } = options;
  const facts: ServerFacts = {
    address,
    waitedMs: connectMs,
    roundTripsMs: [],
    unreached: null,
    health: null,
    open: null,
    withToken: null,
    tokenGiven: token !== undefined,
  };
  const health = await ask(client, address, "/healthz", undefined, options);
  if ("kind" in health) return { ...facts, unreached: health };
  if (health.status !== 200 || health.protocol === null) return { ...facts, health };
  const roundTripsMs: number[] = [];
  const begin = performance.now();
  while (roundTripsMs.length < ROUND_TRIPS && performance.now() - begin < ROUND_TRIPS_MS) {
    const sent = performance.now();
    const again = await ask(client, address, "/healthz", undefined, options);
    if ("kind" in again) return { ...facts, health, roundTripsMs, unreached: again };
    roundTripsMs.push(performance.now() - sent);
  }
  const reached = { ...facts, health, roundTripsMs };
  const open = await ask(client, address, "/v1/capabilities", undefined, options);
  if ("kind" in open) return { ...reached, unreached: open };
  if (open.status !== 401 || token === undefined) return { ...reached, open };
  const withToken = await ask(client, address, "/v1/capabilities", token, options);
  if ("kind" in withToken) return { ...reached, open, unreached: withToken };
  return { ...reached, open, withToken };
}

async function ask(
  client: Deno.HttpClient | undefined,
  { base }: ServerAddress,
  path: string,
  token: string | undefined,
  { connectMs, signal }: ProbeOptions,
): Promise<Answer | Unreached> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  signal.addEventListener("abort", stop);
  const timer = setTimeout(stop, connectMs);
  try {
    const response = await fetch(`${base}${path}`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      redirect: "manual",
      signal: controller.signal,
      ...client && { client },
    });
    const protocol = response.headers.get(PROTOCOL_HEADER);
    const { status } = response;
    const limits = { maxBytes: BODY_BYTES, idleMs: connectMs, sender: "server" };
    const text = await readText(response.body, limits).catch(() => "");
    return {
      status,
      protocol,
      reason: response.ok || protocol === null ? "" : readProblem(text, status).message,
      capabilities: response.ok ? readCapabilities(text) : null,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (controller.signal.aborted) return { kind: "timeout", detail: "no answer" };
    return unreachedBy(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

function unreachedBy(error: unknown): Unreached {
  const texts: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) texts.push(cause.message);
  const detail = texts.join(": ");
  if (error instanceof Deno.errors.NotCapable) return { kind: "denied", detail };
  const kinds: readonly (readonly [Unreached["kind"], RegExp])[] = [
    ["refused", /refused/i],
    ["name", /dns|lookup|resolve/i],
    ["tls", /certificate|tls|ssl|handshake|corrupt message|UnknownIssuer/i],
    ["not_http", /invalid HTTP|unexpected message|parsed/i],
  ];
  const kind = kinds.find(([, pattern]) => pattern.test(detail))?.[0] ?? "other";
  // The runtime names the whole URL before the reason.
  const reason = texts.at(-1)?.replace(/^.*client error \(\w+\): /, "");
  return { kind, detail: reason ?? "it cannot be reached" };
}

function readCapabilities(text: string): Capabilities | null {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof said !== "object" || said === null) return null;
  const fields: Record<string, unknown> = { ...said };
  const { name, version, protocol, fingerprint, schemes, threads } = fields;
  const maxFileBytes = fields["max_file_bytes"];
  if (
    name !== "parasync" || typeof version !== "string" || typeof protocol !== "number" ||
    typeof fingerprint !== "string" || !Array.isArray(schemes) || typeof threads !== "number" ||
    typeof maxFileBytes !== "number"
  ) return null;
  return {
    version,
    protocol,
    fingerprint,
    schemes: schemes.map(String),
    threads,
    maxFileBytes,
  };
}

import { ParasyncError } from "../errors.ts";
import type { Confirmation, PatchAnswer, Peer, SignatureAnswer } from "../schemes/scheme.ts";
import type { StageTime } from "../telemetry/stages.ts";
import { readBody, readText } from "./body.ts";
import { readFrames } from "./framing.ts";
import { BYTES_TYPE, FRAMES_TYPE, KEY_HEADER, PROTOCOL_HEADER, SESSION_HEADER } from "./headers.ts";
import { isLoopback } from "./loopback.ts";
import { readProblem } from "./problem.ts";
import type { RateLimit } from "./rate_limit.ts";
import { RoundTrips } from "./round_trips.ts";
import { foreign, requireOk, unreachable } from "./server_answer.ts";
import { readTiming } from "./server_timing.ts";

/** How to reach a server. */
export interface HttpPeerOptions {
  /** The server, with the path before its endpoints; without a slash at the end. */
  readonly base: string;
  /** Who moves first: the endpoint that opens the session. */
  readonly opens: "csums_queue" | "signature";
  /** Its query. */
  readonly query: string;
  /** The basis's name, which every request repeats. */
  readonly name: string;
  /** What proves that content is equal. */
  readonly confirm: Confirmation;
  /** The bearer token, if the server needs one. */
  readonly token: string | undefined;
  /** What speaks TLS; undefined where nothing is encrypted. */
  readonly client: Deno.HttpClient | undefined;
  /** How long to wait for the server to answer at all, in ms. */
  readonly connectMs: number;
  /** How long the server may send nothing while it should, in ms. */
  readonly idleMs: number;
  /** Whether to measure the line at once, over the connection that later requests take. */
  readonly measured: boolean;
  /**
   * Whether a body of the patch leaves when it is complete, because there is so little of it: the runtime has Nagle's
   * algorithm on, under which the second of two short writes waits for the first's acknowledgement, for a
   * round trip and 40 ms.
   */
  readonly gathered: boolean;
  /** At which rate bodies are sent; absent: as fast as it goes. */
  readonly rate?: RateLimit | undefined;
  /** Asks again for as long as there is hope, where the line is gone and the target may be committed. */
  readonly again: <T>(ask: () => Promise<T>) => Promise<T>;
  /** Breaks every request off. */
  readonly signal: AbortSignal;
}

const BYTES = { "content-type": BYTES_TYPE };

const SMALL_BODY = 64 << 10;

/** How many round trips to a loopback address must be long for it to be a tunnel's end. */
const LOOPBACK_TRIPS = 3;

/** Stands for a reason where there is none to fail: the target is committed. */
const COMMITTED = Symbol("committed");

/** Digests of the segments of 2 TiB. */
const SEGMENTS_BODY = 64 << 20;

/** A server reached by HTTP. */
export class HttpPeer implements Peer {
  readonly #options: HttpPeerOptions;
  #key: string | undefined;
  /** The server's stages, from its session's beginning on, and when that was by this end's clock. */
  #timeline: readonly StageTime[] = [];
  #sessionAt = 0;
  readonly #frames = Promise.withResolvers<AsyncIterable<Uint8Array>>();
  readonly #matching: Promise<Response>;
  #roundTrips: RoundTrips | undefined;

  /**
   * Opens the session at once: the server chunks its file while this end is still getting ready.
   *
   * @param options How to reach it.
   */
  constructor(options: HttpPeerOptions) {
    this.#options = options;
    const { base, query, opens } = options;
    const url = `${base}/${opens}?${query}`;
    this.#matching = opens === "signature"
      ? this.#request("GET", url, null)
      : this.#request("POST", url, deferred(this.#frames.promise), { "content-type": FRAMES_TYPE });
    // Told when the scheme asks for the answer.
    this.#matching.catch(() => {});
    // Nobody takes frames where the server moves first.
    this.#frames.promise.catch(() => {});
    if (!options.measured) return;
    // Where the server is likely to be on this machine, one busy moment of it must not make a slow line.
    const needed = isLoopback(new URL(base).hostname.replace(/^\[|\]$/g, "")) ? LOOPBACK_TRIPS : 1;
    this.#roundTrips = new RoundTrips(() => this.#ping(), needed);
  }

  timeline(origin: number): readonly StageTime[] {
    const shift = Math.round((this.#sessionAt - origin) * 1000) / 1000;
    return this.#timeline.map(({ stage, beginMs, endMs, busyMs }) => ({
      stage,
      beginMs: beginMs + shift,
      endMs: endMs + shift,
      busyMs,
    }));
  }

  /** Breaks off a session that was opened and came to nothing. */
  close(reason: unknown): void {
    const frames = Promise.reject(reason);
    frames.catch(() => {});
    this.#frames.resolve(frames);
  }

  async *match(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { idleMs } = this.#options;
    this.#frames.resolve(frames);
    const response = await this.#matching;
    const body = readBody(response.body, {
      maxBytes: Number.MAX_SAFE_INTEGER,
      idleMs,
      sender: "server",
    });
    yield* readFrames(body);
  }

  async signature(): Promise<SignatureAnswer> {
    const { base, idleMs } = this.#options;
    const response = await this.#matching;
    // Not needed before: the request should leave with as little loaded as can be.
    const { readSession } = await import("./messages.ts");
    const session = readSession(decodeBase64(response.headers.get(SESSION_HEADER) ?? ""));
    if (session === null) throw foreign(base, "its answer names no session");
    // What breaks the body off can be asked for from now on.
    this.#key = session.requestKey;
    const body = readBody(response.body, {
      maxBytes: Number.MAX_SAFE_INTEGER,
      idleMs,
      sender: "server",
    });
    return { session, body: this.#explained(body) };
  }

  /** A body that breaks off, with the server's reason for it. */
  async *#explained(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw await this.#reasonBehind(error);
    }
  }

  async acknowledge(key: string): Promise<number> {
    // It goes into headers and queries from now on.
    if (!/^[0-9a-f]{32}$/.test(key)) throw foreign(this.#options.base, "its session has no key");
    this.#key = key;
    const begin = performance.now();
    const response = await this.#request("POST", this.#url("/ack"), key, BYTES);
    const answer = await this.#text(response);
    if (answer !== "ACK_RECV") throw foreign(this.#options.base, "its acknowledgement is not ours");
    return performance.now() - begin;
  }

  /** Says that the session, one that only looks at the basis, is over; if that gets lost, it expires. */
  async leave(): Promise<void> {
    if (this.#key === undefined) return;
    try {
      await this.#text(await this.#request("POST", this.#url("/ack", "&end=1"), this.#key, BYTES));
    } catch {
      // What there was to know is known.
    }
  }

  async roundTrip(
    acknowledged: Promise<number>,
    short: number,
    calm: Promise<void>,
  ): Promise<number> {
    if (this.#roundTrips === undefined) return await acknowledged;
    acknowledged.then((ms) => this.#roundTrips?.add(ms), () => {});
    return await this.#roundTrips.shortest(short, calm);
  }

  async #ping(): Promise<void> {
    await this.#text(await this.#request("GET", `${this.#options.base}/healthz`, null));
  }

  async *refine(key: string, frame: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array> {
    const headers = { "content-type": FRAMES_TYPE, [KEY_HEADER]: key };
    const response = await this.#request("POST", this.#url("/refine"), frame, headers);
    const { idleMs } = this.#options;
    const body = readBody(response.body, {
      maxBytes: Number.MAX_SAFE_INTEGER,
      idleMs,
      sender: "server",
    });
    yield* readFrames(body);
  }

  async patch(
    key: string,
    pieces: AsyncIterable<Uint8Array>,
    repair: boolean,
  ): Promise<PatchAnswer> {
    const { base, confirm, rate } = this.#options;
    const gathered = this.#options.gathered && rate === undefined;
    const headers = { ...BYTES, [KEY_HEADER]: key };
    const url = this.#url("/patch", `&confirm=${confirm}${repair ? "&repair=1" : ""}`);
    let handed = gathered;
    const streamed = async function* (): AsyncGenerator<Uint8Array> {
      yield* pieces;
      handed = true;
    };
    const content = gathered ? await gather(pieces) : streamed();
    let response: Response;
    let answer: string | undefined;
    try {
      response = await this.#request("POST", url, content, headers);
      if (response.headers.get("content-type") !== BYTES_TYPE) answer = await this.#text(response);
    } catch (error) {
      // The server may have all of it: to push once more could undo what another pushes in the meantime.
      const reason = await this.#reasonBehind(error, handed);
      // The answer was lost, and not what it said.
      if (reason === COMMITTED) return { committed: true, stages: {}, segments: null };
      throw reason;
    }
    const arrivedAt = performance.now();
    this.#timeline = readTiming(response.headers.get("server-timing") ?? "");
    // The last thing that a server does before it answers is the end of a stage.
    this.#sessionAt = arrivedAt - Math.max(0, ...this.#timeline.map(({ endMs }) => endMs));
    const stages = Object.fromEntries(
      this.#timeline.map(({ stage, beginMs, endMs }) => [stage, endMs - beginMs]),
    );
    if (answer === undefined) {
      return { committed: false, stages, segments: await this.#bytes(response) };
    }
    if (answer !== "OK" && answer !== "PART") {
      throw foreign(base, "its answer to the patch is not ours");
    }
    return { committed: answer === "OK", stages, segments: null };
  }

  /** How far the server is with the target, in bytes; zeros before there is a session. */
  async progress(): Promise<{ readonly done: number; readonly total: number }> {
    if (this.#key === undefined) return { done: 0, total: 0 };
    const { signal, connectMs } = this.#options;
    const response = await this.#askProgress(
      AbortSignal.any([signal, AbortSignal.timeout(connectMs)]),
    );
    const { done, total } = await response.json();
    return { done: Number(done), total: Number(total) };
  }

  async #askProgress(signal: AbortSignal): Promise<Response> {
    const { token, client } = this.#options;
    const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return await fetch(this.#url("/v1/progress", `&key=${this.#key}`), {
      headers,
      signal,
      ...client && { client },
    });
  }

  /** A server that refuses a body half way closes the connection, and its answer may be lost with it. */
  async #reasonBehind(error: unknown, insistent = false): Promise<unknown> {
    const broken = error instanceof ParasyncError &&
      (error.code === "connection" || error.code === "stream");
    if (!broken) return error;
    const { again, connectMs, signal } = this.#options;
    const ask = async (): Promise<unknown> => {
      try {
        const response = await this.#askProgress(
          AbortSignal.any([signal, AbortSignal.timeout(connectMs)]),
        );
        const text = await this.#text(response);
        if (!response.headers.has(PROTOCOL_HEADER)) throw error;
        if (response.ok) return JSON.parse(text).committed === true ? COMMITTED : error;
        const told = readProblem(text, response.status);
        // That the connection broke is known here already.
        return told.code === "stream" ? error : told;
      } catch {
        throw signal.aborted ? signal.reason : error;
      }
    };
    return await (insistent ? again(ask) : ask()).catch((reason) => reason);
  }

  #url(path: string, more = ""): string {
    const { base, name } = this.#options;
    return `${base}${path}?basis_filename=${encodeURIComponent(name)}${more}`;
  }

  async #bytes(response: Response): Promise<Uint8Array> {
    const { idleMs } = this.#options;
    return await gather(
      readBody(response.body, { maxBytes: SEGMENTS_BODY, idleMs, sender: "server" }),
    );
  }

  async #text(response: Response): Promise<string> {
    const { idleMs } = this.#options;
    return await readText(response.body, { maxBytes: SMALL_BODY, idleMs, sender: "server" });
  }

  async #request(
    method: "GET" | "POST",
    url: string,
    content: AsyncIterable<Uint8Array> | Uint8Array<ArrayBuffer> | string | null,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const { base, token, client, signal, connectMs, idleMs, rate } = this.#options;
    const headers = new Headers(more);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    const controller = new AbortController();
    const forward = (): void => controller.abort(signal.reason);
    signal.addEventListener("abort", forward);
    if (signal.aborted) forward();
    // Once it has opened a session the server is known to be there: a slow line or disk may take its time.
    const opened = this.#key !== undefined;
    const waitMs = opened ? idleMs : connectMs;
    const late = opened
      ? new ParasyncError("timeout", `Cannot go on: the server did not answer for ${idleMs} ms`)
      : new ParasyncError(
        "connect_timeout",
        `Cannot reach ${base}: no answer within ${connectMs} ms`,
      );
    let done = 0;
    const expire = async (): Promise<void> => {
      // A server that is still copying is not dead, however long it takes.
      const before = done;
      if (opened) ({ done } = await this.progress().catch(() => ({ done: before })));
      if (done > before) restart();
      // The answer may have come while the server was asked.
      else if (!answered) controller.abort(late);
    };
    let timer = setTimeout(expire, waitMs);
    let answered = false;
    // The time runs anew with each piece the server takes: a proxy may answer only after the last one.
    const restart = (): void => {
      clearTimeout(timer);
      if (!answered) timer = setTimeout(expire, waitMs);
    };
    let unread: { readonly reason: unknown } | undefined;
    const body = content === null || typeof content === "string" || content instanceof Uint8Array
      ? content
      : toStream(
        rate?.limited(content, controller.signal) ?? content,
        restart,
        (reason) => unread = { reason },
      );
    try {
      const response = await fetch(url, {
        method,
        headers,
        body,
        redirect: "manual",
        signal: controller.signal,
        ...client && { client },
      });
      await requireOk(base, response, (refusal) => this.#text(refusal));
      return response;
    } catch (error) {
      if (error instanceof ParasyncError) throw error;
      if (unread !== undefined) throw unread.reason;
      if (controller.signal.aborted) throw controller.signal.reason;
      throw unreachable(base, error);
    } finally {
      answered = true;
      clearTimeout(timer);
    }
  }
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}

async function* deferred(
  pieces: Promise<AsyncIterable<Uint8Array>>,
): AsyncGenerator<Uint8Array> {
  yield* await pieces;
}

/** All of what comes in pieces. */
async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of pieces) parts.push(piece.slice());
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** The runtime pulls the next piece when the connection has taken the one before. */
function toStream(
  pieces: AsyncIterable<Uint8Array>,
  onPull: () => void,
  onFailure: (reason: unknown) => void,
): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller): Promise<void> {
      onPull();
      const next = await iterator.next().catch((reason) => {
        // What the runtime makes of it has lost its kind.
        onFailure(reason);
        throw reason;
      });
      onPull();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel(): Promise<void> {
      await iterator.return?.();
    },
  }, { highWaterMark: 1 });
}

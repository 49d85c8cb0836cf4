import type { ParasyncError } from "../errors.ts";
import { freeSpace } from "../files/space.ts";
import { PROTOCOL_VERSION } from "../schemes/protocol_version.ts";
import { type Logger, withFields } from "../telemetry/log.ts";
import { requestIdFrom } from "../telemetry/request_id.ts";
import { ServerMetrics } from "../telemetry/server_metrics.ts";
import type { ServerStatus } from "../telemetry/server_status.ts";
import { type SyncEnd, type SyncEntry, SyncLedger } from "../telemetry/sync_ledger.ts";
import { VERSION } from "../version.ts";
import { processFigures } from "./process_figures.ts";
import { Readiness } from "./readiness.ts";
import { RequestTrace } from "./request_trace.ts";
import type { Session } from "./session.ts";
import type { SessionTable } from "./session_table.ts";

/** Asked for again and again by monitors and by clients that show progress: of these only failures are worth a line. */
const POLLED: ReadonlySet<string> = new Set([
  "/healthz",
  "/readyz",
  "/metrics",
  "/status.json",
  "/v1/progress",
]);

/** What the runtime tells of a request. */
export interface ConnectionInfo {
  /** Whose address it came from, after what proxies that are trusted say of it. */
  readonly client: string;
  /** A trusted proxy's name for it. */
  readonly requestId?: string | undefined;
  /** Resolves when its answer has been sent, rejects when it could not be. */
  readonly completed?: Promise<void>;
  /** Told when its answer begins to be made: resolves when that is done; undefined where it is already. */
  readonly onMade?: (made: Promise<void> | undefined) => void;
}

/** What telemetry is made of. */
export interface TelemetryParts {
  readonly sessions: SessionTable;
  readonly logger: Logger;
  /** Whether every request has a line in the log. */
  readonly accessLog: boolean;
  /** The most syncs at work at once. */
  readonly mostSyncs: number;
  /** How many syncs wait for their turn. */
  readonly queueLength: () => number;
}

/** What a server knows of its requests and syncs, for logs, metrics and the status page. */
export class ServerTelemetry {
  readonly readiness: Readiness;
  readonly #parts: TelemetryParts;
  readonly #metrics: ServerMetrics;
  readonly #ledger = new SyncLedger();
  readonly #process = processFigures();
  readonly #entries = new WeakMap<Session, SyncEntry>();

  /** @param parts What there is to tell of. */
  constructor(parts: TelemetryParts) {
    const { sessions } = parts;
    this.#parts = parts;
    this.readiness = new Readiness(sessions.directory);
    this.#metrics = new ServerMetrics(
      {
        sessions: () => sessions.count,
        syncsAtWork: () => sessions.busy,
        queueLength: parts.queueLength,
        freeBytes: () => freeSpace(sessions.directory) ?? undefined,
      },
      this.#process,
      {
        version: VERSION,
        protocol: String(PROTOCOL_VERSION),
        runtime: `deno ${Deno.version.deno}`,
      },
    );
    sessions.onEnd = (session, reason) => this.#over(session, reason);
  }

  /** A request has come. */
  begin({ client, requestId }: ConnectionInfo): RequestTrace {
    this.#metrics.began();
    const id = requestIdFrom(requestId);
    return new RequestTrace({ id, client }, withFields(this.#parts.logger, { request: id }));
  }

  /**
   * It is answered, and over once the answer has been sent.
   *
   * @param trace The request.
   * @param method Its method.
   * @param path Its path, as it came.
   * @param status What it is answered with.
   * @param completed Resolves when the answer has been sent.
   */
  async answered(
    trace: RequestTrace,
    { method, path, status }: { method: string; path: string; status: number },
    completed: Promise<void> | undefined,
  ): Promise<void> {
    const sent = await completed?.then(() => true, () => false) ?? true;
    const { route, client, user, receivedBytes, sentBytes } = trace;
    this.#metrics.ended(route, status, receivedBytes, sentBytes);
    if (!this.#parts.accessLog) return;
    const level = POLLED.has(route) && status < 400 ? "debug" : "info";
    trace.logger[level]("Request", {
      client,
      token_name: user === "" ? undefined : user,
      method,
      path,
      status,
      received: receivedBytes,
      sent: sentBytes,
      ms: Math.round((performance.now() - trace.startedAt) * 10) / 10,
      // The client was gone before it had the answer.
      broken: sent ? undefined : true,
    });
  }

  /** A request or a sync has failed. */
  failed({ code }: ParasyncError): void {
    this.#metrics.failed(code);
  }

  /** A request works for a session: the sync that it is a part of begins with the first of them. */
  joins(trace: RequestTrace, session: Session): void {
    let entry = this.#entries.get(session);
    if (entry === undefined) {
      const { name, scheme, basis } = session.parts;
      entry = this.#ledger.begin({
        name,
        scheme,
        client: trace.client,
        user: trace.user,
        oldBytes: basis?.size ?? 0,
        clock: session.clock,
        progress: () => session.progress,
      });
      this.#entries.set(session, entry);
    }
    trace.belongsTo(entry);
  }

  /** A session's target is committed. */
  committed(session: Session, { copiedBytes, literalBytes }: CommittedBytes): void {
    this.#end(session, { outcome: "committed", code: "", reason: "", copiedBytes, literalBytes });
  }

  #over(session: Session, { code, message }: ParasyncError): void {
    const looked = session.parts.looking && code === "changed";
    this.#end(session, {
      outcome: looked ? "looked" : "failed",
      code: looked ? "" : code,
      reason: looked ? "" : message,
      copiedBytes: 0,
      literalBytes: 0,
    });
  }

  #end(session: Session, end: SyncEnd): void {
    const entry = this.#entries.get(session);
    const report = entry && this.#ledger.end(entry, end);
    if (report) this.#metrics.synced(report);
  }

  /** Everything, as Prometheus reads it. */
  metrics(): string {
    return this.#metrics.render();
  }

  /** What the status page shows. */
  status(): ServerStatus {
    const { sessions, mostSyncs, queueLength } = this.#parts;
    const { startSeconds, residentBytes, openDescriptors } = this.#process;
    const nowMs = Date.now();
    return {
      version: VERSION,
      nowMs,
      uptimeMs: nowMs - startSeconds * 1000,
      notReady: this.readiness.reason,
      residentBytes: residentBytes(),
      openDescriptors: openDescriptors() ?? null,
      freeBytes: freeSpace(sessions.directory),
      requestsAtWork: this.#metrics.requestsAtWork,
      sessions: sessions.count,
      syncsAtWork: sessions.busy,
      mostSyncs,
      queueLength: queueLength(),
      totals: this.#ledger.totals,
      live: this.#ledger.live(),
      recent: this.#ledger.recent(),
    };
  }
}

/** Where the bytes of a committed target came from. */
export interface CommittedBytes {
  readonly copiedBytes: number;
  readonly literalBytes: number;
}

import { type Counter, type Histogram, Metrics } from "./metrics.ts";
import type { SyncReport } from "./sync_ledger.ts";

/** From a small file in the cache to a large one over a slow line. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/** What a server can be asked for when somebody looks. */
export interface ServerGauges {
  /** Sessions that are remembered. */
  readonly sessions: () => number;
  /** Those that have a request at work. */
  readonly syncsAtWork: () => number;
  /** Syncs that wait for their turn. */
  readonly queueLength: () => number;
  /** Bytes that may still be written below the root; undefined where that is not known. */
  readonly freeBytes: () => number | undefined;
}

/** What a server can tell of its process. */
export interface ProcessFigures {
  /** When it started, seconds since 1970. */
  readonly startSeconds: number;
  readonly cpuSeconds: () => number;
  readonly residentBytes: () => number;
  /** Descriptors that are open, and may be; undefined where that is not known. */
  readonly openDescriptors: () => number | undefined;
  readonly mostDescriptors: () => number | undefined;
}

/** What a build is told by. */
export interface BuildInfo {
  readonly version: string;
  readonly protocol: string;
  readonly runtime: string;
}

/**
 * What a server counts of its syncs and requests. No label is ever a name that a client has chosen: schemes,
 * outcomes, stages, codes and routes are closed sets.
 */
export class ServerMetrics {
  readonly #metrics = new Metrics();
  readonly #syncs: Counter;
  readonly #syncSeconds: Histogram;
  readonly #stageSeconds: Histogram;
  readonly #received: Counter;
  readonly #sent: Counter;
  readonly #copied: Counter;
  readonly #literal: Counter;
  readonly #target: Counter;
  readonly #requests: Counter;
  readonly #errors: Counter;
  readonly #authentication: Counter;
  #requestsAtWork = 0;

  /**
   * @param gauges What the server can be asked for.
   * @param process What its process can.
   * @param build Which build it is.
   */
  constructor(gauges: ServerGauges, process: ProcessFigures, build: BuildInfo) {
    const metrics = this.#metrics;
    metrics.gauge(
      {
        name: "parasync_build_info",
        help: "Which build this is; always 1.",
        labels: ["version", "protocol", "runtime"],
      },
      () => [{ labels: [build.version, build.protocol, build.runtime], value: 1 }],
    );
    this.#syncs = metrics.counter({
      name: "parasync_syncs_total",
      help: "Syncs that are over, by what they came to.",
      labels: ["scheme", "outcome"],
    });
    this.#syncSeconds = metrics.histogram({
      name: "parasync_sync_duration_seconds",
      help: "How long committed syncs took, from their first request on.",
      labels: ["scheme"],
    }, SECONDS);
    this.#stageSeconds = metrics.histogram({
      name: "parasync_stage_duration_seconds",
      help: "How long each stage of committed syncs took at this end; stages overlap.",
      labels: ["stage"],
    }, SECONDS);
    this.#received = metrics.counter({
      name: "parasync_received_bytes_total",
      help: "Bytes of request bodies.",
    });
    this.#sent = metrics.counter({
      name: "parasync_sent_bytes_total",
      help: "Bytes of answers' bodies.",
    });
    this.#copied = metrics.counter({
      name: "parasync_copied_bytes_total",
      help: "Bytes of committed targets that were taken from the old file.",
    });
    this.#literal = metrics.counter({
      name: "parasync_literal_bytes_total",
      help: "Bytes of committed targets that were sent, before compression.",
    });
    this.#target = metrics.counter({
      name: "parasync_target_bytes_total",
      help: "Bytes of committed targets.",
    });
    this.#requests = metrics.counter({
      name: "parasync_requests_total",
      help: "Requests that were answered.",
      labels: ["route", "status"],
    });
    this.#errors = metrics.counter({
      name: "parasync_errors_total",
      help: "Requests that failed, by the code that the client was told.",
      labels: ["code"],
    });
    this.#authentication = metrics.counter({
      name: "parasync_authentication_failures_total",
      help: "Requests without a token, or with a wrong one.",
    });
    metrics.gauge(
      { name: "parasync_requests_at_work", help: "Requests that are not answered yet." },
      () => this.#requestsAtWork,
    );
    this.#ask(gauges, process);
  }

  #ask(gauges: ServerGauges, process: ProcessFigures): void {
    const metrics = this.#metrics;
    metrics.gauge(
      { name: "parasync_sessions", help: "Sessions that are remembered." },
      gauges.sessions,
    );
    metrics.gauge(
      { name: "parasync_syncs_at_work", help: "Sessions that have a request at work." },
      gauges.syncsAtWork,
    );
    metrics.gauge(
      { name: "parasync_queue_length", help: "Syncs that wait for their turn." },
      gauges.queueLength,
    );
    metrics.gauge(
      { name: "parasync_root_free_bytes", help: "Bytes that may still be written below the root." },
      gauges.freeBytes,
    );
    metrics.gauge(
      {
        name: "process_start_time_seconds",
        help: "When the process started, in seconds since 1970.",
      },
      () => process.startSeconds,
    );
    metrics.total(
      { name: "process_cpu_seconds_total", help: "Processor time that the process has used." },
      process.cpuSeconds,
    );
    metrics.gauge(
      { name: "process_resident_memory_bytes", help: "Memory that the process holds." },
      process.residentBytes,
    );
    metrics.gauge(
      { name: "process_open_fds", help: "Descriptors that are open." },
      process.openDescriptors,
    );
    metrics.gauge(
      { name: "process_max_fds", help: "Descriptors that may be open." },
      process.mostDescriptors,
    );
  }

  /** Requests that are not answered yet. */
  get requestsAtWork(): number {
    return this.#requestsAtWork;
  }

  /** A request has come. */
  began(): void {
    this.#requestsAtWork++;
  }

  /**
   * It is over.
   *
   * @param route Its path, if it is one of the server's, else "other".
   * @param status What it was answered with.
   * @param receivedBytes Bytes of its body.
   * @param sentBytes Bytes of the answer's.
   */
  ended(route: string, status: number, receivedBytes: number, sentBytes: number): void {
    this.#requestsAtWork--;
    this.#requests.add(1, route, String(status));
    this.#received.add(receivedBytes);
    this.#sent.add(sentBytes);
  }

  /** A request or a sync has failed. */
  failed(code: string): void {
    this.#errors.add(1, code);
    if (code === "unauthorized") this.#authentication.add(1);
  }

  /** A sync is over. */
  synced({ scheme, newBytes, elapsedMs, stages, end }: SyncReport): void {
    if (end === null) return;
    this.#syncs.add(1, scheme, end.outcome);
    if (end.outcome !== "committed") return;
    this.#target.add(newBytes);
    this.#copied.add(end.copiedBytes);
    this.#literal.add(end.literalBytes);
    this.#syncSeconds.observe(elapsedMs / 1000, scheme);
    for (const { stage, beginMs, endMs } of stages) {
      this.#stageSeconds.observe((endMs - beginMs) / 1000, stage);
    }
  }

  /** All of it, in Prometheus' text format. */
  render(): string {
    return this.#metrics.render();
  }
}

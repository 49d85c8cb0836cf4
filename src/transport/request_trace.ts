import type { Logger } from "../telemetry/log.ts";
import type { SyncEntry } from "../telemetry/sync_ledger.ts";
import { FULL_GRANT, type Grant } from "./grant.ts";

/** What is known of a request when it comes. */
export interface RequestOrigin {
  /** What it is called in logs and answers. */
  readonly id: string;
  /** Whose address it came from. */
  readonly client: string;
}

/** A request as logs and metrics see it. */
export class RequestTrace {
  readonly id: string;
  readonly client: string;
  /** Puts the request's name on every line. */
  readonly logger: Logger;
  /** What it may do. */
  grant: Grant = FULL_GRANT;
  /** Its path, if it is one of the server's, else "other". */
  route = "other";
  /** Bytes of its body, and of the answer's, so far. */
  receivedBytes = 0;
  sentBytes = 0;
  /** Resolves when all of the answer has been given to the runtime; undefined where it was at once. */
  made: Promise<void> | undefined;
  readonly startedAt = performance.now();
  #sync: SyncEntry | undefined;

  /**
   * @param origin Where it came from.
   * @param logger Who writes its lines.
   */
  constructor({ id, client }: RequestOrigin, logger: Logger) {
    this.id = id;
    this.client = client;
    this.logger = logger;
  }

  /** The name of the token that it came with; empty where it has none. */
  get user(): string {
    return this.grant.name;
  }

  /** It is a part of a sync, which what it moves is counted for too. */
  belongsTo(sync: SyncEntry): void {
    this.#sync = sync;
  }

  /** Bytes of its body have come. */
  readonly received = (bytes: number): void => {
    this.receivedBytes += bytes;
    if (this.#sync !== undefined) this.#sync.receivedBytes += bytes;
  };

  /** Bytes of the answer's body leave. */
  readonly sent = (bytes: number): void => {
    this.sentBytes += bytes;
    if (this.#sync !== undefined) this.#sync.sentBytes += bytes;
  };
}

import { ParasyncError } from "../errors.ts";
import { SCHEMES } from "../schemes/scheme_name.ts";
import { HttpPeer } from "../transport/http_peer.ts";
import { RateLimit } from "../transport/rate_limit.ts";
import { formatSyncQuery } from "../transport/sync_query.ts";
import { tlsClient } from "../transport/tls_client.ts";
import { EventLoop } from "../workers/event_loop.ts";
import type { Destination } from "./destination.ts";
import { type Again, withRetries } from "./retry.ts";
import { sourceSize } from "./source_size.ts";
import type { Summary } from "./summary.ts";
import type { SyncObserver, SyncTask } from "./sync_task.ts";

/** How often the server is asked how far it is, in ms. */
const POLL_MS = 250;

/** How long a server that answers may send nothing: it may have to read a large file first. */
const IDLE_MS = 10 * 60_000;

/** By then the connection is made and the request has left. */
const SENDING_TURNS = 4;

/** What a new file of so many bytes needs is sent at once: its server has nothing to do in the meantime. */
const GATHERED_BYTES = 1 << 20;

/** A push, whoever asks for it. */
export interface PushTask extends SyncTask {
  /** The new file; a link is followed. */
  readonly newFile: string;
  /** The old one. */
  readonly destination: Destination;
  /** What the target's name has beside the basis's; empty: the basis is replaced. */
  readonly suffix: string;
  /** The bearer token, if the server needs one. */
  readonly token: string | undefined;
  /** Certificates of authorities to believe beside the usual ones, in PEM. */
  readonly authorities: readonly string[];
  /** How long to wait for the server to answer at all, in ms. */
  readonly connectMs: number;
  /** How long the whole may take, with all retries, in ms; undefined: for ever. */
  readonly timeoutMs: number | undefined;
  /** How often it is tried again after what may pass, such as a broken connection. */
  readonly retries: number;
  /** Told, in a line, why and when it is tried again. */
  readonly onRetry: (line: string) => void;
  /** Bytes a second that are sent at most; undefined: as many as go. */
  readonly bytesPerSecond: number | undefined;
}

/**
 * Pushes a new file over an old one at a server.
 *
 * @param task What to push and where.
 * @returns What the sync did.
 * @throws {ParasyncError} What keeps it from being done; the target is as it was then.
 */
export async function pushFile(task: PushTask): Promise<Summary> {
  const startedAt = performance.now();
  using deadline = new Deadline(task.timeoutMs, task.signal);
  const { signal } = deadline;
  const { retries, onRetry } = task;
  return await withRetries(
    (_before, again) => pushOnce({ ...task, signal }, startedAt, again),
    { retries, onRetry, signal },
  );
}

async function pushOnce(task: PushTask, startedAt: number, again: Again): Promise<Summary> {
  const { newFile, destination: { base, name }, suffix } = task;
  const { size, allocated, mtimeNs } = await sourceSize(newFile);
  const choice = task.choose(size);
  const { dry } = task;
  const { opens } = SCHEMES[choice.scheme];
  const query = formatSyncQuery({
    name,
    ...choice,
    hw: task.hw,
    // The original's signature says nothing of the new file, so that the request does.
    opened: opens === "signature" ? { newSize: size, newMtimeNs: mtimeNs } : undefined,
    allocated,
    look: dry !== undefined,
    target: suffix === "" ? { kind: "replace" } : { kind: "new", suffix },
  });
  using client = tlsClient(base, task.authorities);
  // What is left of the requests when the attempt is over must not go on.
  using attempt = new Deadline(undefined, task.signal);
  const { signal } = attempt;
  const peer = new HttpPeer({
    base,
    opens,
    query,
    name,
    confirm: choice.confirm,
    token: task.token,
    client,
    connectMs: task.connectMs,
    idleMs: IDLE_MS,
    measured: dry?.line === undefined &&
      (choice.refine === "auto" || choice.compress.coding === "auto"),
    gathered: size <= GATHERED_BYTES,
    rate: task.bytesPerSecond === undefined ? undefined : new RateLimit(task.bytesPerSecond),
    again,
    signal,
  });
  let observer: SyncObserver | undefined;
  let stopPolling: (() => void) | undefined;
  try {
    // The request is on its way while the rest of the program is being loaded, which does not let the network in.
    // Where the server moves first it would go on with a session whose client has failed meanwhile.
    const network = new EventLoop();
    const turns = opens === "csums_queue" ? SENDING_TURNS : 0;
    for (let turn = 0; turn < turns; turn++) await network.turn();
    const [{ beginSync, finishSync }, watching] = await Promise.all([
      import("./source_sync.ts"),
      task.observe(),
    ]);
    observer = watching;
    const sync = await beginSync(newFile, choice, { ...task, signal }, observer);
    if (observer.watched) stopPolling = pollServer(peer, observer.progress);
    const summary = await finishSync(sync, peer, task, observer, startedAt, name + suffix);
    if (dry !== undefined) await peer.leave();
    return summary;
  } catch (error) {
    // Where the server moves first there are no frames that would wait.
    peer.close(error);
    throw error;
  } finally {
    stopPolling?.();
    observer?.finish();
  }
}

/** Stops the requests of a sync: from outside, when its time is up, and those that are left when it is over. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #outer: AbortSignal;
  readonly #forward = (): void => this.#controller.abort(this.#outer.reason);

  constructor(timeoutMs: number | undefined, outer: AbortSignal) {
    this.#outer = outer;
    outer.addEventListener("abort", this.#forward);
    if (outer.aborted) this.#forward();
    if (timeoutMs === undefined) return;
    const late = new ParasyncError(
      "timeout",
      `Cannot finish: it takes longer than ${timeoutMs} ms`,
    );
    this.#timer = setTimeout(() => this.#controller.abort(late), timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener("abort", this.#forward);
    this.#controller.abort();
  }
}

/** Shows how far the server is with the target; the answer to the patch comes only at its end. */
function pollServer(peer: HttpPeer, progress: SyncObserver["progress"]): () => void {
  let asking = false;
  const timer = setInterval(async () => {
    if (asking) return;
    asking = true;
    let at: { readonly done: number; readonly total: number };
    try {
      at = await peer.progress();
    } catch {
      // What is wrong with the server shows in the sync itself.
      return;
    } finally {
      asking = false;
    }
    if (at.total > 0) progress("server", "apply", at.done, at.total);
  }, POLL_MS);
  return () => clearInterval(timer);
}

import { ParasyncError } from "../errors.ts";
import { SCHEMES } from "../schemes/scheme_name.ts";
import { HttpPeer } from "../transport/http_peer.ts";
import { formatSyncQuery } from "../transport/sync_query.ts";
import type { Destination } from "./destination.ts";
import { sourceSize } from "./source_size.ts";
import type { Summary } from "./summary.ts";
import type { SyncObserver, SyncTask } from "./sync_task.ts";

/** How often the server is asked how far it is, in ms. */
const POLL_MS = 250;

/** How long a server that answers may send nothing: it may have to read a large file first. */
const IDLE_MS = 10 * 60_000;

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
  /** How long to wait for the server to answer at all, in ms. */
  readonly connectMs: number;
  /** How long the whole may take, in ms; undefined: for ever. */
  readonly timeoutMs: number | undefined;
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
  using deadline = new Deadline(task.timeoutMs, task.signal);
  const { signal } = deadline;
  const peer = new HttpPeer({
    base,
    opens,
    query,
    name,
    confirm: choice.confirm,
    token: task.token,
    connectMs: task.connectMs,
    idleMs: IDLE_MS,
    measured: dry?.line === undefined &&
      (choice.refine === "auto" || choice.compress.coding === "auto"),
    signal,
  });
  let observer: SyncObserver | undefined;
  let stopPolling: (() => void) | undefined;
  try {
    // The request is on its way while the rest of the program is being loaded.
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
  const timer = setInterval(async () => {
    let at: { readonly done: number; readonly total: number };
    try {
      at = await peer.progress();
    } catch {
      // What is wrong with the server shows in the sync itself.
      return;
    }
    if (at.total > 0) progress("server", "apply", at.done, at.total);
  }, POLL_MS);
  return () => clearInterval(timer);
}

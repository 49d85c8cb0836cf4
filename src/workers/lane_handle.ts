import { EventLoop } from "./event_loop.ts";
import { ParasyncError } from "../errors.ts";
import type { Job, JobResult, LaneAnswer } from "./jobs.ts";
import { Lane } from "./lane.ts";

/** A lane as the main thread sees it, wherever it runs. */
export interface LaneHandle {
  /** Jobs worth having under way at once: one at work, and one waiting where the way to it is long. */
  readonly depth: number;
  /** Whether it has started up; a lane that has not yet can be given jobs all the same. */
  readonly ready: boolean;
  /** Jobs asked for and not yet answered. */
  readonly load: number;
  /** Does one job; jobs are done in the order they come. */
  run<J extends Job>(job: J): Promise<JobResult<J>>;
  /** Ends the lane; jobs under way are rejected. */
  close(): void;
}

/**
 * A lane in the main thread: nothing to start, nothing to post. Each job runs in a turn of its own of the
 * event loop, so that the network is served in between; a job takes about a millisecond at most.
 */
export class InlineLane implements LaneHandle {
  readonly depth = 1;
  readonly ready = true;
  load = 0;
  readonly #lane = new Lane();
  readonly #loop = new EventLoop();
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  run<J extends Job>(job: J): Promise<JobResult<J>> {
    this.load++;
    // One after the other: turns do not always come in the order they were asked for.
    const result = this.#last.then(() => this.#perform(job)).finally(() => this.load--);
    this.#last = result.catch(() => {});
    return result;
  }

  close(): void {
    this.#closed = true;
    this.#lane.close();
  }

  async #perform<J extends Job>(job: J): Promise<JobResult<J>> {
    await this.#lane.prepare(job);
    await this.#loop.turn();
    // It would open files that nobody closes any more.
    if (this.#closed) throw new ParasyncError("interrupted", "Cannot go on: the lane was closed");
    return this.#lane.run(job) as JobResult<J>;
  }
}

interface Waiting {
  resolve(result: unknown): void;
  reject(reason: unknown): void;
}

/** A lane in a worker thread. */
export class WorkerLane implements LaneHandle {
  readonly depth = 2;
  ready = false;
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  #dead: ParasyncError | undefined;

  constructor() {
    this.#worker = new Worker(new URL("./lane_worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<LaneAnswer>): void => {
      this.ready = true;
      const waiting = this.#waiting.shift();
      if ("failure" in data) {
        waiting?.reject(new ParasyncError(data.failure.code, data.failure.message));
      } else waiting?.resolve(data.result);
    };
    this.#worker.onerror = (event): void => {
      event.preventDefault();
      this.#end(new ParasyncError("internal", `Cannot go on: a worker failed: ${event.message}`));
    };
  }

  get load(): number {
    return this.#waiting.length;
  }

  /** Whether the worker has failed or been closed. */
  get dead(): boolean {
    return this.#dead !== undefined;
  }

  run<J extends Job>(job: J): Promise<JobResult<J>> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    return new Promise((resolve, reject) => {
      // File bytes that a job carries move to the lane instead of being copied.
      this.#worker.postMessage(job, job.kind === "append" ? [job.literals.buffer] : []);
      this.#waiting.push({ resolve: resolve as Waiting["resolve"], reject });
    });
  }

  close(): void {
    this.#end(new ParasyncError("interrupted", "Cannot go on: the worker was closed"));
  }

  #end(reason: ParasyncError): void {
    this.#dead ??= reason;
    this.#worker.terminate();
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#dead);
  }
}

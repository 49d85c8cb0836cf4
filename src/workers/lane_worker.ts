/// <reference lib="deno.worker" />
/** The entry point of a lane that runs in a worker: jobs in, answers out, in the same order. */
import { ParasyncError } from "../errors.ts";
import type { Job, JobResults, LaneAnswer } from "./jobs.ts";
import { Lane } from "./lane.ts";

const lane = new Lane();
let tail: Promise<void> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<Job>): void => {
  tail = tail.then(() => answer(data));
};

async function answer(job: Job): Promise<void> {
  try {
    await lane.prepare(job);
    const result = lane.run(job);
    self.postMessage({ result } satisfies LaneAnswer, transferables(result));
  } catch (error) {
    const code = error instanceof ParasyncError ? error.code : "internal";
    const message = error instanceof Error ? error.message : String(error);
    self.postMessage({ failure: { code, message } } satisfies LaneAnswer);
  }
}

/** The columns of a result; they move to the receiver instead of being copied. */
function transferables(result: JobResults[keyof JobResults]): ArrayBuffer[] {
  if (result === null) return [];
  if (result instanceof Uint8Array) return [result.buffer];
  return Object.values(result)
    .filter((column) => ArrayBuffer.isView(column))
    .map((column) => column.buffer as ArrayBuffer);
}

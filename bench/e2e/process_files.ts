/** What Linux tells about other processes under /proc; elsewhere, and of processes that are gone: nothing. */
import fs from "node:fs";

/** Ticks a second of the times in `stat`: the same on every architecture, whatever the kernel's own are. */
const TICKS_PER_SECOND = 100;

function read(path: string): string | undefined {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * The most memory that a process had in RAM so far (VmHWM).
 *
 * @param pid The process.
 * @returns Bytes.
 */
export function peakBytesOf(pid: number | "self"): number | undefined {
  const match = /^VmHWM:\s*(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? "");
  return match === null ? undefined : Number(match[1]) * 1024;
}

/**
 * The CPU time of a process and of its children that have ended, user and system, to 10 ms.
 *
 * @param pid The process.
 * @returns Milliseconds.
 */
export function cpuMillisOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold anything; utime to cstime are the 12th to 15th field behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks * 1000 / TICKS_PER_SECOND;
}

/** The processes that a process has begun, and those that they have begun. */
export function descendantsOf(pid: number): number[] {
  const found: number[] = [];
  let tasks: string[];
  try {
    tasks = fs.readdirSync(`/proc/${pid}/task`);
  } catch {
    return found;
  }
  for (const task of tasks) {
    const children = read(`/proc/${pid}/task/${task}/children`) ?? "";
    for (const child of children.split(" ").filter((text) => text !== "").map(Number)) {
      found.push(child, ...descendantsOf(child));
    }
  }
  return found;
}

/** Watches how much memory processes take, looking every few milliseconds. */
export class PeakWatch {
  readonly #pids: () => number[];
  readonly #timer: ReturnType<typeof setInterval>;
  /** The most that was seen of any one of them, in bytes. */
  peakBytes: number | undefined;

  /** @param pids Which processes to look at; asked every time. */
  constructor(pids: () => number[]) {
    this.#pids = pids;
    this.#timer = setInterval(() => this.#look(), 4);
    this.#look();
  }

  #look(): void {
    for (const pid of this.#pids()) {
      const bytes = peakBytesOf(pid);
      if (bytes !== undefined) this.peakBytes = Math.max(this.peakBytes ?? 0, bytes);
    }
  }

  /** Stops looking. */
  stop(): void {
    clearInterval(this.#timer);
  }
}

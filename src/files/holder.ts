import process from "node:process";
import { fs } from "../node.ts";
import { errnoOf } from "./file_error.ts";
import { isGone, readProc } from "./proc_file.ts";

/** Which process holds something. */
export interface Holder {
  /** Its number. */
  readonly pid: number;
  /**
   * Where that number means something: this boot of this kernel and the namespace of process numbers, so
   * that neither a reboot, another machine nor another container is taken for the same place. "" where
   * that cannot be told.
   */
  readonly place: string;
  /** When it started, in the kernel's ticks since boot, so that a number used again is noticed. */
  readonly started: string;
}

/** Whether a holder is at work; "unknown" leaves it to the age of what it holds. */
export type HolderState = "alive" | "dead" | "unknown";

/**
 * This process. Only Linux tells the place and start (through /proc, see {@linkcode readProc});
 * elsewhere a dead process is noticed by age alone.
 *
 * @returns The holder to write into a lease.
 */
export function currentHolder(): Holder {
  const { pid } = process;
  try {
    const boot = readProc("/proc/sys/kernel/random/boot_id").trim();
    const place = `${boot} ${fs.readlinkSync("/proc/self/ns/pid")}`;
    return { pid, place, started: processOf(pid).started };
  } catch {
    return { pid, place: "", started: "" };
  }
}

/**
 * @param holder Who is said to hold something.
 * @param self This process, from {@linkcode currentHolder}.
 * @returns "dead" only if that is certain.
 */
export function holderState(holder: Holder, self: Holder): HolderState {
  if (self.place === "" || holder.place !== self.place) return "unknown";
  try {
    const { started, ended } = processOf(holder.pid);
    return started === holder.started && !ended ? "alive" : "dead";
  } catch (error) {
    return errnoOf(error) === "ENOENT" && isGone(holder.pid) ? "dead" : "unknown";
  }
}

/** proc_pid_stat(5): state is the 3rd field, start time the 22nd; the 2nd may hold blanks and brackets. */
function processOf(pid: number): { started: string; ended: boolean } {
  const text = readProc(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", started = ""] = [fields[0], fields[19]];
  return { started, ended: state === "Z" || state === "X" };
}

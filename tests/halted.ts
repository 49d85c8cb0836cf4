import fs from "node:fs";

/**
 * Waits until a process is halted, as by SIGSTOP; Linux alone tells.
 *
 * @param pid The process.
 */
export async function halted(pid: number): Promise<void> {
  while (!/^State:\s+T/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

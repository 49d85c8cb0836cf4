import process from "node:process";
import { readProc } from "../files/proc_file.ts";
import { fs } from "../node.ts";
import type { ProcessFigures } from "../telemetry/server_metrics.ts";

/** What this process can tell of itself, as far as the system and the permissions go. */
export function processFigures(): ProcessFigures {
  const startSeconds = (Date.now() - performance.now()) / 1000;
  let most: number | undefined;
  return {
    startSeconds,
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    residentBytes: () => Deno.memoryUsage().rss,
    openDescriptors: () => {
      try {
        return fs.readdirSync("/proc/self/fd").length;
      } catch {
        return undefined;
      }
    },
    mostDescriptors: () => most ??= mostDescriptors(),
  };
}

function mostDescriptors(): number | undefined {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readProc("/proc/self/limits"));
    return match === null ? undefined : Number(match[1]);
  } catch {
    return undefined;
  }
}

/** What the figures were taken on. */
import fs from "node:fs";
import os from "node:os";
import { formatBytes } from "../../src/cli/output/amounts.ts";
import { openBackend } from "../../src/hashing/select.ts";
import { VERSION } from "../../src/version.ts";
import type { Programs } from "./programs.ts";

/** A machine and the versions of what was run on it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  /** Processes that wanted to run on average of the last minute, before the measurement began. */
  readonly load: number;
  readonly parasync: string;
  readonly deno: string;
  readonly v8: string;
  /** The libraries that hw=1 uses here, or why there are none. */
  readonly libraries: string;
  /** Versions of what it is compared with. */
  readonly programs: Programs;
}

/**
 * Describes this machine.
 *
 * @param programs What takes part beside parasync.
 */
export async function describeMachine(programs: Programs = {}): Promise<Machine> {
  const { backend, missing } = await openBackend("auto");
  return {
    cpu: cpuName(),
    cores: navigator.hardwareConcurrency,
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()} ${Deno.build.arch}`,
    load: os.loadavg()[0] ?? 0,
    parasync: VERSION,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    libraries: missing ?? backend.description,
    programs,
  };
}

function cpuName(): string {
  try {
    const match = /^model name\s*:\s*(.+)$/m.exec(fs.readFileSync("/proc/cpuinfo", "utf8"));
    if (match !== null) return match[1]!;
  } catch {
    // Not Linux.
  }
  return os.cpus()[0]?.model ?? Deno.build.arch;
}

/** The machine in a few lines. */
export function renderMachine(machine: Machine): string {
  const { cpu, cores, memoryBytes, system, load, parasync, deno, v8, libraries, programs } =
    machine;
  const others = Object.entries(programs).map(([name, version]) => `, ${name} ${version}`).join("");
  return `machine   ${cpu}, ${cores} cores, ${formatBytes(memoryBytes)}, ${system}, load ${
    load.toFixed(2)
  }\nversions  parasync ${parasync}, Deno ${deno} (V8 ${v8})${others}\n` +
    `hashing   ${libraries}\n`;
}

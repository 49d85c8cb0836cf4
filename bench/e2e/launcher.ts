/**
 * Runs one program, and prints what it cost as a line of JSON (a {@linkcode Launched}).
 *
 *     deno run -A bench/e2e/launcher.ts '{"command":"…","args":["…"],"watch":false}'
 *
 * A process of its own for every run: the system tells a parent the CPU time and the peak of all its children
 * together, and this one has no others.
 */
import process from "node:process";
import { programEnvironment } from "../server_process.ts";
import { childUsage } from "./child_usage.ts";
import { peakBytesOf, PeakWatch } from "./process_files.ts";

/** What to run. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Whether to look at the program's memory while it runs; without that, a small program's is not known. */
  readonly watch: boolean;
}

/** What came of it. */
export interface Launched {
  /** Exit code. */
  readonly code: number;
  /** From just before the program was begun until its end was seen, in ms. */
  readonly wallMs: number;
  /** CPU time, user and system, in ms; null where the system does not tell. */
  readonly cpuMs: number | null;
  /** The most memory it had in RAM, in bytes; null where that is not known. */
  readonly peakBytes: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program of a {@linkcode Launch}. */
async function launch({ command, args, watch }: Launch): Promise<Launched> {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => controller.abort());
  }
  childUsage(); // Loads the library.
  const program = new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: programEnvironment(),
    clearEnv: true,
    signal: controller.signal,
  });
  const begun = performance.now();
  const child = program.spawn();
  const watching = watch ? new PeakWatch(() => [child.pid]) : undefined;
  const output = child.output();
  await child.status;
  const wallMs = performance.now() - begun;
  watching?.stop();
  const usage = childUsage();
  const { code, stdout, stderr } = await output;
  const decoder = new TextDecoder();
  // Not above our own, it may be our own: see childUsage.
  const exact = usage !== undefined && usage.peakBytes > (peakBytesOf("self") ?? Infinity);
  return {
    code,
    wallMs,
    cpuMs: usage === undefined ? null : usage.userMs + usage.systemMs,
    peakBytes: exact ? usage.peakBytes : watching?.peakBytes ?? null,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

if (import.meta.main) {
  const launched = await launch(JSON.parse(Deno.args[0] ?? "") as Launch);
  process.stdout.write(JSON.stringify(launched), () => Deno.exit(0));
}

/** rsync, to measure against: a daemon of it on this machine. */
import fs from "node:fs";
import { join } from "node:path";
import { ParasyncError } from "../../src/errors.ts";
import { endProcess, type ServerProcess } from "../server_process.ts";

const PATIENCE_MS = 5000;

/**
 * Starts a daemon on a free port of the loopback address; its module `root` is the folder.
 *
 * @param root The folder.
 * @param scratch Where its configuration may lie.
 * @returns The daemon, once it takes connections.
 * @throws {ParasyncError} `internal` where it does not start.
 */
export async function startRsyncDaemon(root: string, scratch: string): Promise<ServerProcess> {
  const port = freePort();
  const config = join(scratch, "rsyncd.conf");
  // Started as root it would become nobody.
  const owner = Deno.uid() === 0 ? "uid = root\ngid = root\n" : "";
  fs.writeFileSync(
    config,
    `use chroot = no\n${owner}[root]\npath = ${root}\nread only = no\n`,
  );
  const child = new Deno.Command("rsync", {
    args: [
      "--daemon",
      "--no-detach",
      `--config=${config}`,
      `--port=${port}`,
      "--address=127.0.0.1",
      `--log-file=${join(scratch, "rsyncd.log")}`,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return {
        url: `rsync://127.0.0.1:${port}/root`,
        port,
        pid: child.pid,
        stop: () => endProcess(child),
      };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  await endProcess(child);
  throw new ParasyncError("internal", "Cannot start an rsync daemon: it takes no connections");
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

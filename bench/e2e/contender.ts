/** Programs that bring a file up to date, in one form for all. */
import { ParasyncError } from "../../src/errors.ts";
import { programCommand, type ServerProcess, startServerProcess } from "../server_process.ts";
import { startRsyncDaemon } from "./rsync_daemon.ts";

/** The name under which the old file lies on the server, and the new one afterwards. */
export const TARGET = "target";

/** What a program says about itself after a run. */
export interface SelfReport {
  /** Bytes it sent. */
  readonly upBytes: number;
  /** Bytes it received. */
  readonly downBytes: number;
  /** Whatever else it says, for the JSON. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** A client and its server, which runs. */
export interface Contender {
  /** For the report. */
  readonly name: string;
  readonly server: ServerProcess;
  /** What to run to push `newFile` to a server on `port`. */
  client(newFile: string, port: number): { readonly command: string; readonly args: string[] };
  /** Reads what the client printed. */
  read(stdout: string): SelfReport;
}

/** How ours is run. */
export interface OwnSettings {
  /** `--scheme` of the client, and behind a colon its `--mode`. */
  readonly scheme: string;
  /** `--hw` of the client. */
  readonly hw: string;
  /** Whether the server syncs. */
  readonly fsync: boolean;
  /** Further flags of the client, such as `--threads=2`. */
  readonly flags: readonly string[];
}

/**
 * Starts a server of ours.
 *
 * @param root The folder it serves.
 * @param settings How it and its clients are run.
 */
export async function startParasync(root: string, settings: OwnSettings): Promise<Contender> {
  const { hw, fsync, flags, scheme } = settings;
  const [name, mode] = scheme.split(":");
  const onOff = fsync ? "on" : "off";
  const server = await startServerProcess(root, [`--fsync=${onOff}`, "--store=off"]);
  return {
    name: `${scheme} hw=${hw} fsync=${onOff}`,
    server,
    client: (newFile, port) =>
      programCommand([
        "push",
        newFile,
        `http://127.0.0.1:${port}/${TARGET}`,
        "--json",
        "--progress=off",
        `--hw=${hw}`,
        `--scheme=${name}`,
        ...mode === undefined ? [] : [`--mode=${mode}`],
        // Runs are to be alike: none works from what an earlier one has stored.
        "--store=off",
        ...flags,
      ]),
    read: (stdout) => {
      const summary = JSON.parse(stdout) as Record<string, unknown>;
      return {
        upBytes: Number(summary["wire_up_bytes"]),
        downBytes: Number(summary["wire_down_bytes"]),
        more: summary,
      };
    },
  };
}

/**
 * Starts an rsync daemon. As measured everywhere here: the delta algorithm on, and no look at sizes and times.
 *
 * @param root The folder it serves.
 * @param scratch Where its configuration may lie.
 */
export async function startRsync(root: string, scratch: string): Promise<Contender> {
  return {
    name: "rsync --no-whole-file",
    server: await startRsyncDaemon(root, scratch),
    client: (newFile, port) => ({
      command: "rsync",
      args: [
        "--no-whole-file",
        "--ignore-times",
        "--stats",
        "--no-human-readable",
        newFile,
        `rsync://127.0.0.1:${port}/root/${TARGET}`,
      ],
    }),
    read: (stdout) => {
      const up = /^Total bytes sent: ([\d,]+)$/m.exec(stdout);
      const down = /^Total bytes received: ([\d,]+)$/m.exec(stdout);
      if (up === null || down === null) {
        throw new ParasyncError("internal", "Cannot read what rsync says: no totals");
      }
      const bytes = (text: string): number => Number(text.replaceAll(",", ""));
      return { upBytes: bytes(up[1]!), downBytes: bytes(down[1]!), more: {} };
    },
  };
}

import { ParasyncError } from "../../src/errors.ts";
import type { Contender } from "./contender.ts";
import { startRsyncDaemon } from "./rsync_daemon.ts";

/** How rsync is run. */
export interface RsyncSettings {
  /** `--fsync`. */
  readonly fsync: boolean;
  /** `-z --zc=zstd`. */
  readonly compress: boolean;
}

/**
 * Starts an rsync daemon. As measured everywhere here: the delta algorithm on, and no look at sizes and times.
 *
 * @param root The folder it serves.
 * @param scratch Where its configuration may lie.
 * @param settings How its clients are run.
 */
export async function startRsync(
  root: string,
  scratch: string,
  { fsync, compress }: RsyncSettings,
): Promise<Contender> {
  return {
    name: `rsync${compress ? " -z" : ""} fsync=${fsync ? "on" : "off"}`,
    program: "rsync",
    fsync,
    server: await startRsyncDaemon(root, scratch),
    client: ({ newFile, target, host, port }) => ({
      command: "rsync",
      args: [
        "--no-whole-file",
        "--ignore-times",
        "--stats",
        "--no-human-readable",
        ...compress ? ["-z", "--zc=zstd"] : [],
        ...fsync ? ["--fsync"] : [],
        newFile,
        `rsync://${host}:${port}/root/${target}`,
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

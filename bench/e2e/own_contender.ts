import { programCommand, startServerProcess } from "../server_process.ts";
import type { Contender } from "./contender.ts";
import { lineAddress } from "./line_address.ts";

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
  /** Further flags of the server. */
  readonly serverFlags?: readonly string[];
}

/**
 * Starts a server of ours.
 *
 * @param root The folder it serves.
 * @param settings How it and its clients are run.
 */
export async function startParasync(root: string, settings: OwnSettings): Promise<Contender> {
  const { hw, fsync, flags, scheme, serverFlags = [] } = settings;
  const [name, mode] = scheme.split(":");
  const onOff = fsync ? "on" : "off";
  const server = await startServerProcess(root, [
    `--fsync=${onOff}`,
    "--store=off",
    `--allowed-host=${lineAddress()}`,
    ...serverFlags,
  ]);
  return {
    name: `${scheme === "parasync" ? scheme : `scheme ${scheme}`} hw=${hw} fsync=${onOff}`,
    program: "parasync",
    fsync,
    server,
    client: ({ newFile, target, host, port }) =>
      programCommand([
        "push",
        newFile,
        `http://${host}:${port}/${target}`,
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

/** Programs that bring a file up to date, in one form for all. */
import type { ServerProcess } from "../server_process.ts";

/** The name under which the old file lies on the server, and the new one afterwards. */
export const TARGET = "target";

/** Every program that ours can be measured against. */
export const PEER_NAMES = ["rsync", "rdiff", "zsync", "cp", "curl"] as const;

/** One of {@linkcode PEER_NAMES}. */
export type PeerName = typeof PEER_NAMES[number];

/** What a program says about itself after a run. */
export interface SelfReport {
  /** Bytes it sent; null where it does not say. */
  readonly upBytes: number | null;
  /** Bytes it received. */
  readonly downBytes: number | null;
  /** Whatever else it says, for the JSON. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** What a client is to do. */
export interface ClientTask {
  readonly oldFile: string;
  readonly newFile: string;
  /** The target's name under the root. */
  readonly target: string;
  /** The server's port, or that of a relay in front of it; 0 where there is no server. */
  readonly port: number;
  /** The address that goes with it. */
  readonly host: string;
}

/** A program to run. */
export interface ClientCommand {
  readonly command: string;
  readonly args: string[];
}

/** A client and its server, which runs. */
export interface Contender {
  /** For the report. */
  readonly name: string;
  /** `parasync`, or who it is instead. */
  readonly program: "parasync" | PeerName;
  /** Whether the result is synced to the device. */
  readonly fsync: boolean;
  /** Null where one process does it all, on one machine. */
  readonly server: ServerProcess | null;
  /** Makes ready what the program takes for granted, before anything is timed. */
  prepare?(files: { readonly newFile: string }): Promise<void>;
  /** What to run. */
  client(task: ClientTask): ClientCommand;
  /** Reads what the client printed. */
  read(stdout: string): SelfReport;
}

/** Of a program that says nothing of itself. */
export const SILENT: SelfReport = { upBytes: null, downBytes: null, more: {} };

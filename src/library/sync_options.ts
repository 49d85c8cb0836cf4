import type { ChunkParameters } from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import type { StoreChoice } from "../files/store_choice.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import type { ModeName } from "../matching/mode_name.ts";
import type { Confirmation, RefineChoice } from "../schemes/scheme.ts";
import { isSchemeName, type SchemeName } from "../schemes/scheme_name.ts";
import { readDryRun } from "./dry_run.ts";
import { chooseSync } from "./sync_choice.ts";
import type { DigestKind, SyncTask } from "./sync_task.ts";
import { requireThreads, usefulCores } from "./threads.ts";

/** How far one stage of a sync is; stages overlap. */
export interface Progress {
  /** At which end. */
  readonly end: "client" | "server";
  /** For example `chunk`, `match`, `send` or `apply`. */
  readonly stage: string;
  /** Bytes done. */
  readonly doneBytes: number;
  /** Bytes in all; `NaN` where that is unknown. */
  readonly totalBytes: number;
}

/** How a file is synced. Every option has the meaning and the default of the flag of its name. */
export interface SyncOptions {
  /** Who chunks and hashes what, and in which order; by default `parasync`. */
  readonly scheme?: SchemeName;
  /** The parallel matching algorithm of parasync; by default `streaming`. */
  readonly mode?: ModeName;
  /** What proves that content is equal, in parasync; by default `target`. */
  readonly confirm?: Confirmation;
  /** Whether what chunks leave is looked for in smaller blocks, in parasync; by default `auto`: on a slow line. */
  readonly refine?: RefineChoice;
  /** How parasync compresses: `auto`, `zstd`, `zstd:LEVEL`, `deflate`, `deflate:LEVEL`, `off`; by default `auto`. */
  readonly compress?: string;
  /**
   * Whether the sync is only tried out: the summary says what would move, and nothing is written; by default it is
   * done.
   */
  readonly dryRun?: boolean;
  /** With `dryRun`: a line such as `100mbit-40ms`, a rate and a round trip, to be told how long it would take there. */
  readonly line?: string;
  /** The most threads at work on the file; by default as many as there are cores, up to 8. */
  readonly threads?: number;
  /** Sizes of chunks in bytes; by default `auto`, which grows with the file. */
  readonly chunkSize?: "auto" | ChunkParameters;
  /** Checksums by native libraries: never, yes, where there are any, or fail without; by default `auto`. */
  readonly hw?: HardwareChoice;
  /** Which digest the summary has; by default the session's own. */
  readonly digest?: DigestKind;
  /**
   * Where skysync_f and skysync_c keep checksums; by default `off`. It is the one default that is not the flag's,
   * which is found by the environment.
   */
  readonly store?: StoreChoice;
  /** Breaks the sync off. The promise rejects with the signal's reason, and the target is as it was. */
  readonly signal?: AbortSignal;
  /** Called often while the sync is at work; must be quick, and must not throw. */
  readonly onProgress?: (progress: Progress) => void;
  /** Told, in a line, what works otherwise than asked for, such as a library that is missing. */
  readonly onWarning?: (problem: string) => void;
}

/**
 * What a program's options ask for.
 *
 * @param options The options.
 * @param signal Stops the sync.
 * @throws {ParasyncError} `usage` for what is out of range.
 */
export function syncTaskFrom(options: SyncOptions, signal: AbortSignal): SyncTask {
  const { scheme, mode, confirm, refine, compress, chunkSize = "auto" } = options;
  const { onProgress, onWarning } = options;
  if (scheme !== undefined && !isSchemeName(scheme)) {
    throw new ParasyncError("usage", `Cannot use scheme ${JSON.stringify(scheme)}: there is none`);
  }
  const flags = {
    ...scheme === undefined ? {} : { scheme },
    ...mode === undefined ? {} : { mode },
    ...confirm === undefined ? {} : { confirm },
    ...refine === undefined ? {} : { refine },
    ...compress === undefined ? {} : { compress },
    threads: requireThreads(options.threads ?? usefulCores()),
    chunkSize,
  };
  const given = new Set(Object.keys(flags));
  return {
    choose: (size) => chooseSync(flags, undefined, given, size),
    hw: options.hw ?? "auto",
    store: options.store ?? { kind: "off" },
    dry: readDryRun(options.dryRun, options.line),
    digest: options.digest ?? "session",
    signal,
    observe: () =>
      Promise.resolve({
        progress: (end, stage, doneBytes, totalBytes) =>
          onProgress?.({ end, stage, doneBytes, totalBytes }),
        watched: onProgress !== undefined,
        warn: (problem) => onWarning?.(problem),
        finish: () => {},
      }),
  };
}

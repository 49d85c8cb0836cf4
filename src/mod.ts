/**
 * ParaSync as a library: to push a file, to serve a folder, and to sign, diff and patch files as rdiff does.
 *
 * Nothing happens at import, nothing is printed, no signal is caught, and the process is never ended. The environment
 * is read only for `PARASYNC_LIBISAL` and `PARASYNC_LIBBLAKE3`, which name native libraries, unless `hw` is `0`.
 * Whatever fails rejects with a {@linkcode ParasyncError}, and a result is there whole or not at all.
 *
 * @example
 * ```ts
 * import { ParasyncError, push } from "@parasync/parasync";
 * import assert from "node:assert/strict";
 *
 * try {
 *   await push("disk.img", "http://127.0.0.1:9/disk.img");
 * } catch (error) {
 *   if (!(error instanceof ParasyncError)) throw error;
 *   assert(error.code === "not_found", error.message);
 * }
 * ```
 *
 * @module
 */
export { push, type PushOptions } from "./library/push.ts";
export { serve, type ServeOptions, type Server } from "./library/serve.ts";
export { type LocalSyncOptions, sync } from "./library/sync.ts";
export {
  delta,
  type FileOptions,
  patch,
  signature,
  type SignatureOptions,
} from "./library/rdiff.ts";
export type { Summary } from "./library/summary.ts";
export type { Progress, SyncOptions } from "./library/sync_options.ts";
export type { DigestKind } from "./library/sync_task.ts";
export type { SignatureResult } from "./library/sign_file.ts";
export type { DeltaResult } from "./library/diff_file.ts";
export type { PatchResult } from "./library/patch_file.ts";
export { type FailureCode, FAILURES, ParasyncError } from "./errors.ts";
export type { ChunkParameters } from "./chunking/parameters.ts";
export type { LibrsyncTotals } from "./delta/librsync_delta.ts";
export type { DeltaTotals } from "./delta/format.ts";
export type { StoreChoice } from "./files/store_choice.ts";
export type { HardwareChoice } from "./hashing/backend.ts";
export type { ModeName } from "./matching/mode_name.ts";
export type { Confirmation, RefineChoice } from "./schemes/scheme.ts";
export type { SchemeName } from "./schemes/scheme_name.ts";
export type { LogFormat, LogLevel } from "./telemetry/log.ts";

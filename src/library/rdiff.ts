/** What rdiff does, by its three names. */
import type { HardwareChoice } from "../hashing/backend.ts";
import { abortable } from "./abortable.ts";
import { type DeltaResult, diffFile } from "./diff_file.ts";
import type { FileTask } from "./file_task.ts";
import { patchFile, type PatchResult } from "./patch_file.ts";
import { type SignatureResult, type SignatureTask, signFile } from "./sign_file.ts";
import { requireThreads, usefulCores } from "./threads.ts";

/** How a file of rdiff's is written. */
export interface FileOptions {
  /** Whether the result is on the disk before the promise resolves; by default it is. */
  readonly fsync?: boolean;
  /** Breaks the work off. The promise rejects with the signal's reason, and what was there is as it was. */
  readonly signal?: AbortSignal;
  /** Told, in a line, what works otherwise than asked for. */
  readonly onWarning?: (problem: string) => void;
}

/** How a file is signed. */
export interface SignatureOptions extends FileOptions {
  /** The strong checksum of a block: BLAKE2b, or MD4, which is broken; by default `blake2`. */
  readonly hash?: "blake2" | "md4";
  /** The weak checksum of a block; rdiff before 2.2 knows `rollsum`, the default, only. */
  readonly rolling?: "rollsum" | "rabinkarp";
  /** Bytes in a block, 1 to 1 MiB; by default 8 KiB. */
  readonly blockSize?: number;
  /** Bytes of each strong checksum that are kept; by default all. */
  readonly sumSize?: number;
  /** The most threads at work; by default as many as there are cores, up to 8. */
  readonly threads?: number;
  /** Whether native libraries are used or required where they matter; by default `auto`. */
  readonly hw?: HardwareChoice;
}

/**
 * Signs a file: writes the checksums of its blocks, as `rdiff signature` does.
 *
 * @param oldFile The file; a link is followed.
 * @param signatureFile Where the signature goes.
 * @param options How to sign.
 * @returns What the signature is of.
 * @throws {ParasyncError} What kept it from being done; what was at `signatureFile` is as it was.
 *
 * @example
 * ```ts
 * import { signature } from "@parasync/parasync";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/old`, "the old content");
 *
 * const { blocks } = await signature(`${folder}/old`, `${folder}/old.sig`, { blockSize: 4 });
 *
 * assert(blocks === 4);
 * ```
 */
export async function signature(
  oldFile: string,
  signatureFile: string,
  options: SignatureOptions = {},
): Promise<SignatureResult> {
  return await abortable(
    options.signal,
    (signal) => signFile(signatureTaskFrom(oldFile, signatureFile, options, signal)),
  );
}

/**
 * Writes what turns the file that was signed into a new one, as `rdiff delta` does.
 *
 * @param signatureFile The old file's signature, of this program or of rdiff.
 * @param newFile The new file; a link is followed.
 * @param deltaFile Where the delta goes.
 * @param options How it is written.
 * @returns What the delta holds.
 * @throws {ParasyncError} What kept it from being done; what was at `deltaFile` is as it was.
 *
 * @example
 * ```ts
 * import { delta, signature } from "@parasync/parasync";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/old`, "the old content");
 * await Deno.writeTextFile(`${folder}/new`, "the new content");
 * await signature(`${folder}/old`, `${folder}/old.sig`, { blockSize: 4 });
 *
 * const { copiedBytes, literalBytes } = await delta(
 *   `${folder}/old.sig`,
 *   `${folder}/new`,
 *   `${folder}/delta`,
 * );
 *
 * assert(copiedBytes + literalBytes === 15 && copiedBytes > 0);
 * ```
 */
export async function delta(
  signatureFile: string,
  newFile: string,
  deltaFile: string,
  options: FileOptions = {},
): Promise<DeltaResult> {
  return await abortable(
    options.signal,
    (signal) => diffFile({ signatureFile, newFile, deltaFile, ...fileTask(options, signal) }),
  );
}

/**
 * Builds a file from an old one and a delta, as `rdiff patch` does. A delta does not say which files it is between, so
 * that one for another old file goes unnoticed: compare the digest.
 *
 * @param oldFile The old file; a link is followed.
 * @param deltaFile The delta, of this program or of rdiff.
 * @param outputFile Where the result goes; may be `oldFile`.
 * @param options How it is written.
 * @returns What was built, and its BLAKE3.
 * @throws {ParasyncError} What kept it from being done; what was at `outputFile` is as it was.
 *
 * @example
 * ```ts
 * import { delta, patch, signature } from "@parasync/parasync";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/old`, "the old content");
 * await Deno.writeTextFile(`${folder}/new`, "the new content");
 * await signature(`${folder}/old`, `${folder}/old.sig`);
 * await delta(`${folder}/old.sig`, `${folder}/new`, `${folder}/delta`);
 *
 * const { digest } = await patch(`${folder}/old`, `${folder}/delta`, `${folder}/result`);
 *
 * assert(digest.length === 64);
 * assert(await Deno.readTextFile(`${folder}/result`) === "the new content");
 * ```
 */
export async function patch(
  oldFile: string,
  deltaFile: string,
  outputFile: string,
  options: FileOptions = {},
): Promise<PatchResult> {
  return await abortable(
    options.signal,
    (signal) => patchFile({ oldFile, deltaFile, outputFile, ...fileTask(options, signal) }),
  );
}

function fileTask({ fsync = true, onWarning }: FileOptions, signal: AbortSignal): FileTask {
  return { fsync, signal, warn: (problem: string): void => onWarning?.(problem) };
}

/**
 * What a program asks for.
 *
 * @param oldFile The file.
 * @param signatureFile Where the signature goes.
 * @param options How to sign.
 * @param signal Stops it.
 * @throws {ParasyncError} `usage` for a number of threads out of range.
 */
export function signatureTaskFrom(
  oldFile: string,
  signatureFile: string,
  options: SignatureOptions,
  signal: AbortSignal,
): SignatureTask {
  return {
    oldFile,
    signatureFile,
    store: undefined,
    hash: options.hash ?? "blake2",
    rolling: options.rolling ?? "rollsum",
    blockSize: options.blockSize ?? 8192,
    sumSize: options.sumSize,
    threads: requireThreads(options.threads ?? usefulCores()),
    hw: options.hw ?? "auto",
    ...fileTask(options, signal),
  };
}

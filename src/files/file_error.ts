import { constants } from "node:os";
import { type FailureCode, ParasyncError } from "../errors.ts";

/** The longest part of a name that a message repeats, in UTF-16 units. */
const DISPLAY_LIMIT = 256;

/** What can act on a terminal or turn a line of a log around: controls, formats, line separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** What an errno means for the person who asked, and the code it travels under. */
const REASONS: Readonly<Record<string, readonly [FailureCode, string]>> = {
  EACCES: ["file_io", "permission denied"],
  EBUSY: ["file_io", "it is in use"],
  EDQUOT: ["no_space", "its owner's disk quota is used up"],
  EEXIST: ["changed", "it exists already"],
  EFBIG: ["too_large", "it is larger than its file system or ulimit allows"],
  EINTR: ["interrupted", "it was interrupted"],
  EIO: ["file_io", "the device reported an input/output error"],
  EISDIR: ["file_selection", "it is a folder"],
  ELOOP: ["file_selection", "it is a symbolic link, or leads through too many of them"],
  EMFILE: ["busy", "this process has too many open files"],
  ENAMETOOLONG: ["bad_request", "its name is too long"],
  ENFILE: ["busy", "the system has too many open files"],
  ENOENT: ["not_found", "it does not exist"],
  ENOMEM: ["file_io", "the system is out of memory"],
  ENOSPC: ["no_space", "no space left on its file system"],
  ENOTDIR: ["not_found", "a part of its path is not a folder"],
  EPERM: ["file_io", "permission denied"],
  EROFS: ["file_io", "its file system is read-only"],
  ESTALE: ["changed", "it was replaced on its file server"],
};

/**
 * A name as it may appear in a message or a log: control and formatting characters escaped as in JSON,
 * over-long names cut.
 *
 * @param name A name or path as a peer or a person gave it.
 * @returns One printable line.
 */
export function displayName(name: string): string {
  const cut = name.length > DISPLAY_LIMIT ? `${name.slice(0, DISPLAY_LIMIT)}…` : name;
  return cut.replace(UNPRINTABLE, (character) => {
    const json = JSON.stringify(character).slice(1, -1);
    if (json !== character) return json;
    // JSON leaves DEL, C1 and bidirectional controls as they are.
    return character.split("").map((unit) => `\\u${hex4(unit.charCodeAt(0))}`).join("");
  });
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, "0");
}

/**
 * The errno of a system error, or "" for anything else.
 *
 * @param error What was thrown.
 * @returns A name such as "ENOSPC".
 */
export function errnoOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/^E[A-Z0-9]+$/.test(code)) return code;
  // Some of the runtime's node:fs calls name the errno in the message alone.
  return /^(E[A-Z0-9]+):/.exec(error.message)?.[1] ?? nameOfNumber(error);
}

/** What the runtime has no name for, a quota among them, it gives as the system's number. */
function nameOfNumber(error: Error): string {
  // There they are not errnos.
  if (Deno.build.os === "windows") return "";
  const number = "errno" in error && typeof error.errno === "number"
    ? -error.errno
    : Number(/\(os error (\d+)\)/.exec(error.message)?.[1]);
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? "";
}

/**
 * The one place that turns a failed file operation into a failure that a person can act on. The message
 * names the file as it was asked for and never quotes the system's text, which may hold other paths;
 * the system's error stays available as the cause.
 *
 * @param error What was thrown; a `ParasyncError` is handed back as it is.
 * @param verb What was attempted, for "Cannot <verb> <name>: …".
 * @param name The file's name as it was asked for.
 * @returns The failure to throw.
 */
export function asFileError(error: unknown, verb: string, name: string): ParasyncError {
  if (error instanceof ParasyncError) return error;
  const [code, reason] = reasonFor(error);
  return new ParasyncError(code, `Cannot ${verb} ${displayName(name)}: ${reason}`, {
    cause: error,
  });
}

function reasonFor(error: unknown): readonly [FailureCode, string] {
  const errno = errnoOf(error);
  if (Object.hasOwn(REASONS, errno)) return REASONS[errno] ?? ["file_io", errno];
  if (error instanceof Error && error.name === "NotCapable") {
    return ["file_io", "this program was started without the permission for it"];
  }
  if (error instanceof Error && error.name === "AbortError") {
    return ["interrupted", "it was interrupted"];
  }
  const what = errno !== "" ? errno : error instanceof Error ? error.name : "an unknown error";
  return ["file_io", `the system refused with ${what}`];
}

import {
  blockParameters,
  type ChunkParameters,
  formatChunkParameters,
  parseChunkParameters,
} from "../chunking/parameters.ts";
import { ParasyncError } from "../errors.ts";
import { type ModeName, MODES } from "../matching/mode_name.ts";
import { SCHEME_NAMES, type SchemeName, SCHEMES } from "../schemes/scheme_name.ts";
import type { Confirmation, OpenedSession } from "../schemes/scheme.ts";
import type { HardwareChoice } from "../hashing/backend.ts";

/** Where the result goes: over the basis, or beside it under a longer name. */
export type TargetChoice = { readonly kind: "replace" } | {
  readonly kind: "new";
  readonly suffix: string;
};

/** What a request's query asks for. */
export interface SyncQuery {
  /** The name of the basis, percent-decoded once. */
  readonly name: string;
  readonly scheme: SchemeName;
  /** The parallel matching algorithm, for a scheme that has several. */
  readonly mode: ModeName;
  readonly hw: HardwareChoice;
  readonly threads: number;
  /** The sizes to cut by; three times the same for blocks of one size. */
  readonly parameters: ChunkParameters;
  readonly target: TargetChoice;
  readonly confirm: Confirmation;
  /** Bytes of disk that the new file takes, if the client said so: fewer than its size if it has holes. */
  readonly allocated: number | undefined;
  /** Whether the client only looks at the basis: it sends no patch, and nothing is kept or locked for it. */
  readonly look: boolean;
  /** The new file, where the server moves first and the client sends no message that says it. */
  readonly opened: OpenedSession | undefined;
}

const MOST_THREADS = 256;
const DEFAULT_CHUNKS = "4096:8192:12288";
const DEFAULT_BLOCK = 8192;
/** skysync_f holds the checksums of all blocks at once, 36 bytes each: 1 % of the basis at most. */
const LEAST_KEPT_BLOCK = 4096;
const HARDWARE: Readonly<Record<string, HardwareChoice>> = {
  "0": "0",
  "1": "1",
  false: "0",
  true: "1",
  auto: "auto",
  require: "require",
};

/**
 * A query's parameters: split at `&` and the first `=`, percent-decoded once; `+` is a plus.
 *
 * @param search The URL's query, with or without its question mark.
 * @returns The parameters; of equal names the last.
 * @throws {ParasyncError} `bad_request` for malformed percent-encoding.
 */
export function parseQuery(search: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of search.replace(/^\?/, "").split("&")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const [name, value] = at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
    try {
      parameters.set(decodeURIComponent(name), decodeURIComponent(value));
    } catch {
      throw new ParasyncError(
        "bad_request",
        "Cannot read the query: its percent-encoding is malformed",
      );
    }
  }
  return parameters;
}

/**
 * The name of the basis, which every endpoint needs.
 *
 * @param parameters The query's parameters: `basis_filename`, or `file`.
 * @throws {ParasyncError} `bad_request` where it is missing.
 */
export function basisNameOf(parameters: ReadonlyMap<string, string>): string {
  const name = parameters.get("basis_filename") ?? parameters.get("file");
  if (name === undefined || name === "") {
    throw new ParasyncError("bad_request", "Cannot sync: the query has no basis_filename");
  }
  return name;
}

/**
 * The scheme that a query asks for.
 *
 * @param parameters The query's parameters.
 * @param served The schemes that the server has.
 * @param opens Which endpoint is asked: who moves first.
 * @returns The scheme; absent, the server's only one that this endpoint is for, else parasync or rsync.
 * @throws {ParasyncError} `bad_request` for one that there is not, or not here.
 */
export function readScheme(
  parameters: ReadonlyMap<string, string>,
  served: readonly SchemeName[],
  opens: "csums_queue" | "signature",
): SchemeName {
  const usual = opens === "csums_queue" ? "parasync" : "rsync";
  const absent = served.length === 1 ? served[0]! : usual;
  const scheme = requireOneOf(parameters, "scheme", SCHEME_NAMES, absent);
  if (!served.includes(scheme)) {
    throw new ParasyncError(
      "bad_request",
      `Cannot sync by ${scheme}: this server is for ${served.join(", ")}`,
    );
  }
  if (SCHEMES[scheme].opens !== opens) {
    throw new ParasyncError(
      "bad_request",
      `Cannot sync by ${scheme} here: it begins with /${SCHEMES[scheme].opens}`,
    );
  }
  return scheme;
}

/**
 * Reads and checks the whole query of `POST /csums_queue` or `GET /signature`.
 *
 * @param parameters The query's parameters.
 * @param scheme What {@linkcode readScheme} gave.
 * @returns What they ask for, with the original's defaults.
 * @throws {ParasyncError} `bad_request` for anything out of its range or not known.
 */
export function readSyncQuery(
  parameters: ReadonlyMap<string, string>,
  scheme: SchemeName,
): SyncQuery {
  const modes = MODES.map((_, number) => String(number));
  const mode = MODES[Number(requireOneOf(parameters, "mode", modes, "3"))]!;
  const hwText = parameters.get("hw") ?? "0";
  const hw = Object.hasOwn(HARDWARE, hwText) ? HARDWARE[hwText] : undefined;
  if (hw === undefined) throw refused("hw", hwText, Object.keys(HARDWARE).join(", "));
  const threadText = parameters.get("thread_num") ?? "4";
  const threads = /^\d{1,9}$/.test(threadText) ? Number(threadText) : 0;
  if (threads < 1 || threads > MOST_THREADS) {
    throw refused("thread_num", threadText, `1 to ${MOST_THREADS}`);
  }
  const first = SCHEMES[scheme].opens === "signature";
  const confirm = readConfirmation(parameters);
  if (confirm === "target" && SCHEMES[scheme].modes && mode !== "streaming") {
    throw refused("confirm", confirm, "chunk with the modes 0 to 2, which compare chunk by chunk");
  }
  return {
    name: basisNameOf(parameters),
    scheme,
    mode,
    hw,
    threads,
    parameters: first
      ? readBlock(parameters, scheme)
      : parseChunkParameters(parameters.get("chunk") ?? DEFAULT_CHUNKS),
    target: readTarget(parameters),
    confirm,
    allocated: readNumber(parameters, "allocated"),
    look: requireOneOf(parameters, "look", ["0", "1"], "0") === "1",
    opened: first ? readOpened(parameters) : undefined,
  };
}

/** The inverse of {@linkcode readSyncQuery}. */
export function formatSyncQuery(query: SyncQuery): string {
  const { target, scheme, parameters, opened } = query;
  const parts: [string, string][] = [
    ["basis_filename", query.name],
    ["scheme", scheme],
    ["hw", query.hw],
    ["thread_num", String(query.threads)],
    ["confirm", query.confirm],
    ["target", target.kind],
  ];
  if (SCHEMES[scheme].modes) parts.push(["mode", String(MODES.indexOf(query.mode))]);
  if (SCHEMES[scheme].opens === "signature") parts.push(["block", String(parameters.avg)]);
  else parts.push(["chunk", formatChunkParameters(parameters)]);
  if (query.allocated !== undefined) parts.push(["allocated", String(query.allocated)]);
  if (query.look) parts.push(["look", "1"]);
  if (opened !== undefined) {
    parts.push(["new_size", String(opened.newSize)]);
    if (opened.newMtimeNs !== undefined) parts.push(["new_mtime_ns", String(opened.newMtimeNs)]);
  }
  if (target.kind === "new") parts.push(["suffix", target.suffix]);
  return parts.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}

/** What proves that content is equal; `POST /patch` repeats it. */
export function readConfirmation(parameters: ReadonlyMap<string, string>): Confirmation {
  return requireOneOf(parameters, "confirm", ["chunk", "target"], "chunk");
}

function readNumber(parameters: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw refused(name, text, "a number of bytes");
  return Number(text);
}

function readBlock(parameters: ReadonlyMap<string, string>, scheme: SchemeName): ChunkParameters {
  const block = readNumber(parameters, "block") ?? DEFAULT_BLOCK;
  if (scheme === "skysync_f" && block < LEAST_KEPT_BLOCK) {
    throw refused("block", String(block), `at least ${LEAST_KEPT_BLOCK} with skysync_f`);
  }
  return blockParameters(block);
}

function readOpened(parameters: ReadonlyMap<string, string>): OpenedSession | undefined {
  const newSize = readNumber(parameters, "new_size");
  if (newSize === undefined) return undefined;
  const mtime = parameters.get("new_mtime_ns");
  if (mtime !== undefined && !/^-?\d{1,20}$/.test(mtime)) {
    throw refused("new_mtime_ns", mtime, "nanoseconds since 1970");
  }
  return { newSize, newMtimeNs: mtime === undefined ? undefined : BigInt(mtime) };
}

function readTarget(parameters: ReadonlyMap<string, string>): TargetChoice {
  const kind = requireOneOf(parameters, "target", ["replace", "new"], "new");
  if (kind === "replace") return { kind };
  const suffix = parameters.get("suffix") ?? ".new";
  if (!/^[A-Za-z0-9._~-]{1,32}$/.test(suffix)) {
    throw refused("suffix", suffix, "1 to 32 letters, digits or ._~-");
  }
  return { kind: "new", suffix };
}

function requireOneOf<Choice extends string>(
  parameters: ReadonlyMap<string, string>,
  name: string,
  choices: readonly Choice[],
  absent: Choice,
): Choice {
  const value = parameters.get(name) ?? absent;
  const choice = choices.find((known) => known === value);
  if (choice === undefined) throw refused(name, value, choices.join(", "));
  return choice;
}

function refused(name: string, value: string, allowed: string): ParasyncError {
  const shown = JSON.stringify(value.slice(0, 40));
  return new ParasyncError("bad_request", `Cannot use ${name}=${shown}: it must be ${allowed}`);
}

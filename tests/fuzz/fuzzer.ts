import { ParasyncError } from "../../src/errors.ts";
import { type Numbers, numbers, oneOf, randomBytes } from "../fixtures/seeded.ts";
import { mutated } from "./mutation.ts";
import type { FuzzTarget } from "./target.ts";

/** Inputs of a new kind that are kept to be mutated, for each target. */
const MOST_KEPT = 300;

/** Longer ones are not kept. */
const LONGEST_KEPT = 2048;

/** An input that a target answered with something other than a result or a refusal. */
export interface Crash {
  readonly target: string;
  readonly input: Uint8Array<ArrayBuffer>;
  readonly error: string;
}

/** What has been found. */
export interface FuzzReport {
  readonly cases: number;
  /** In how many ways they were taken or refused. */
  readonly kinds: number;
  readonly crashes: readonly Crash[];
  /** The longest case, in ms, and whose it was. */
  readonly slowest: { readonly target: string; readonly ms: number };
}

/** Feeds targets with random, well-formed and spoilt inputs, and keeps those that got somewhere new. */
export class Fuzzer {
  readonly #targets: readonly FuzzTarget[];
  readonly #seed: number;
  readonly #kept = new Map<string, Uint8Array<ArrayBuffer>[]>();
  readonly #kinds = new Set<string>();
  readonly #crashes: Crash[] = [];
  readonly #crashKinds = new Set<string>();
  readonly #found: { target: string; input: Uint8Array<ArrayBuffer> }[] = [];
  #cases = 0;
  #slowest = { target: "", ms: 0 };

  /**
   * @param targets What to feed.
   * @param seed Equal seeds give equal cases.
   */
  constructor(targets: readonly FuzzTarget[], seed: number) {
    this.#targets = targets;
    this.#seed = seed;
  }

  /** What has been found so far. */
  get report(): FuzzReport {
    return {
      cases: this.#cases,
      kinds: this.#kinds.size,
      crashes: this.#crashes,
      slowest: this.#slowest,
    };
  }

  /** Inputs of new kinds that were found by chance, as small as they can be, in order. */
  get found(): readonly { readonly target: string; readonly input: Uint8Array<ArrayBuffer> }[] {
    return this.#found;
  }

  /** Takes an input that was saved: it is tried, and kept to be mutated. */
  async seed(target: FuzzTarget, input: Uint8Array<ArrayBuffer>): Promise<void> {
    const kind = await this.#try(target, input, numbers(this.#seed));
    this.#keep(target.name, input);
    this.#kinds.add(kind);
  }

  /**
   * Runs cases.
   *
   * @param count How many.
   */
  async run(count: number): Promise<void> {
    const total = this.#targets.reduce((sum, { weight }) => sum + weight, 0);
    const { stackTraceLimit } = Error;
    // Nearly every case ends in an error, whose stack costs more than the rest of the case.
    Error.stackTraceLimit = 0;
    for (let i = 0; i < count; i++) {
      // Each case has numbers of its own, so that one does not depend on how the one before it went.
      const next = numbers(Math.imul(this.#seed, 0x9e3779b1) ^ this.#cases);
      let share = next(1e6) / 1e6 * total;
      const target = this.#targets.find(({ weight }) => (share -= weight) < 0)!;
      const input = this.#input(target, next);
      const kind = await this.#try(target, input, next);
      if (this.#kinds.has(kind)) continue;
      this.#kinds.add(kind);
      const small = await this.#smaller(target, input, kind);
      this.#keep(target.name, small);
      if (small.length <= LONGEST_KEPT) this.#found.push({ target: target.name, input: small });
    }
    Error.stackTraceLimit = stackTraceLimit;
    for (let i = 0; i < this.#crashes.length; i++) {
      const { target: name, input } = this.#crashes[i]!;
      const target = this.#targets.find((each) => each.name === name)!;
      const small = await this.#smaller(target, input, await this.#try(target, input, numbers(1)));
      this.#crashes[i] = { target: name, input: small, error: await this.#errorOf(target, small) };
    }
  }

  /** What an input that shows a fault throws, with its stack. */
  async #errorOf(target: FuzzTarget, input: Uint8Array<ArrayBuffer>): Promise<string> {
    try {
      return `not always: ${await target.run(input, numbers(1))}`;
    } catch (error) {
      return textOf(error);
    }
  }

  #input(target: FuzzTarget, next: Numbers): Uint8Array<ArrayBuffer> {
    const kept = this.#kept.get(target.name) ?? [];
    switch (next(8)) {
      case 0:
        return randomBytes(next, next(200));
      case 1:
      case 2:
        return target.make(next);
      case 3:
      case 4:
      case 5:
        return mutated(next, target.make(next), target.make(next));
      default:
        if (kept.length === 0) return target.make(next);
        return mutated(next, oneOf(next, kept), oneOf(next, kept));
    }
  }

  /** Runs a case; tells what kind it was. */
  async #try(
    target: FuzzTarget,
    input: Uint8Array<ArrayBuffer>,
    next: Numbers,
  ): Promise<string> {
    this.#cases++;
    const begin = performance.now();
    try {
      const told = target.run(input, next);
      const kind = typeof told === "string" ? told : await told;
      return `${target.name}: ${kindOf(kind)}`;
    } catch (error) {
      if (error instanceof ParasyncError && error.code !== "internal") {
        return `${target.name}: ${kindOf(error.message)}`;
      }
      const text = textOf(error);
      const kind = `${target.name}! ${kindOf(text.split("\n", 1)[0]!)}`;
      if (!this.#crashKinds.has(kind)) {
        this.#crashKinds.add(kind);
        this.#crashes.push({ target: target.name, input, error: text });
      }
      return kind;
    } finally {
      const ms = performance.now() - begin;
      if (ms > this.#slowest.ms) this.#slowest = { target: target.name, ms };
    }
  }

  /** Takes parts away for as long as the kind stays. */
  async #smaller(
    target: FuzzTarget,
    input: Uint8Array<ArrayBuffer>,
    kind: string,
  ): Promise<Uint8Array<ArrayBuffer>> {
    let best = input;
    for (let part = best.length >> 1; part >= 1; part >>= 1) {
      for (let at = 0; at + part <= best.length && best.length <= 8 * LONGEST_KEPT;) {
        const less = new Uint8Array(best.length - part);
        less.set(best.subarray(0, at));
        less.set(best.subarray(at + part), at);
        const same = await this.#try(target, less, numbers(1)) === kind;
        if (same) best = less;
        else at += part;
      }
    }
    return best;
  }

  #keep(target: string, input: Uint8Array<ArrayBuffer>): void {
    if (input.length > LONGEST_KEPT) return;
    const kept = this.#kept.get(target) ?? [];
    if (kept.length < MOST_KEPT) kept.push(input);
    this.#kept.set(target, kept);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

/** A message without what differs from input to input. */
function kindOf(message: string): string {
  return message.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/0x[0-9a-f]+|-?\d+/g, "0").slice(
    0,
    200,
  );
}

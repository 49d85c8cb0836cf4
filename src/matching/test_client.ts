/** A client's and a server's end of matching without files, for tests of matchers. */
// @ts-types="../types/std_assert.d.ts"
import { assert } from "@std/assert";
import { type Described, DescribedList } from "../../tests/fixtures/chunk_lists.ts";
import { type Numbers, shuffled } from "../../tests/fixtures/seeded.ts";
import { matchByCount } from "./barrier_weak_matching.ts";
import type { CandidateList } from "./candidates.ts";
import { KeyTable } from "./key_table.ts";
import { MatchList } from "./match_list.ts";
import type { MatcherParts, StrongHasher, StrongMatcher } from "./strong_matcher.ts";
import { WeakIndex } from "./weak_index.ts";
import { WeakMatcher } from "./weak_matcher.ts";

/** Makes the matcher under test. */
export type CreateMatcher = (parts: MatcherParts) => StrongMatcher;

/** What a test changes about a client. */
export interface ClientOptions {
  /** How many threads the matcher divides work among; 1 if left out. */
  readonly threads?: number;
  /** What stands between the matcher and the hasher of the described chunks. */
  readonly through?: (hash: StrongHasher) => StrongHasher;
  /** Whether the file has been chunked to its end; true if left out. */
  readonly scanned?: boolean;
}

/** The client's end with a new file that grows, and what it hands on. */
export class Client {
  readonly file = new DescribedList();
  readonly copies: string[] = [];
  readonly literals: number[] = [];
  readonly keys = new KeyTable(this.file.chunks, 4);
  readonly matches = new MatchList(this.file.chunks, 4, {
    copy: (source, target, length) => this.copies.push(`${source} ${target} ${length}`),
    literal: (target) => this.literals.push(target),
  });
  readonly matcher: StrongMatcher;

  /**
   * @param create Makes the matcher.
   * @param options What is different.
   */
  constructor(
    create: CreateMatcher,
    { threads = 1, through = (hash) => hash }: ClientOptions = {},
  ) {
    this.matcher = create({
      chunks: this.file.chunks,
      keys: this.keys,
      matches: this.matches,
      hash: through(this.file.hash),
      threads,
    });
  }

  /** Appends chunks to the new file. */
  grow(described: readonly Described[]): void {
    this.file.append(described);
    this.matcher.extend();
  }
}

/** Something a server says, when keys up to `end` have been sent. */
export interface ServerAnswer {
  readonly first: number;
  readonly end: number;
  readonly answer: (client: Client) => void;
}

/** What a server over `basis` says to all keys of a file, in small batches. */
export async function answersOf(
  basis: DescribedList,
  keys: KeyTable,
  confirm: "chunk" | "target" = "chunk",
): Promise<ServerAnswer[]> {
  const index = new WeakIndex(basis.chunks, 1);
  index.extend();
  const matcher = new WeakMatcher(basis.chunks, index);
  const answers: ServerAnswer[] = [];
  for (let first = 0; first < keys.count; first += 7) {
    const end = Math.min(first + 7, keys.count);
    const { weaks, lengths } = keys.columns(first, end);
    const found = new Uint8Array(1);
    const jobs = matcher.look({ first, weaks, lengths, found });
    answers.push({
      first,
      end,
      answer: ({ matcher }) => matcher.presence(first, end - first, found),
    });
    for (const job of jobs) {
      const list = confirm === "chunk"
        ? await matcher.confirm(job, basis.hash)
        : matcher.places(job);
      answers.push({ first, end, answer: ({ matcher }) => matcher.candidates(list) });
    }
  }
  return answers;
}

/** The answers to all keys of a client, all at once. */
export async function listsOf(basis: DescribedList, { keys }: Client): Promise<CandidateList[]> {
  const index = new WeakIndex(basis.chunks, 1);
  index.extend();
  const { weaks, lengths } = keys.columns(0, keys.count);
  return await matchByCount({
    batches: [{ first: 0, weaks, lengths, found: new Uint8Array(Math.ceil(keys.count / 8)) }],
    matcher: new WeakMatcher(basis.chunks, index),
    hash: basis.hash,
    threads: 2,
  });
}

/** Chunks of different contents and keys. */
export function unlikeChunks(count: number, length: number): Described[] {
  return Array.from({ length: count }, (_, i) => ({ content: `${i}`, weak: i, length }));
}

/** A client that has its file. */
export function clientOf(
  create: CreateMatcher,
  file: readonly Described[],
  options: ClientOptions = {},
): Client {
  const client = new Client(create, options);
  client.grow(file);
  if (options.scanned ?? true) client.matcher.scanned();
  return client;
}

/** Few contents and fewer weak checksums, 0 among them: equal chunks and false matches alike. */
export function someChunks(next: Numbers, count: number): Described[] {
  return Array.from({ length: count }, () => {
    const content = next(60);
    return { content: `${content}`, weak: content % 7, length: 100 + content % 3 };
  });
}

/**
 * Feeds a client its file and the answers in an order of chance, within what a server can say when; what is
 * said last in an order of its own.
 */
export async function fed(
  client: Client,
  next: Numbers,
  file: readonly Described[],
  answers: readonly ServerAnswer[],
  inOrder: boolean,
  last: readonly ServerAnswer[] = [],
): Promise<Client> {
  let waiting = inOrder ? [...answers] : shuffled(next, answers);
  let given = 0;
  let scanned = false;
  while (!scanned || waiting.length > 0) {
    if (!scanned && (inOrder || next(3) === 0)) {
      const count = inOrder ? file.length : Math.min(1 + next(15), file.length - given);
      client.grow(file.slice(given, given + count));
      given += count;
      if (given >= file.length && (inOrder || next(2) === 0)) {
        client.matcher.scanned();
        scanned = true;
      }
    }
    const known = waiting.filter(({ end }) => end <= client.keys.count);
    for (const { answer } of known.slice(0, inOrder ? known.length : 1)) answer(client);
    const told = new Set(known.slice(0, inOrder ? known.length : 1));
    waiting = waiting.filter((answer) => !told.has(answer));
    if (next(2) === 0) await Promise.resolve();
  }
  for (const { answer } of last) answer(client);
  await client.matcher.finish();
  return client;
}

/** The place in the basis that the delta copies each chunk of the new file from; -1 for literals. */
export function placesOf(client: Client): number[] {
  const { chunks } = client.file;
  const at = new Map(Array.from({ length: chunks.count }, (_, i) => [chunks.offsets[i]!, i]));
  const places = new Array<number | undefined>(chunks.count);
  for (const literal of client.literals) {
    assert(places[at.get(literal)!] === undefined, "sent twice");
    places[at.get(literal)!] = -1;
  }
  for (const copy of client.copies) {
    const [source, target, length] = copy.split(" ").map(Number) as [number, number, number];
    let chunk = at.get(target)!;
    for (let done = 0; done < length; done += chunks.lengths[chunk++]!) {
      assert(places[chunk] === undefined, "sent and copied");
      places[chunk] = source + done;
    }
  }
  return places.map((place) => {
    assert(place !== undefined, "neither sent nor copied");
    return place;
  });
}

/** The new file's contents as the delta gives them, chunk by chunk. */
export function rebuilt(client: Client, basis: DescribedList): string[] {
  return placesOf(client).map((place, chunk) =>
    place < 0 ? client.file.contents[chunk]! : basis.contentAt(place)
  );
}

/** A hasher that keeps what it was asked until it is told to answer. */
export class HeldHasher {
  /** The offsets of the chunks of each call that was not answered yet. */
  readonly calls: number[][] = [];
  readonly #answers: (() => void)[] = [];

  /** Stands between a matcher and a hasher. */
  readonly through = (hash: StrongHasher): StrongHasher => async (offsets, lengths) => {
    this.calls.push([...offsets]);
    await new Promise<void>((resolve) => this.#answers.push(resolve));
    return await hash(offsets, lengths);
  };

  /** Answers the call that has waited longest, and lets what follows from it happen. */
  async answer(): Promise<void> {
    this.calls.shift();
    this.#answers.shift()?.();
    await settled();
  }

  /** Answers until nobody asks any more; gives all that was asked. */
  async answerAll(): Promise<number[][]> {
    const asked: number[][] = [];
    await settled();
    while (this.calls.length > 0) {
      asked.push(this.calls[0]!);
      await this.answer();
    }
    return asked;
  }
}

/** Resolves when all promises that depend on nothing else have been settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

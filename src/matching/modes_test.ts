/** Laws that all matchers keep: the parallel algorithms, the serial one, and pdsync's. */
// @ts-types="../types/std_assert.d.ts"
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Described, DescribedList } from "../../tests/fixtures/chunk_lists.ts";
import { type Numbers, numbers } from "../../tests/fixtures/seeded.ts";
import { ParasyncError } from "../errors.ts";
import { type CandidateList, joinedCandidates } from "./candidates.ts";
import { MODES } from "./mode_name.ts";
import { createMatcher } from "./modes.ts";
import { ParallelMatcher } from "./parallel_matcher.ts";
import { SerialMatcher } from "./serial_matcher.ts";
import { JOB_BYTES } from "./strong_jobs.ts";
import type { StrongHasher } from "./strong_matcher.ts";
import {
  answersOf,
  Client,
  clientOf,
  type CreateMatcher,
  fed,
  listsOf,
  placesOf,
  type ServerAnswer,
  settled,
  someChunks,
  unlikeChunks,
} from "./test_client.ts";

const MATCHERS: Readonly<Record<string, CreateMatcher>> = {
  ...Object.fromEntries(
    MODES.map((mode): [string, CreateMatcher] => [
      mode,
      (parts) => createMatcher(mode, parts),
    ]),
  ),
  serial: (parts) => new SerialMatcher(parts),
  parallel: (parts) => new ParallelMatcher(parts),
};

const THREADS = [1, 2, 3, 8, 16];

/** Lets answers to later calls overtake those to earlier ones. */
function overtaking(next: Numbers): (hash: StrongHasher) => StrongHasher {
  return (hash) => async (offsets, lengths) => {
    for (let turns = next(12); turns > 0; turns--) await Promise.resolve();
    return await hash(offsets, lengths);
  };
}

function described(next: Numbers, contents: number): Described {
  const content = next(contents);
  return { content: `${content}`, weak: content % 7, length: 100 + content % 3 };
}

/**
 * What a server that errs or lies says after it has said the truth: each key again at other places, some
 * under strong checksums of nothing, and that the basis lacks it.
 */
async function untruths(basis: DescribedList, asked: Client): Promise<ServerAnswer[]> {
  const end = asked.keys.count;
  const lists = await listsOf(basis, asked);
  const answers = lists.map((list): ServerAnswer => {
    const places = list.places.map((place) => place + 1);
    const strong = list.strong.map((word, i) => i % 24 < 8 ? ~word : word);
    return {
      first: 0,
      end,
      answer: ({ matcher }) => matcher.candidates({ keys: list.keys, places, strong }),
    };
  });
  const nothing = new Uint8Array(Math.ceil(end / 8));
  return [...answers, {
    first: 0,
    end,
    answer: ({ matcher }) => matcher.presence(0, end, nothing),
  }];
}

/** Where the basis has each chunk of a file first, by comparing what is in them; -1 where it does not. */
function firstPlaces(basis: DescribedList, client: Client, lists: CandidateList[]): number[] {
  const all = joinedCandidates(lists);
  const offered = new Map<number, number[]>();
  all.keys.forEach((key, row) =>
    offered.set(key, [...offered.get(key) ?? [], all.places[row]!].sort((a, b) => a - b))
  );
  return client.file.contents.map((content, chunk) =>
    (offered.get(client.keys.keyOf(chunk)) ?? [])
      .find((place) => basis.contentAt(place) === content) ?? -1
  );
}

Deno.test("every matcher gives the same delta with any number of threads, in whatever order things come", async () => {
  const next = numbers(91);
  for (let round = 0; round < 6; round++) {
    const basis = new DescribedList(someChunks(next, next(150)));
    const file = Array.from({ length: 20 + next(150) }, () => described(next, 80));
    const asked = clientOf(MATCHERS["serial"]!, file);
    const truth = await answersOf(basis, asked.keys);
    const lies = await untruths(basis, asked);
    const expected = firstPlaces(basis, asked, await listsOf(basis, asked));
    let copies: string[] | undefined;
    for (const [name, create] of Object.entries(MATCHERS)) {
      for (const threads of THREADS) {
        for (const inOrder of [true, false]) {
          const client = new Client(create, { threads, through: overtaking(next) });
          // What is said first holds.
          await fed(client, next, file, truth, inOrder, lies);
          copies ??= client.copies;
          assertEquals(placesOf(client), expected, `${name}, ${threads} threads`);
          assertEquals(client.copies, copies, `${name}, ${threads} threads`);
          assertEquals(
            client.matches.matched,
            expected.filter((place) => place >= 0).length,
          );
        }
      }
    }
  }
});

Deno.test("lists of many batches, keys with thousands of chunks among them, give the same delta", async () => {
  const next = numbers(92);
  const chunk = (): Described => {
    const content = next(3) === 0 ? next(4) : next(12_000);
    return { content: `${content}`, weak: content >> 1, length: 3000 };
  };
  const basis = new DescribedList(Array.from({ length: 12_000 }, chunk));
  const file = Array.from({ length: 15_000 }, chunk);
  const lists = await listsOf(basis, clientOf(MATCHERS["serial"]!, file));
  let first: Client | undefined;
  for (const [name, create] of Object.entries(MATCHERS)) {
    for (const threads of [1, 3]) {
      const client = clientOf(create, file, { threads });
      for (const list of lists) client.matcher.candidates(list);
      await client.matcher.finish();
      first ??= client;
      assertEquals(client.copies, first.copies, name);
      assertEquals(client.literals.sort((a, b) => a - b), first.literals, name);
    }
  }
  assert(first!.copies.length > 1000 && first!.literals.length > 1000);
});

Deno.test("of equal contents the lowest place is taken, wherever in the list it stands", async () => {
  const file: Described[] = [{ content: "a", weak: 0, length: 10 }];
  const basis = new DescribedList([...file, ...file, ...file]);
  const strong = (await basis.hash(Float64Array.of(0, 10, 20), new Uint32Array(3))).buffer;
  for (const [name, create] of Object.entries(MATCHERS)) {
    const client = clientOf(create, file);
    client.matcher.candidates({
      keys: new Float64Array(3),
      places: Float64Array.of(20, 0, 10),
      strong: new Uint32Array(strong),
    });
    await client.matcher.finish();
    assertEquals(client.copies, ["0 0 10"], name);
  }
});

Deno.test("thousands of equal chunks are hashed once each, in jobs as short as any other's", async () => {
  const zeros: Described = { content: "zeros", weak: 7, length: 12288 };
  const file = new Array<Described>(5000).fill(zeros);
  const basis = new DescribedList(file);
  for (const [name, create] of Object.entries(MATCHERS)) {
    for (const threads of THREADS) {
      const jobs: number[] = [];
      const client = new Client(create, {
        threads,
        through: (hash) => (offsets, lengths) => {
          jobs.push(lengths.reduce((sum, length) => sum + length, 0));
          return hash(offsets, lengths);
        },
      });
      client.grow(file);
      client.matcher.scanned();
      for (const list of await listsOf(basis, client)) client.matcher.candidates(list);
      await client.matcher.finish();
      assertEquals(client.file.hashedChunks, file.length, name);
      assert(Math.max(...jobs) < JOB_BYTES + zeros.length, name);
      assert(jobs.length <= file.length * zeros.length / JOB_BYTES + threads, name);
      assertEquals(client.matches.matched, file.length, name);
    }
  }
});

Deno.test("what hashing fails with is what finishing fails with, and no batch begins after it", async () => {
  const file = unlikeChunks(13_000, 3000);
  const lists = await listsOf(new DescribedList(file), clientOf(MATCHERS["serial"]!, file));
  for (const [name, create] of Object.entries(MATCHERS)) {
    for (const threads of [1, 3, 16]) {
      for (const failing of [1, 4]) {
        let calls = 0;
        let late = 0;
        let failed = false;
        const client = new Client(create, {
          threads,
          through: (hash) => async (offsets, lengths) => {
            if (failed) late++;
            if (++calls !== failing) return await hash(offsets, lengths);
            await Promise.resolve();
            failed = true;
            throw new ParasyncError("changed", "Cannot read the file");
          },
        });
        client.grow(file);
        client.matcher.scanned();
        for (const list of lists) client.matcher.candidates(list);
        await settled();
        await assertRejects(() => client.matcher.finish(), ParasyncError, "Cannot read the file");
        await settled();
        assertEquals(late, 0, `${name} goes on after the failure`);
      }
    }
  }
});

Deno.test("with nothing to confirm everything is literal, and finishing waits for nobody", async () => {
  const file = someChunks(numbers(93), 20);
  const none = new Float64Array(0);
  for (const [name, create] of Object.entries(MATCHERS)) {
    const client = clientOf(create, file, { threads: 8 });
    client.matcher.candidates({ keys: none, places: none, strong: new Uint32Array(0) });
    await client.matcher.finish();
    assertEquals([client.literals.length, client.copies], [20, []], name);
    const empty = clientOf(create, []);
    await empty.matcher.finish();
    assertEquals([empty.literals, empty.copies], [[], []], name);
  }
});

Deno.test("candidates without strong checksums are refused where they must be confirmed", () => {
  for (const name of Object.keys(MATCHERS).filter((name) => name !== "streaming")) {
    const client = clientOf(MATCHERS[name]!, [{ content: "a", weak: 0, length: 10 }]);
    const error = assertThrows(() =>
      client.matcher.candidates({
        keys: new Float64Array(1),
        places: new Float64Array(1),
        strong: new Uint32Array(0),
      }), ParasyncError);
    assertEquals(error.code, "bad_request");
  }
});

/** Files of lines, as people and programs write them, and edited versions of them. */
import type { Content } from "./pair_content.ts";
import { RandomNumbers } from "./random_bytes.ts";

/** Makes line `index`; `version` 0 is the old line, others are edited ones. ASCII, with its line feed. */
type LineMaker = (numbers: RandomNumbers, index: number, version: number) => string;

/** How often lines of the new file differ, each as one line in so many. */
interface EditRates {
  readonly changed: number;
  readonly inserted: number;
  readonly deleted: number;
}

const BATCH_CHARACTERS = 1 << 18;

/** Lines until the old version has `bytes` bytes; the numbers of a line depend on its place alone. */
function lines(
  seed: string,
  bytes: number,
  make: LineMaker,
  rates: EditRates | undefined,
): Content {
  return function* () {
    const encoder = new TextEncoder();
    const numbers = new RandomNumbers(seed);
    const edits = new RandomNumbers(`${seed} edits`);
    const edited = (index: number, version: number): string =>
      make(edits.restart(2 * index + version), index, version);
    let batch = "";
    let oldBytes = 0;
    for (let index = 0; oldBytes < bytes; index++) {
      const line = make(numbers.restart(index), index, 0);
      oldBytes += line.length;
      if (rates === undefined) batch += line;
      else {
        edits.restart(-1 - index);
        const hit = (rate: number): boolean => edits.below(rate) === 0;
        const [changed, inserted, deleted] = [
          hit(rates.changed),
          hit(rates.inserted),
          hit(rates.deleted),
        ];
        if (inserted) batch += edited(index, 1);
        if (!deleted) batch += changed ? edited(index, 2) : line;
      }
      if (batch.length < BATCH_CHARACTERS) continue;
      yield encoder.encode(batch);
      batch = "";
    }
    yield encoder.encode(batch);
  };
}

const LETTERS = "eeeeeeaaaaiiiooottttnnnsssrrrhhlldducmfpgwybvk";

function word(numbers: RandomNumbers, shortest: number, longest: number): string {
  let text = "";
  const length = shortest + numbers.below(longest - shortest + 1);
  for (let i = 0; i < length; i++) text += LETTERS[numbers.below(LETTERS.length)]!;
  return text;
}

let known: readonly string[] | undefined;

/** Words of a made-up language; a few of them are most of every text, as in any language. */
function someWord(numbers: RandomNumbers): string {
  if (known === undefined) {
    const maker = new RandomNumbers("words");
    known = Array.from({ length: 5000 }, (_, rank) => word(maker, 1, 3 + Math.floor(rank / 500)));
  }
  // Not `** 3`, whose last bit is each engine's own affair.
  const fraction = numbers.fraction();
  return known[Math.floor(known.length * fraction * fraction * fraction)]!;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

const prose: LineMaker = (numbers) => {
  const words = 6 + numbers.below(10);
  let line = someWord(numbers);
  for (let i = 1; i < words; i++) {
    line += (numbers.below(12) === 0 ? ", " : " ") + someWord(numbers);
  }
  return numbers.below(7) === 0 ? `${line}.\n\n` : `${line}\n`;
};

/** A row of a table: its first fields never change, its amounts do. */
const row: LineMaker = (numbers, index, version) => {
  const place = `${word(numbers, 4, 9)},${(numbers.fraction() * 180 - 90).toFixed(4)}`;
  const day = `2024-${two(1 + numbers.below(12))}-${two(1 + numbers.below(28))}`;
  const key = version === 1 ? 9_000_000 + index : 1_000_000 + index;
  return `${key},${place},${day},${(numbers.fraction() * 1e4).toFixed(2)},${numbers.below(100)}\n`;
};

const FILES_PER_FOLDER = 40;

/** A line of a long listing; every so many lines another folder begins. */
const entry: LineMaker = (numbers, index, version) => {
  const size = String(numbers.below(16 << numbers.below(20))).padStart(9);
  const date = `2024-${two(1 + numbers.below(12))}-${two(1 + numbers.below(28))} ` +
    `${two(numbers.below(24))}:${two(numbers.below(60))}`;
  const name = `${someWord(numbers)}_${word(numbers, 2, 6)}.${["c", "h", "o", "md"][index % 4]}`;
  const head = version === 0 && index % FILES_PER_FOLDER === 0
    ? `\n./${someWord(numbers)}/${word(numbers, 5, 9)}:\ntotal ${numbers.below(9000)}\n`
    : "";
  return `${head}-rw-r--r-- 1 user group ${size} ${date} ${name}\n`;
};

/** Prose of about `bytes` bytes; a line in 400 is edited. */
export function text(bytes: number, edited: boolean): Content {
  const rates = { changed: 800, inserted: 1600, deleted: 1600 };
  return lines("text", bytes, prose, edited ? rates : undefined);
}

/** A table of about `bytes` bytes; a row in 2,500 is edited. */
export function csv(bytes: number, edited: boolean): Content {
  const rates = { changed: 5000, inserted: 10_000, deleted: 10_000 };
  return lines("csv", bytes, row, edited ? rates : undefined);
}

/** A folder's listing of about `bytes` bytes; an entry in 250 is edited. */
export function listing(bytes: number, edited: boolean): Content {
  const rates = { changed: 400, inserted: 1300, deleted: 1300 };
  return lines("listing", bytes, entry, edited ? rates : undefined);
}

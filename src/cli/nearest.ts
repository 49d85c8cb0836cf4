/**
 * The least number of insertions, deletions, replacements and swaps of neighbours that turn one word into
 * another (optimal string alignment).
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        (last[column] ?? Infinity) + 1,
        (current[column - 1] ?? Infinity) + 1,
        (last[column - 1] ?? Infinity) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? Infinity) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}

/**
 * The name that someone who wrote `word` most likely meant: the nearest in spelling, or one that `word`
 * begins.
 *
 * @param word What was written.
 * @param names What there is.
 * @returns A name, or `undefined` where none is near.
 */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase().replaceAll("_", "-").slice(0, 64);
  const most = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let least = most + 1;
  for (const name of names) {
    const candidate = name.toLowerCase().replaceAll("_", "-");
    const begun = wanted.length >= 3 && candidate.startsWith(wanted);
    const distance = begun ? 0.5 : editDistance(wanted, candidate);
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** A column that can be cut without a copy. */
interface Column<C> {
  readonly length: number;
  subarray(begin: number, end: number): C;
}

/**
 * Cuts a column into slices for so many threads, as the original does (parallel_for with ranges of its own).
 *
 * @param column What is to be dealt out.
 * @param threads Among how many.
 * @param share How much each takes of n: `floor`, ⌊n/T⌋ and the last one the rest; or `ceiling`, ⌈n/T⌉ and
 * the last one what is left.
 * @returns At most `threads` slices, none of them empty.
 */
export function slicesOf<C extends Column<C>>(
  column: C,
  threads: number,
  share: "floor" | "ceiling",
): C[] {
  const { length } = column;
  const size = share === "floor" ? Math.floor(length / threads) : Math.ceil(length / threads);
  const slices: C[] = [];
  for (let slice = 0; slice < threads; slice++) {
    const begin = Math.min(slice * size, length);
    const end = slice === threads - 1 ? length : Math.min(begin + size, length);
    if (begin < end) slices.push(column.subarray(begin, end));
  }
  return slices;
}

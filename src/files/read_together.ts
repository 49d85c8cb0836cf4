/** So many bytes between two places cost less to read than another call of the system does. */
const BETWEEN_BYTES = 16 << 10;

/**
 * Which ranges of a file one read had better give: those that follow each other with little in between.
 *
 * @param places Where the ranges begin.
 * @param lengths How long they are, or how long each of them is.
 * @param first The first range.
 * @param end One past the last one that may be read with it.
 * @param most The most bytes to read at once.
 * @returns One past the last range of the read.
 */
export function readTogether(
  places: Float64Array,
  lengths: Uint32Array | number,
  first: number,
  end: number,
  most: number,
): number {
  const endOf = (index: number): number =>
    places[index]! + (typeof lengths === "number" ? lengths : lengths[index]!);
  let last = first + 1;
  for (; last < end; last++) {
    const between = places[last]! - endOf(last - 1);
    if (between < 0 || between > BETWEEN_BYTES || endOf(last) - places[first]! > most) break;
  }
  return last;
}

/** Takes no column: combining marks, joiners, variation selectors and what else is invisible. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** Takes two columns: East Asian wide and fullwidth characters (Unicode Annex 11), and emoji. */
const DOUBLE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})$/u;

const segmenter = (): Intl.Segmenter => new Intl.Segmenter("en", { granularity: "grapheme" });

/** Columns of one grapheme: those of its widest character. */
function graphemeWidth(grapheme: string): number {
  let width = 0;
  for (const character of grapheme) {
    if (ZERO.test(character)) continue;
    width = Math.max(width, DOUBLE.test(character) ? 2 : 1);
  }
  return width;
}

/** Only printable ASCII, where a character is a column. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * How many columns a terminal needs for `text`, which must hold no control characters.
 *
 * @returns Columns.
 */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter().segment(text)) width += graphemeWidth(segment);
  return width;
}

/**
 * As much of the start of `text` as fits, with `…` where something was left out.
 *
 * @param text Text without control characters.
 * @param columns The columns there are.
 * @returns Text of at most `columns` columns.
 */
export function fitWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return "";
  let kept = "";
  let width = 0;
  for (const { segment } of segmenter().segment(text)) {
    const more = graphemeWidth(segment);
    if (width + more > columns - 1) break;
    kept += segment;
    width += more;
  }
  return `${kept}…`;
}

/** `text` with spaces after it up to `columns` columns. */
export function padWidth(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

/**
 * What must never reach a terminal or a log as it is: C0 and C1 controls, which move the cursor or
 * forge lines; bidirectional and line-separating controls, which reorder what a person reads
 * (CVE-2021-42574); and lone surrogates, which cannot be encoded.
 */
const UNPRINTABLE =
  // deno-lint-ignore no-control-regex -- control characters are what it is for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeOne(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16);
  return SHORT[character] ??
    (code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`);
}

/**
 * Makes a file name or a peer's text safe for a terminal: control, bidirectional and unpaired surrogate
 * characters become visible escapes (`\n`, `\x1b`, `\u202e`), everything else stays.
 *
 * @param text Any text.
 * @param most At most so many characters of it (UTF-16 units); the rest becomes `…`. Absent: all of it.
 * @returns One line of text.
 */
export function printable(text: string, most = Infinity): string {
  const kept = text.length > most ? `${text.slice(0, most)}…` : text;
  return kept.replace(UNPRINTABLE, escapeOne);
}

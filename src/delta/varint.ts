/** The longest varint of a safe integer, in bytes: 53 bits, seven a byte. */
export const MAX_VARINT_BYTES = 8;

/**
 * Writes a varint (protobuf's base 128), in its shortest form.
 *
 * @param out Where to; {@linkcode MAX_VARINT_BYTES} must be left.
 * @param start Its offset.
 * @param value A safe integer, not negative.
 * @returns The offset after it.
 */
export function putVarint(out: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  // Bits can be had by shifting below 2^31 only, where it is several times as fast.
  for (; rest >= 2 ** 31; rest = Math.floor(rest / 0x80)) out[at++] = rest % 0x80 + 0x80;
  let word = rest | 0;
  for (; word >= 0x80; word >>>= 7) out[at++] = word & 0x7f | 0x80;
  out[at++] = word;
  return at;
}

/** The code of an integer of magnitude 2^52 - 1 at most: 0, -1, 1, -2 … become 0, 1, 2, 3 … */
export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** The integer that a zigzag code stands for. */
export function unzigzag(code: number): number {
  return (code & 1) === 0 ? code / 2 : -(code + 1) / 2;
}

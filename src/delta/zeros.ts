import { Buffer } from "node:buffer";

const ZEROS = new Uint8Array(1 << 18);

/** Whether all of `bytes` are zero; the common "no" is known from the first byte or the last. */
export function isZero(bytes: Uint8Array): boolean {
  if (bytes.length > 0 && (bytes[0] !== 0 || bytes[bytes.length - 1] !== 0)) return false;
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (Buffer.compare(part, ZEROS.subarray(0, part.length)) !== 0) return false;
  }
  return true;
}

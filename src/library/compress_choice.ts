import { ParasyncError } from "../errors.ts";
import type { CompressChoice } from "../schemes/scheme.ts";

/** The highest levels there are. */
const MOST = { zstd: 19, deflate: 9 } as const;

/**
 * Reads how literals are to be compressed: `auto`, `off`, `zstd`, `deflate`, the last two with a level if need be
 * (`zstd:3`).
 *
 * @param text What was asked for.
 * @throws {ParasyncError} `usage` for anything else.
 */
export function readCompressChoice(text: string): CompressChoice {
  if (text === "auto" || text === "off") return { coding: text, level: undefined };
  const match = /^(zstd|deflate)(?::(\d{1,2}))?$/.exec(text);
  if (match === null) {
    throw new ParasyncError(
      "usage",
      `Cannot read --compress: ${
        JSON.stringify(text)
      } is none of auto, zstd, zstd:LEVEL, deflate, deflate:LEVEL, off`,
    );
  }
  const coding = match[1] as "zstd" | "deflate";
  const level = match[2] === undefined ? undefined : Number(match[2]);
  if (level !== undefined && (level < 1 || level > MOST[coding])) {
    throw new ParasyncError(
      "usage",
      `Cannot read --compress: levels of ${coding} are 1 to ${MOST[coding]}`,
    );
  }
  return { coding, level };
}

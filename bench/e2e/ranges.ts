/** Ranges of a file over HTTP (RFC 9110, §14), as zsync asks for them. */
import fs from "node:fs";

/** From the first byte to the last, both included. */
export type ByteRange = readonly [first: number, last: number];

const PIECE_BYTES = 256 << 10;
const BOUNDARY = "parasync-bench-part";

/**
 * Reads a `Range` header.
 *
 * @param header The header, if there is one.
 * @param size The file's size.
 * @returns The ranges; none for the whole file.
 */
export function rangesOf(header: string | null, size: number): ByteRange[] {
  const list = /^bytes=([\d,\s-]+)$/.exec(header ?? "")?.[1] ?? "";
  return list.split(",").flatMap((text): ByteRange[] => {
    const match = /^\s*(\d+)-(\d*)\s*$/.exec(text);
    if (match === null || Number(match[1]) >= size) return [];
    const last = match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
    return [[Number(match[1]), last]];
  });
}

async function* contentOf(path: string, [first, last]: ByteRange): AsyncGenerator<Uint8Array> {
  const fd = fs.openSync(path, "r");
  try {
    for (let at = first; at <= last;) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, last + 1 - at));
      const read = fs.readSync(fd, piece, 0, piece.length, at);
      if (read === 0) throw new Error(`${path} is shorter than it was`);
      yield piece.subarray(0, read);
      at += read;
    }
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * Answers with parts of a file.
 *
 * @param path The file.
 * @param ranges The parts; none for all of it.
 */
export function rangeResponse(path: string, ranges: readonly ByteRange[]): Response {
  const { size } = fs.statSync(path);
  const [only] = ranges;
  if (only === undefined) {
    return respond(contentOf(path, [0, size - 1]), 200, { "content-length": String(size) });
  }
  if (ranges.length === 1) {
    return respond(contentOf(path, only), 206, {
      "content-range": `bytes ${only[0]}-${only[1]}/${size}`,
      "content-length": String(only[1] - only[0] + 1),
    });
  }
  const head = ([first, last]: ByteRange): Uint8Array =>
    encoder.encode(
      `\r\n--${BOUNDARY}\r\nContent-Type: application/octet-stream\r\n` +
        `Content-Range: bytes ${first}-${last}/${size}\r\n\r\n`,
    );
  const end = encoder.encode(`\r\n--${BOUNDARY}--\r\n`);
  const length = ranges.reduce(
    (sum, range) => sum + head(range).length + range[1] - range[0] + 1,
    end.length,
  );
  const parts = async function* (): AsyncGenerator<Uint8Array> {
    for (const range of ranges) {
      yield head(range);
      yield* contentOf(path, range);
    }
    yield end;
  };
  return respond(parts(), 206, {
    "content-type": `multipart/byteranges; boundary=${BOUNDARY}`,
    "content-length": String(length),
  });
}

const encoder = new TextEncoder();

function respond(
  content: AsyncIterable<Uint8Array>,
  status: number,
  headers: Record<string, string>,
): Response {
  return new Response(ReadableStream.from(content), {
    status,
    headers: { "accept-ranges": "bytes", ...headers },
  });
}

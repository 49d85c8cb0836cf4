/** What came back over the socket. */
export interface RawAnswer {
  /** 0 where nothing came back. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A request as bytes on a socket, where no library tidies it up. */
export interface RawRequest {
  readonly method?: string;
  /** The request target just as it goes out. */
  readonly target: string;
  /** Header lines; Host, Connection and Content-Length are added where they are not here. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Closes this side after the body, whatever was announced. */
  readonly cut?: boolean;
}

const DEADLINE_MS = 20_000;
const encoder = new TextEncoder();

/**
 * Sends a request to a port of loopback and reads until the server closes.
 *
 * @param port The port.
 * @param request What to send.
 * @throws {Error} When the server neither answers nor closes.
 */
export async function rawRequest(port: number, request: RawRequest): Promise<RawAnswer> {
  const { method = "GET", target, body = "" } = request;
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const headers: Record<string, string> = {
    Host: `127.0.0.1:${port}`,
    Connection: "close",
    ...method === "POST"
      ? { "Content-Type": "application/x-protobuf", "Content-Length": String(bytes.length) }
      : {},
    ...request.headers,
  };
  const lines = Object.entries(headers)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const head = encoder.encode(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
  return await exchange(port, [head, bytes], request.cut === true);
}

/**
 * Sends any bytes.
 *
 * @param port A port of loopback.
 * @param pieces What to send.
 * @param cut Whether to close this side then.
 */
export async function exchange(
  port: number,
  pieces: readonly Uint8Array[],
  cut: boolean,
): Promise<RawAnswer> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connection.close();
  }, DEADLINE_MS);
  try {
    const sending = send(connection, pieces, cut);
    const answer = parse(await readAll(connection));
    await sending;
    if (late) throw new Error(`The server neither answered nor closed within ${DEADLINE_MS} ms`);
    return answer;
  } finally {
    clearTimeout(timer);
    if (!late) connection.close();
  }
}

/** A server that refuses may close before everything is sent. */
async function send(
  connection: Deno.TcpConn,
  pieces: readonly Uint8Array[],
  cut: boolean,
): Promise<void> {
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length;) at += await connection.write(piece.subarray(at));
    }
    if (cut) await connection.closeWrite();
  } catch {
    // What it answered is what counts.
  }
}

async function readAll(connection: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(64 << 10);
  let text = "";
  const decoder = new TextDecoder("latin1");
  try {
    for (;;) {
      const bytes = await connection.read(buffer);
      if (bytes === null) break;
      text += decoder.decode(buffer.subarray(0, bytes));
    }
  } catch {
    // A reset ends the answer as well.
  }
  return text;
}

function parse(text: string): RawAnswer {
  const [head, ...rest] = text.split("\r\n\r\n");
  const [first, ...lines] = head!.split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first!)?.[1] ?? 0);
  const headers = new Headers();
  for (const line of lines) {
    const at = line.indexOf(":");
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim());
  }
  const raw = rest.join("\r\n\r\n");
  const body = headers.get("transfer-encoding") === "chunked" ? unchunk(raw) : raw;
  return { status, headers, body };
}

function unchunk(raw: string): string {
  let body = "";
  for (let at = 0;;) {
    const end = raw.indexOf("\r\n", at);
    const length = parseInt(raw.slice(at, end), 16);
    if (end < 0 || !(length > 0)) return body;
    body += raw.slice(end + 2, end + 2 + length);
    at = end + 2 + length + 2;
  }
}

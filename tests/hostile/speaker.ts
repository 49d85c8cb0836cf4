/** A client of the protocol that is written by hand from docs/protocol.md, and need not keep to it. */
import { blake3 } from "hash-wasm";
import { exchange, type RawAnswer, rawRequest } from "../raw_request.ts";
import { framesOf, refusalOf } from "./wire/answers.ts";
import { join, u64 } from "./wire/bytes.ts";
import * as delta from "./wire/delta.ts";
import { frame, open, weakBatch } from "./wire/messages.ts";

const SEGMENT_BYTES = 1 << 20;

/** A session as its client knows it. */
export interface Opened {
  /** Its key; empty where it was refused. */
  readonly key: string;
  /** Why it was refused; "" where it was not. */
  readonly refusal: string;
}

/** The session digest of a content. */
export async function sessionDigest(content: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const digests: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += SEGMENT_BYTES) {
    digests.push(fromHex(await blake3(content.subarray(at, at + SEGMENT_BYTES))));
  }
  return fromHex(await blake3(join(u64(content.length), ...digests)));
}

/** A patch of one stream that sends all of a small content. */
export async function literalPatch(
  oldSize: number,
  content: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return join(
    delta.header(1, 0, oldSize, content.length),
    delta.literal(0, content),
    delta.end(content.length, [0, 1, 0, 0, content.length, 0], await sessionDigest(content)),
  );
}

/** A client at a server's port. */
export class Speaker {
  readonly port: number;
  /** What the server says that both ends must share. */
  readonly fingerprint: string;

  private constructor(port: number, fingerprint: string) {
    this.port = port;
    this.fingerprint = fingerprint;
  }

  /** Asks the server for what a client must know. */
  static async meet(port: number): Promise<Speaker> {
    const { body } = await rawRequest(port, { target: "/v1/capabilities" });
    return new Speaker(port, JSON.parse(body).fingerprint);
  }

  /** The frames that open a session and ask for nothing. */
  opening(newSize: number | bigint): Uint8Array<ArrayBuffer> {
    return join(
      frame(open({ newSize, fingerprint: this.fingerprint })),
      frame(weakBatch()),
    );
  }

  /** A `POST /csums_queue` of any frames; the result replaces `name`. */
  async ask(name: string, body: Uint8Array, query = "", cut = false): Promise<RawAnswer> {
    return await this.post(`/csums_queue?basis_filename=${name}&target=replace${query}`, body, {
      cut,
    });
  }

  /** Opens a session. */
  async open(name: string, newSize: number | bigint, query = ""): Promise<Opened> {
    const answer = await this.ask(name, this.opening(newSize), query);
    const refusal = refusalOf(answer);
    const said = refusal === "" ? framesOf(answer.body)[0]?.fields.get(1) : undefined;
    const key = said instanceof Uint8Array ? new TextDecoder().decode(said) : "";
    return { key, refusal };
  }

  /** Sends a body of a patch. */
  async patch(name: string, key: string, body: Uint8Array, query = ""): Promise<RawAnswer> {
    return await this.post(`/patch?basis_filename=${name}${query}`, body, { key });
  }

  /** Asks for a finer round. */
  async refine(name: string, key: string, body: Uint8Array): Promise<RawAnswer> {
    return await this.post(`/refine?basis_filename=${name}`, body, { key });
  }

  /** A POST; `cut` closes this side after the body. */
  async post(
    target: string,
    body: Uint8Array,
    { key = "", cut = false }: { readonly key?: string; readonly cut?: boolean } = {},
  ): Promise<RawAnswer> {
    const headers: Record<string, string> = { "Content-Type": "application/octet-stream" };
    if (key !== "") headers["X-Request-Key"] = key;
    return await rawRequest(this.port, { method: "POST", target, headers, body, cut });
  }

  /** Any bytes; the server must close the connection. */
  async say(...pieces: readonly (Uint8Array | string)[]): Promise<RawAnswer> {
    return await exchange(this.port, [join(...pieces)], false);
  }

  /** Any bytes, then the end of them, whatever the server still waits for. */
  async sayAndLeave(...pieces: readonly (Uint8Array | string)[]): Promise<RawAnswer> {
    return await exchange(this.port, [join(...pieces)], true);
  }
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g)!, (digits) => parseInt(digits, 16));
}

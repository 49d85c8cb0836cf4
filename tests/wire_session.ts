import type { Answer } from "../proto/gen/parasync_pb.ts";
import { FINGERPRINT_ID } from "../src/chunking/rule_k.ts";
import { DeltaEncoder } from "../src/delta/encoder.ts";
import { openBackend } from "../src/hashing/select.ts";
import { SEGMENT_BYTES, sessionDigest } from "../src/hashing/session_digest.ts";
import { FrameReader } from "../src/transport/framing.ts";
import { readAnswer, requestFrame } from "../src/transport/messages.ts";
import { concat } from "./workspace.ts";

/** What the first frame may say otherwise than it should. */
export interface OpenFields {
  readonly protocol?: number;
  readonly fingerprint?: string;
}

/** The whole body of a `POST /csums_queue` that asks for nothing: every byte will be a literal. */
export function openFrames(newSize: number, fields: OpenFields = {}): Uint8Array<ArrayBuffer> {
  const { protocol = 1, fingerprint = FINGERPRINT_ID } = fields;
  return concat(
    requestFrame({
      case: "open",
      value: { protocol, newSize: BigInt(newSize), newMtimeNs: undefined, fingerprint },
    }),
    requestFrame({
      case: "weakBatch",
      value: { first: 0, weak: new Uint8Array(0), lengths: new Uint8Array(0), last: true },
    }),
  );
}

/** A session opened by hand. */
export interface WireSession {
  readonly status: number;
  /** Its key; empty where it was refused. */
  readonly key: string;
  /** The server's frames, in order. */
  readonly answers: readonly Answer[];
}

/**
 * Opens a session.
 *
 * @param url The server.
 * @param query The query of `POST /csums_queue`.
 * @param body The client's frames.
 */
export async function openSession(
  url: string,
  query: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<WireSession> {
  const response = await post(`${url}/csums_queue?${query}`, body, "application/x-protobuf");
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) return { status: response.status, key: "", answers: [] };
  const answers = [...new FrameReader().push(bytes)].map(readAnswer);
  return { status: response.status, key: response.headers.get("x-request-key") ?? "", answers };
}

/** What the last frame says where it is a problem: its code. */
export function problemOf({ answers }: WireSession): string {
  const frame = answers.at(-1)?.frame;
  return frame?.case === "problem" ? frame.value.code : `no problem but ${frame?.case}`;
}

/**
 * A patch that sends the whole new file.
 *
 * @param oldSize Size of the basis.
 * @param content The new file.
 */
export async function literalPatch(
  oldSize: number,
  content: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  const sizes = { oldSize, newSize: content.length };
  const encoder = new DeltaEncoder(sizes, (piece) => pieces.push(piece.slice()));
  if (content.length > 0) encoder.literal(0, content);
  encoder.end(await digestOf(content));
  return concat(...pieces);
}

async function digestOf(content: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { backend } = await openBackend("0");
  const segments = new Uint8Array(Math.ceil(content.length / SEGMENT_BYTES) * 32);
  for (let at = 0; at < content.length; at += SEGMENT_BYTES) {
    const end = Math.min(at + SEGMENT_BYTES, content.length);
    backend.strong(content, at, end, segments, at / SEGMENT_BYTES * 32);
  }
  return sessionDigest(backend, content.length, segments);
}

/**
 * Sends a body of a patch.
 *
 * @param url The server.
 * @param name The basis's name.
 * @param key The session's key; empty sends none.
 * @param body The body.
 */
export async function sendPatch(
  url: string,
  name: string,
  key: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const headers: Record<string, string> = key === "" ? {} : { "x-request-key": key };
  const query = `basis_filename=${encodeURIComponent(name)}`;
  return await post(`${url}/patch?${query}`, body, "application/octet-stream", headers);
}

/** A POST with a content type. */
export async function post(
  url: string,
  body: Uint8Array<ArrayBuffer> | string,
  contentType: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const init = { "content-type": contentType, ...headers };
  return await fetch(url, { method: "POST", body, headers: init });
}

/** What a server's answer says, read field by field. */
import type { RawAnswer } from "../../raw_request.ts";

/** A frame of an answer. */
export interface AnswerFrame {
  /** The number of its field in `Answer`: 1 is Session, 5 Done, 6 Problem. */
  readonly kind: number;
  /** The message's own fields. */
  readonly fields: ReadonlyMap<number, Uint8Array | bigint>;
}

/** The bytes of a body that was read as Latin-1. */
export function bytesOf(body: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(body, (character) => character.charCodeAt(0));
}

/** The frames of a body; what is cut short is left out. */
export function framesOf(body: string): AnswerFrame[] {
  const bytes = bytesOf(body);
  const view = new DataView(bytes.buffer);
  const frames: AnswerFrame[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = view.getUint32(at, true);
    const [entry] = fieldsOf(bytes.subarray(at + 4, at + 4 + length));
    if (entry === undefined || typeof entry[1] === "bigint") break;
    frames.push({ kind: entry[0], fields: fieldsOf(entry[1]) });
    at += 4 + length;
  }
  return frames;
}

/** Why an answer is a refusal: its problem's code, its status where there is no problem, "" where it is none. */
export function refusalOf({ status, headers, body }: RawAnswer): string {
  if (headers.get("content-type") === "application/problem+json") return JSON.parse(body).code;
  if (status !== 200) return String(status);
  if (headers.get("content-type") !== "application/x-protobuf") return "";
  const last = framesOf(body).at(-1);
  const code = last?.kind === 6 ? last.fields.get(1) : undefined;
  return code instanceof Uint8Array ? new TextDecoder().decode(code) : "";
}

function fieldsOf(message: Uint8Array): Map<number, Uint8Array | bigint> {
  const fields = new Map<number, Uint8Array | bigint>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = message[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    if ((tag & 7) === 2) {
      const length = Number(varint());
      fields.set(tag >> 3, message.subarray(at, at + length));
      at += length;
    } else if ((tag & 7) === 1) {
      fields.set(tag >> 3, message.subarray(at, at + 8));
      at += 8;
    } else fields.set(tag >> 3, varint());
  }
  return fields;
}

import type { MessageInitShape } from "@bufbuild/protobuf";
import { ParasyncError } from "../errors.ts";
import type {
  Answer,
  AnswerSchema,
  Request,
  RequestSchema,
  Session,
} from "../../proto/gen/parasync_pb.ts";
import * as wire from "../../proto/gen/parasync_wire.ts";
import { encodeFrame } from "./framing.ts";

/**
 * A frame of the client's stream.
 *
 * @param frame One of the kinds of proto/parasync.proto's `Request`.
 * @returns The frame as it goes on the wire, its length first.
 */
export function requestFrame(
  frame: NonNullable<MessageInitShape<typeof RequestSchema>["frame"]>,
): Uint8Array<ArrayBuffer> {
  return encodeFrame(wire.encodeRequest({ frame }));
}

/**
 * A frame of the server's stream.
 *
 * @param frame One of the kinds of proto/parasync.proto's `Answer`.
 * @returns The frame as it goes on the wire, its length first.
 */
export function answerFrame(
  frame: NonNullable<MessageInitShape<typeof AnswerSchema>["frame"]>,
): Uint8Array<ArrayBuffer> {
  return encodeFrame(wire.encodeAnswer({ frame }));
}

/**
 * Reads the content of a frame of the client's stream.
 *
 * @param bytes The frame without its length; must not change while the message is in use.
 * @returns The message; its columns are views of `bytes`.
 * @throws {ParasyncError} `bad_request` for anything else.
 */
export function readRequest(bytes: Uint8Array): Request {
  return read(bytes, "request frame", wire.decodeRequest);
}

/**
 * Reads the content of a frame of the server's stream.
 *
 * @param bytes The frame without its length; must not change while the message is in use.
 * @returns The message; its columns are views of `bytes`.
 * @throws {ParasyncError} `bad_request` for anything else.
 */
export function readAnswer(bytes: Uint8Array): Answer {
  return read(bytes, "answer frame", wire.decodeAnswer);
}

/**
 * Reads the session that an answer's header names.
 *
 * @param bytes The header's message, whoever made it.
 * @returns The session; null where it is none.
 */
export function readSession(bytes: Uint8Array): Session | null {
  try {
    const { frame } = wire.decodeAnswer(bytes);
    return frame.case === "session" ? frame.value : null;
  } catch {
    return null;
  }
}

/**
 * A 64-bit field as a size or an offset.
 *
 * @param value The field's value.
 * @param name What it is, for the error.
 * @returns The same number.
 * @throws {ParasyncError} `bad_request` when it is above 2^53 - 1.
 */
export function safeSize(value: bigint, name: string): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new ParasyncError("bad_request", `Cannot accept ${name}: ${value} is above 2^53 - 1`);
  }
  return Number(value);
}

function read<T extends Request | Answer>(
  bytes: Uint8Array,
  name: string,
  decode: (bytes: Uint8Array) => T,
): T {
  let message: T;
  try {
    message = decode(bytes);
  } catch (cause) {
    // The runtime library throws Error and RangeError of its own.
    throw new ParasyncError("bad_request", `Cannot read ${name}: it is malformed`, { cause });
  }
  if (message.frame.case === undefined) {
    throw new ParasyncError("bad_request", `Cannot read ${name}: it is of no known kind`);
  }
  return message;
}

import { ParasyncError } from "../errors.ts";

/** Bytes before each frame: its length, u32 little-endian. */
export const FRAME_HEAD_BYTES = 4;

/** The longest frame that is accepted unless the caller says otherwise, in bytes. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/**
 * A frame as it goes on the wire.
 *
 * @param message The frame's content, at most {@linkcode MAX_FRAME_BYTES}.
 * @returns Its length and then the content, in a new array.
 */
export function encodeFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_HEAD_BYTES + message.length);
  new DataView(frame.buffer).setUint32(0, message.length, true);
  frame.set(message, FRAME_HEAD_BYTES);
  return frame;
}

/** Takes a byte stream apart into frames, however the stream is cut into pieces. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #head = new Uint8Array(FRAME_HEAD_BYTES);
  #headFilled = 0;
  /** Where a frame is gathered that spans pieces; undefined while its head is incomplete. */
  #frame: Uint8Array | undefined;
  #frameFilled = 0;

  /**
   * @param maxBytes The longest frame to accept; bounds the memory a peer can make this end take.
   */
  constructor(maxBytes: number = MAX_FRAME_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes the next piece of the stream.
   *
   * @param piece Any number of bytes; must not change while frames from it are in use.
   * @returns The frames that are complete with it. Those that lie in the piece whole are views of it.
   * @throws {ParasyncError} `bad_request` for a frame that is longer than accepted.
   */
  *push(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
    let at = 0;
    for (;;) {
      if (this.#frame === undefined) {
        at += this.#takeHead(piece, at);
        if (this.#headFilled < FRAME_HEAD_BYTES) return;
        const length = this.#frameLength();
        if (piece.length - at >= length) {
          this.#headFilled = 0;
          at += length;
          yield piece.subarray(at - length, at);
          continue;
        }
        this.#frame = new Uint8Array(length);
      }
      const frame = this.#frame;
      const taken = Math.min(piece.length - at, frame.length - this.#frameFilled);
      frame.set(piece.subarray(at, at + taken), this.#frameFilled);
      this.#frameFilled += taken;
      at += taken;
      if (this.#frameFilled < frame.length) return;
      this.#headFilled = 0;
      this.#frameFilled = 0;
      this.#frame = undefined;
      yield frame;
    }
  }

  /**
   * Says that the stream is over.
   *
   * @throws {ParasyncError} `stream` when it is over inside a frame.
   */
  finish(): void {
    if (this.#headFilled > 0) {
      throw new ParasyncError("stream", "Cannot read frame: the stream ends inside it");
    }
  }

  #takeHead(piece: Uint8Array, at: number): number {
    const taken = Math.min(piece.length - at, FRAME_HEAD_BYTES - this.#headFilled);
    this.#head.set(piece.subarray(at, at + taken), this.#headFilled);
    this.#headFilled += taken;
    return taken;
  }

  #frameLength(): number {
    const length = new DataView(this.#head.buffer).getUint32(0, true);
    if (length > this.#maxBytes) {
      throw new ParasyncError(
        "bad_request",
        `Cannot read frame: its length is ${length} and at most ${this.#maxBytes} bytes are accepted`,
      );
    }
    return length;
  }
}

/**
 * The frames of a byte stream.
 *
 * @param source The stream's pieces.
 * @param maxBytes The longest frame to accept.
 * @returns Frame after frame; those that lie in one piece whole are views of it.
 * @throws {ParasyncError} `bad_request` for a frame that is longer than accepted, `stream` for a stream
 * that ends inside a frame.
 */
export async function* readFrames(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number = MAX_FRAME_BYTES,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new FrameReader(maxBytes);
  for await (const piece of source) yield* reader.push(piece);
  reader.finish();
}

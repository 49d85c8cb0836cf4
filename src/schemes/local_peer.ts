import { FRAME_HEAD_BYTES, readFrames } from "../transport/framing.ts";
import type { StageTime } from "../telemetry/stages.ts";
import type { Reception } from "./reception.ts";
import type { Confirmation, OpenedSession, PatchAnswer, Peer, SignatureAnswer } from "./scheme.ts";

/** The server's end, in this process. */
export interface LocalEnd {
  /** What proves that content is equal. */
  readonly confirm: Confirmation;
  /** Answers the client's frames. */
  answer(
    frames: AsyncIterable<Uint8Array>,
    onOpen: (opened: OpenedSession) => void,
  ): AsyncIterable<Uint8Array>;
  /** Answers where the server moves first. */
  sign(): Promise<SignatureAnswer & { readonly opened: OpenedSession }>;
  /** Answers a finer round. */
  refine(frame: Uint8Array): AsyncIterable<Uint8Array>;
  /** Makes the reception when the first body comes. */
  receive(opened: OpenedSession): Promise<Reception>;
  /** Times of the stages at this end, in ms. */
  stages(): Record<string, number>;
  /** When they were at work, from `origin` on, in ms of the process's clock. */
  timeline(origin: number): readonly StageTime[];
}

/** Both ends in one process: the same messages and bodies, passed on in memory. */
export class LocalPeer implements Peer {
  readonly #end: LocalEnd;
  #opened: OpenedSession | undefined;
  #reception: Promise<Reception> | undefined;

  /** @param end The server's end. */
  constructor(end: LocalEnd) {
    this.#end = end;
  }

  match(frames: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    // The server's frames have their lengths in front, as on the wire.
    return readFrames(
      this.#end.answer(readFrames(frames), (opened) => this.#opened = opened),
    );
  }

  async signature(): Promise<SignatureAnswer> {
    const { opened, ...answer } = await this.#end.sign();
    this.#opened = opened;
    return answer;
  }

  acknowledge(): Promise<number> {
    return Promise.resolve(0);
  }

  roundTrip(): Promise<number> {
    return Promise.resolve(0);
  }

  refine(_key: string, frame: Uint8Array<ArrayBuffer>): AsyncIterable<Uint8Array> {
    return readFrames(this.#end.refine(frame.subarray(FRAME_HEAD_BYTES)));
  }

  async patch(
    _key: string,
    pieces: AsyncIterable<Uint8Array>,
    repair: boolean,
  ): Promise<PatchAnswer> {
    this.#reception ??= this.#end.receive(this.#opened!);
    const reception = await this.#reception;
    const received = await reception.receive(pieces, this.#end.confirm, repair);
    const segments = received.kind === "mismatch" ? received.segments : null;
    return { committed: received.kind === "committed", stages: this.#end.stages(), segments };
  }

  timeline(origin: number): readonly StageTime[] {
    return this.#end.timeline(origin);
  }

  /** Removes what was not committed. */
  async discard(): Promise<void> {
    await this.#reception?.then((reception) => reception.discard(), () => {});
  }
}

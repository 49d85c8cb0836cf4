import type { PatchWriter } from "../delta/patch_writer.ts";
import { ParasyncError } from "../errors.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import type { PatchAnswer, Peer, SourceEnd } from "./scheme.ts";

/** What the server said of the session that a patch belongs to. */
export interface PatchSession {
  /** Names the session. */
  readonly key: string;
  /** Size of the basis in bytes. */
  readonly basisSize: number;
  /** About how many bytes one body may have. */
  readonly limit: number;
}

/** Sends what a patch writer has, body after body, and what the server asks for in the end. */
export class PatchSender {
  readonly #end: SourceEnd;
  readonly #peer: Peer;
  readonly #writer: PatchWriter;
  readonly #session: PatchSession;

  /**
   * @param end The client's end.
   * @param peer The server.
   * @param writer Where the bodies come from.
   * @param session The session they belong to.
   */
  constructor(end: SourceEnd, peer: Peer, writer: PatchWriter, session: PatchSession) {
    this.#end = end;
    this.#peer = peer;
    this.#writer = writer;
    this.#session = session;
  }

  /** Sends bodies until the last one has been taken; gives the server's answer to that. */
  async send(): Promise<PatchAnswer> {
    const { clock, file, progress } = this.#end;
    const { key, basisSize, limit } = this.#session;
    const writer = this.#writer;
    let answer: PatchAnswer = { committed: false, stages: {}, segments: null };
    while (!writer.complete) {
      await writer.ready();
      clock.start("client send");
      const body = writer.body(basisSize, limit);
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const piece of body) {
          yield piece;
          progress("client", "send", writer.settled, file.size);
        }
        clock.stop("client send");
      };
      answer = await clock.time("client patch", () => this.#peer.patch(key, counted(), false));
    }
    return answer.segments === null ? requireCommitted(answer) : answer;
  }

  /**
   * Sends the segments whole that came out otherwise than they are here: a chunk of the basis had the weak
   * checksum and the length of one of ours and other content.
   *
   * @param found The digests of the target's segments, as the server has them.
   * @param wanted Those of the new file.
   * @returns The server's answer.
   * @throws {ParasyncError} `verification` where the result is another file even then.
   */
  async repair(found: Uint8Array, wanted: Uint8Array): Promise<PatchAnswer> {
    const { clock, file } = this.#end;
    const { key, basisSize } = this.#session;
    if (found.length !== wanted.length) {
      throw new ParasyncError(
        "bad_request",
        "Cannot repair: the server's digests do not fit the file",
      );
    }
    const body = this.#writer.repairBody(basisSize, differing(found, wanted));
    const answer = await clock.time("client repair", () => this.#peer.patch(key, body, true));
    if (answer.segments === null) return requireCommitted(answer);
    throw new ParasyncError(
      "verification",
      `Cannot sync ${file.name}: the result has another digest after a repair`,
    );
  }
}

function requireCommitted(answer: PatchAnswer): PatchAnswer {
  if (answer.committed) return answer;
  throw new ParasyncError("bad_request", "Cannot go on: the server waits for more than there is");
}

/** The segments whose digests differ. */
function differing(found: Uint8Array, wanted: Uint8Array): number[] {
  const segments: number[] = [];
  for (let at = 0; at < wanted.length; at += STRONG_BYTES) {
    const same = wanted.subarray(at, at + STRONG_BYTES).every((byte, i) => byte === found[at + i]);
    if (!same) segments.push(at / STRONG_BYTES);
  }
  return segments;
}

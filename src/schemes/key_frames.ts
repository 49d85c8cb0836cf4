import { FINGERPRINT_ID } from "../chunking/rule_k.ts";
import { LEAST_RESUMED_BYTES } from "./resume_limits.ts";
import type { KeyTable } from "../matching/key_table.ts";
import { encodeVarints, encodeWords } from "../transport/columns.ts";
import { requestFrame } from "../transport/messages.ts";
import { PROTOCOL_VERSION } from "./protocol_version.ts";
import type { SegmentGate } from "./segment_gate.ts";

/** Keys in one batch (ParaSync, FAST'26, §3.2 sends batches instead of all or nothing). */
const BATCH_KEYS = 4096;

/** How long this end may have nothing to send before it sends what there is, in ms. */
const SILENCE_MS = 5_000;

/** What the frames are made of. */
export interface KeyFramesOptions {
  /** Size of the new file in bytes. */
  readonly newSize: number;
  /** When it was last modified, nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** The keys, as they are found. */
  readonly keys: KeyTable;
  /** Which segments to ask about. */
  readonly gate: SegmentGate;
  /** Whether keys leave while the file is being chunked. */
  readonly streamed: boolean;
  /** Whether what an interrupted sync has left of the target can be made use of. */
  readonly resumes: boolean;
  /** Stops the frames. */
  readonly signal: AbortSignal;
}

/** The client's frames of `POST /csums_queue`, as chunking goes on. */
export class KeyFrames {
  readonly #options: KeyFramesOptions;
  #sent = 0;
  #allPushed = false;
  #scanned = false;
  #answered = false;
  #moreKeys: () => void = () => {};
  /** Bytes of the frames made so far. */
  bytes = 0;

  /** @param options What they are made of. */
  constructor(options: KeyFramesOptions) {
    this.#options = options;
  }

  /** How many keys were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** There may be something to send. */
  news(): void {
    if (this.#hasNews()) this.wake();
  }

  /** Has whoever waits for something to send look again. */
  wake(): void {
    this.#moreKeys();
  }

  /** The new file is cut to its end; the digests of all its segments are known. */
  pushed(): void {
    this.#allPushed = true;
    this.wake();
  }

  /** All keys are in the table. */
  scanned(): void {
    this.#scanned = true;
    this.wake();
  }

  /** The server has answered: what it has to say of the target is known. */
  answered(): void {
    this.#answered = true;
    this.wake();
  }

  /** @returns The frames, length first. */
  async *frames(): AsyncGenerator<Uint8Array> {
    const { newSize, mtimeNs, keys, gate, signal } = this.#options;
    yield this.#counted(requestFrame({
      case: "open",
      value: {
        protocol: PROTOCOL_VERSION,
        newSize: BigInt(newSize),
        newMtimeNs: mtimeNs,
        fingerprint: FINGERPRINT_ID,
      },
    }));
    for (let last = false; !last;) {
      if (!this.#hasNews()) await this.#newsOrSilence();
      signal.throwIfAborted();
      const asked = gate.digests(this.#allPushed);
      if (asked !== null) {
        yield this.#counted(requestFrame({ case: "segments", value: asked }));
        continue;
      }
      const first = this.#sent;
      const end = Math.min(keys.count, first + BATCH_KEYS);
      last = this.#scanned && end === keys.count;
      // A proxy may keep the answer back until the keys end; then it is too late to ask.
      if (last && !this.#answered && this.#options.resumes && newSize >= LEAST_RESUMED_BYTES) {
        gate.askTarget();
        this.#answered = true;
        last = false;
        continue;
      }
      const { weaks, lengths } = keys.columns(first, end);
      this.#sent = end;
      yield this.#counted(requestFrame({
        case: "weakBatch",
        value: { first, weak: encodeWords(weaks), lengths: encodeVarints(lengths), last },
      }));
    }
  }

  /** Waits for something to send, but not so long that the server takes this end for dead. */
  async #newsOrSilence(): Promise<void> {
    const { signal } = this.#options;
    let silent = false;
    const timer = setTimeout(() => {
      silent = true;
      this.wake();
    }, SILENCE_MS);
    while (!signal.aborted && !silent && !this.#hasNews()) {
      await new Promise<void>((resolve) => this.#moreKeys = resolve);
    }
    clearTimeout(timer);
  }

  #hasNews(): boolean {
    const { gate, keys, streamed } = this.#options;
    return gate.ready(this.#allPushed) || this.#scanned ||
      streamed && keys.count - this.#sent >= BATCH_KEYS;
  }

  #counted(frame: Uint8Array): Uint8Array {
    this.bytes += frame.length;
    return frame;
  }
}

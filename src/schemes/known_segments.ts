import { enterDigests, type SegmentDigests } from "../delta/piece_applier.ts";
import type { PinnedFile } from "../files/pinned_file.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { segmentCount } from "../hashing/session_digest.ts";

/**
 * How long before it was read a file must have been changed last for every later change to show in its time of change,
 * in ms: the runtime tells that in whole seconds, and some file systems count in steps of two.
 */
const GRAIN_MS = 2_000;

/**
 * Digests of a basis's segments that a session has computed already, for as long as the basis has not changed since.
 *
 * Its modification time does not tell that for certain, which anybody may set; the time of its change nobody can. What
 * is written through memory that another process has mapped and written to before shows in neither until the system
 * writes it back.
 */
export class KnownSegments {
  readonly #basis: PinnedFile | null;
  #digests = new Uint8Array(0);
  #known = new Uint8Array(0);
  #changedMs = 0;
  /** What the time of change was when digests were found. */
  #foundMs: number | undefined;

  /** @param basis The basis; null where there is none. */
  constructor(basis: PinnedFile | null) {
    this.#basis = basis;
  }

  /**
   * Segments of the basis were hashed.
   *
   * @param found Which, and their digests.
   * @param sinceMs When reading them began, in ms since 1970.
   */
  note(found: SegmentDigests, sinceMs: number): void {
    if (this.#basis === null) return;
    const { changedMs } = this.#basis;
    if (this.#changedMs !== changedMs) this.#known.fill(0);
    this.#changedMs = changedMs;
    if (sinceMs - changedMs < GRAIN_MS) return;
    if (this.#known.length === 0) {
      this.#known = new Uint8Array(segmentCount(this.#basis.size));
      this.#digests = new Uint8Array(this.#known.length * STRONG_BYTES);
    }
    enterDigests(found, this.#digests);
    for (const segment of found.segments) this.#known[segment] = 1;
  }

  /** The digests of these segments; null where one of them is not known, or the basis has changed since it was. */
  find(segments: Float64Array<ArrayBuffer>): SegmentDigests | null {
    if (!segments.every((segment) => this.#known[segment] === 1)) return null;
    if (this.#basis?.changedMs !== this.#changedMs) return null;
    this.#foundMs = this.#changedMs;
    const digests = new Uint8Array(segments.length * STRONG_BYTES);
    segments.forEach((segment, i) =>
      digests.set(
        this.#digests.subarray(segment * STRONG_BYTES, (segment + 1) * STRONG_BYTES),
        i * STRONG_BYTES,
      )
    );
    return { segments, digests };
  }

  /**
   * Makes sure that what was found is still so.
   *
   * @throws {ParasyncError} `changed` where the basis has changed since.
   */
  verifyFound(): void {
    if (this.#foundMs !== undefined) this.#basis?.verifyUnchanged(this.#foundMs);
  }
}

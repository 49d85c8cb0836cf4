import type { SegmentDigests } from "../delta/piece_applier.ts";
import { STRONG_BYTES } from "../hashing/backend.ts";
import { segmentCount } from "../hashing/session_digest.ts";

/**
 * Digests of a basis's segments that a session has computed already. They hold as long as the basis is the file that
 * was pinned, which is made sure of before anything is committed.
 */
export class KnownSegments {
  readonly #digests: Uint8Array;
  readonly #known: Uint8Array;

  /** @param size Size of the basis in bytes. */
  constructor(size: number) {
    this.#digests = new Uint8Array(segmentCount(size) * STRONG_BYTES);
    this.#known = new Uint8Array(segmentCount(size));
  }

  /** Segments of the basis were hashed. */
  note({ segments, digests }: SegmentDigests): void {
    for (let i = 0; i < segments.length; i++) {
      const digest = digests.subarray(i * STRONG_BYTES, (i + 1) * STRONG_BYTES);
      this.#digests.set(digest, segments[i]! * STRONG_BYTES);
      this.#known[segments[i]!] = 1;
    }
  }

  /** The digests of these segments; null where one of them is not known. */
  find(segments: Float64Array<ArrayBuffer>): SegmentDigests | null {
    if (!segments.every((segment) => this.#known[segment] === 1)) return null;
    const digests = new Uint8Array(segments.length * STRONG_BYTES);
    segments.forEach((segment, i) =>
      digests.set(
        this.#digests.subarray(segment * STRONG_BYTES, (segment + 1) * STRONG_BYTES),
        i * STRONG_BYTES,
      )
    );
    return { segments, digests };
  }
}

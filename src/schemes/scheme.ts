import type { ChunkParameters } from "../chunking/parameters.ts";
import type { DeltaTotals } from "../delta/format.ts";
import type { OpenFile } from "../files/open_file.ts";
import type { StageClock } from "../telemetry/stages.ts";
import type { FileReference } from "../workers/jobs.ts";
import type { LaneGroup } from "../workers/lane_group.ts";

/**
 * What proves that content which looks equal by its weak checksum is equal.
 *
 * `chunk`, the paper's order: the server answers with strong checksums and the client compares each chunk.
 * `target`: the server answers with places alone and hashes the target as it writes it; where the digest
 * says that a place was wrong, the client sends those segments whole. Each end hashes each byte once.
 */
export type Confirmation = "chunk" | "target";

/** What the server says to a body of a patch. */
export interface PatchAnswer {
  /** Whether the target is committed. */
  readonly committed: boolean;
  /** Its times by stage, in ms. */
  readonly stages: Record<string, number>;
  /** Digests of the target's segments where the whole is not the new file; null where all is well. */
  readonly segments: Uint8Array | null;
}

/** Told how far a stage has come, in bytes; cheap, and called often. */
export type ProgressListener = (
  end: "client" | "server",
  stage: string,
  done: number,
  total: number,
) => void;

/** The client's end of a sync. */
export interface SourceEnd {
  /** The new file. */
  readonly file: OpenFile;
  /** The new file, as lanes open it. */
  readonly reference: FileReference;
  /** When the new file was last modified, nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Makes sure that the new file has not changed since it was opened. */
  readonly verifyUnchanged: () => void;
  /** The sizes to cut by. */
  readonly parameters: ChunkParameters;
  /** What proves that content is equal. */
  readonly confirm: Confirmation;
  /** Who works. */
  readonly lanes: LaneGroup;
  /** Where stages are timed. */
  readonly clock: StageClock;
  /** Told of progress. */
  readonly progress: ProgressListener;
  /** Stops the sync. */
  readonly signal: AbortSignal;
}

/** The server as the client's end of a scheme sees it, over HTTP or in the same process. */
export interface Peer {
  /**
   * Opens a session: `POST /csums_queue`.
   *
   * @param frames The client's frames; streamed while they are made.
   * @returns The content of the server's frames, as they arrive.
   */
  match(frames: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Confirms that the session's key has arrived: `POST /ack`. Resolves with the round trip in ms. */
  acknowledge(key: string): Promise<number>;
  /**
   * Sends one body of the patch: `POST /patch`.
   *
   * @param key The session's key.
   * @param pieces The body; streamed while it is made.
   * @param repair Whether it sends segments anew that came out wrong.
   * @returns What the server says, once it has taken the body. After the last one it has committed the
   * target, or asks for a repair.
   */
  patch(
    key: string,
    pieces: AsyncIterable<Uint8Array>,
    repair: boolean,
  ): Promise<PatchAnswer>;
}

/** What came of a sync. */
export interface SyncOutcome {
  readonly oldBytes: number;
  readonly newBytes: number;
  /** Bytes of bodies, client to server. */
  readonly upBytes: number;
  /** Bytes of bodies, server to client. */
  readonly downBytes: number;
  readonly totals: Readonly<DeltaTotals>;
  readonly chunksOld: number;
  readonly chunksNew: number;
  readonly chunksMatched: number;
  readonly rttMs: number;
  /** The server's backend. */
  readonly serverBackend: string;
  /** What the server has to say to the user; empty mostly. */
  readonly notice: string;
  /** Times by stage, both ends, in ms. */
  readonly stages: Record<string, number>;
  /** The session digest, verified by the server. */
  readonly digest: Uint8Array;
}

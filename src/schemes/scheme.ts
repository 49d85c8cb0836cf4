import type { Session as SessionMessage } from "../../proto/gen/parasync_pb.ts";
import type { ChunkParameters } from "../chunking/parameters.ts";
import type { DeltaTotals } from "../delta/format.ts";
import type { HardwareChoice } from "../hashing/backend.ts";
import type { OpenFile } from "../files/open_file.ts";
import type { ModeName } from "../matching/mode_name.ts";
import type { StageClock, StageTime } from "../telemetry/stages.ts";
import type { FileReference } from "../workers/jobs.ts";
import type { LaneGroup } from "../workers/lane_group.ts";
import type { RecordKeeper, RecordOrigin } from "./record_keeper.ts";
import type { KnownSegments } from "./known_segments.ts";
import type { RefineOutcome } from "./refine_limits.ts";

/**
 * What proves that content which looks equal by its weak checksum is equal.
 *
 * `chunk`, the paper's order: the server answers with strong checksums and the client compares each chunk.
 * `target`: the server answers with places alone and hashes the target as it writes it; where the digest
 * says that a place was wrong, the client sends those segments whole. Each end hashes each byte once.
 */
export type Confirmation = "chunk" | "target";

/** Whether what the chunks have left is looked for in smaller blocks: where the line is slow, always, never. */
export type RefineChoice = "auto" | "on" | "off";

/** How literals are compressed. */
export interface CompressChoice {
  /** `auto`: where the line is slow, by the best coding that both ends have. */
  readonly coding: "auto" | "zstd" | "deflate" | "off";
  /** How hard to try; as the line is, where absent. */
  readonly level: number | undefined;
}

/** What the server says to a body of a patch. */
export interface PatchAnswer {
  /** Whether the target is committed. */
  readonly committed: boolean;
  /** Its times by stage, in ms. */
  readonly stages: Record<string, number>;
  /** Digests of the target's segments where the whole is not the new file; null where all is well. */
  readonly segments: Uint8Array | null;
}

/** What the server answers where it moves first. */
export interface SignatureAnswer {
  /** The session. */
  readonly session: SessionMessage;
  /** What the scheme makes of the basis, as it arrives. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What the client says of its file when it opens a session. */
export interface OpenedSession {
  /** Size of the new file in bytes. */
  readonly newSize: number;
  /** When it was last modified, nanoseconds since 1970, if the client said so. */
  readonly newMtimeNs: bigint | undefined;
}

/** What an interrupted sync has left of the target, at the server's end. */
export interface PartialTarget {
  /** Takes it over; null where that cannot be done, or the target is being built anew already. */
  adopt(): Promise<AdoptedTarget | null>;
}

/** A target that was begun by an interrupted sync and is being completed. Every segment must be held or cleared. */
export interface AdoptedTarget {
  /** What there is of it, as lanes open it; of the new file's size. */
  readonly reference: FileReference;
  /** The new file has this segment's content. */
  hold(segment: number): void;
  /** The new file has another one: it becomes zero, as what was not written must be. */
  clear(segment: number): Promise<void>;
}

/** The server's end of a session, before the patch. */
export interface BasisEnd {
  /** Names the session. */
  readonly key: string;
  /** The basis, as lanes open it; null where there is none. */
  readonly basis: FileReference | null;
  /** The sizes to cut by. */
  readonly parameters: ChunkParameters;
  /** Which backend the client asked for, which in some schemes says which checksums. */
  readonly hw: HardwareChoice;
  /** The parallel matching algorithm, for a scheme that has several. */
  readonly mode: ModeName;
  /** Keeps checksums of the basis's blocks, for schemes that work from them. */
  readonly keeper: RecordKeeper;
  /** Where digests of the basis's segments are noted when they are computed; absent: nobody asks for them again. */
  readonly known?: KnownSegments | undefined;
  /** Who works. */
  readonly lanes: LaneGroup;
  /** Where stages are timed. */
  readonly clock: StageClock;
  /** The backend really used. */
  readonly backend: string;
  /** What to tell the user; may be empty. */
  readonly notice: string;
  /** The longest body of a patch, in bytes. */
  readonly maxPatchBytes: number;
  /** What proves that content is equal: see {@linkcode Confirmation}. */
  readonly confirm: Confirmation;
  /** The most keys to take. */
  readonly maxKeys: number;
  /** The codings of a delta that this end reads, best first, such as "zstd,deflate". */
  readonly codings: string;
  /** Called with the first frame; may refuse. */
  readonly onOpen: (opened: OpenedSession) => void;
  /** Asked for after that: what an interrupted sync has left of the target; absent or null where there is nothing. */
  readonly partial?: (() => PartialTarget | null) | undefined;
  /** Stops the work. */
  readonly signal: AbortSignal;
}

/** The client's end of a scheme. */
export type SourceScheme = (end: SourceEnd, peer: Peer) => Promise<SyncOutcome>;

/** The server's end of a scheme in which the client moves first: frames in, frames out. */
export type KeyScheme = (
  end: BasisEnd,
  frames: AsyncIterable<Uint8Array>,
) => AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;

/** The server's end of a scheme in which the server moves first: what `GET /signature` answers. */
export type SignatureScheme = (
  end: BasisEnd,
) => AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;

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
  /** The parallel matching algorithm, for a scheme that has several. */
  readonly mode: ModeName;
  /** Whether what the chunks have left is looked for in smaller blocks. */
  readonly refine: RefineChoice;
  /** How literals are compressed. */
  readonly compress: CompressChoice;
  /** Keeps checksums of the new file's blocks, for schemes that work from them. */
  readonly keeper: RecordKeeper;
  /** Which backend was asked for, which in some schemes says which checksums. */
  readonly hw: HardwareChoice;
  /** Who works. */
  readonly lanes: LaneGroup;
  /** Lanes that leave the main thread free for sending, started when asked for; the same where there are none. */
  readonly lanesBeside: () => LaneGroup;
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
  /** Opens a session where the server moves first: `GET /signature`. */
  signature(): Promise<SignatureAnswer>;
  /** Confirms that the session's key has arrived: `POST /ack`. Resolves with the round trip in ms. */
  acknowledge(key: string): Promise<number>;
  /**
   * Resolves with the shortest round trip in ms of those that were measured since the session was opened.
   *
   * @param acknowledged The one that its acknowledgement takes.
   * @param short One that is shorter says enough, in ms.
   * @param calm Resolves when both ends are idle, so that one measured then says enough whatever it is.
   */
  roundTrip(acknowledged: Promise<number>, short: number, calm: Promise<void>): Promise<number>;
  /**
   * Asks for the checksums of a finer round: `POST /refine`.
   *
   * @param key The session's key.
   * @param frame The client's frame, its length first.
   * @returns The content of the server's frames, as they arrive.
   */
  refine(key: string, frame: Uint8Array<ArrayBuffer>): AsyncIterable<Uint8Array>;
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
  /**
   * When the server's stages were at work, as it said with its last such answer.
   *
   * @param origin From when to count, in ms of this process's clock.
   */
  timeline?(origin: number): readonly StageTime[];
}

/** What came of a sync. */
export interface SyncOutcome {
  readonly oldBytes: number;
  readonly newBytes: number;
  /** Bytes of bodies, client to server. */
  readonly upBytes: number;
  /** Bytes of bodies, server to client. */
  readonly downBytes: number;
  /** Those of the former that are the delta. */
  readonly deltaBytes: number;
  readonly totals: Readonly<DeltaTotals>;
  readonly chunksOld: number;
  readonly chunksNew: number;
  readonly chunksMatched: number;
  readonly rttMs: number;
  /** Bytes of the new file that the basis had at the same place, as digests of segments showed. */
  readonly unchangedBytes: number;
  /** Bytes of the new file that an interrupted sync had brought to the target. */
  readonly resumedBytes: number;
  /** What finer rounds came to. */
  readonly refined: RefineOutcome;
  /** How the delta was coded: `zstd`, `deflate`, or empty where it was not. */
  readonly coding: string;
  /** Bytes that this has spared. */
  readonly savedBytes: number;
  /** Where each end had its stored checksums from; empty where the scheme has none. */
  readonly checksums: { readonly client: RecordOrigin; readonly server: RecordOrigin };
  /** The server's backend. */
  readonly serverBackend: string;
  /** What the server has to say to the user; empty mostly. */
  readonly notice: string;
  /** Times by stage, both ends, in ms. */
  readonly stages: Record<string, number>;
  /** The session digest, verified by the server. */
  readonly digest: Uint8Array;
}

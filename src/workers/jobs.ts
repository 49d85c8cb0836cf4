import type { BlockChunks } from "../chunking/block_scanner.ts";
import type { ChunkParameters } from "../chunking/parameters.ts";
import type { CopyPieces, SegmentDigests } from "../delta/piece_applier.ts";
import type { FailureCode } from "../errors.ts";
import type { FileIdentity } from "../files/identity.ts";
import type { HardwareChoice } from "../hashing/backend.ts";

/** A file that a lane opens for itself: descriptors do not travel between threads. */
export interface FileReference {
  /** Its path. */
  readonly path: string;
  /** The name that messages call it by, which a peer may see. */
  readonly name: string;
  /** Which file must be found there; a changing target is known by device and inode alone. */
  readonly identity: FileIdentity;
  /** Its size in bytes. */
  readonly size: number;
  /** The turn to write to it, if it is a target under construction; null if it is only read. */
  readonly turn: SharedArrayBuffer | null;
}

/** Scan the next block of a chain. */
export interface ScanJob {
  readonly kind: "scan";
  readonly hw: HardwareChoice;
  readonly file: FileReference;
  readonly parameters: ChunkParameters;
  /** The state of the {@linkcode ScanChain}. */
  readonly chain: SharedArrayBuffer;
  readonly withSegment: boolean;
}

/** Compute strong checksums of chunks. */
export interface StrongJob {
  readonly kind: "strong";
  readonly hw: HardwareChoice;
  readonly file: FileReference;
  readonly offsets: Float64Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/** Copy pieces of the basis into the target. */
export interface ApplyJob extends CopyPieces {
  readonly kind: "apply";
  readonly hw: HardwareChoice;
  readonly basis: FileReference;
  readonly target: FileReference;
}

/** Read segments of the target back and hash them. */
export interface VerifyJob {
  readonly kind: "verify";
  readonly hw: HardwareChoice;
  readonly target: FileReference;
  readonly segments: Float64Array<ArrayBuffer>;
}

/** Close files that are done with. */
export interface ReleaseJob {
  readonly kind: "release";
  readonly files: readonly FileReference[];
}

/** Load what later jobs need, before the first one comes. */
export interface PrepareJob {
  readonly kind: "prepare";
  readonly hw: HardwareChoice;
}

/** Everything a lane can be asked for. */
export type Job = ScanJob | StrongJob | ApplyJob | VerifyJob | ReleaseJob | PrepareJob;

/** What each kind of job gives. */
export interface JobResults {
  scan: BlockChunks | null;
  strong: Uint8Array<ArrayBuffer>;
  apply: SegmentDigests;
  verify: SegmentDigests;
  release: null;
  prepare: null;
}

/** The result of a job of this type. */
export type JobResult<J extends Job> = JobResults[J["kind"]];

/** A lane worker's answer to one job, in the order the jobs came. */
export type LaneAnswer =
  | { readonly result: JobResults[keyof JobResults] }
  | { readonly failure: { readonly code: FailureCode; readonly message: string } };

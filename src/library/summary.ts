/** What a sync did. */
export interface Summary {
  /** Who chunked and hashed what. */
  readonly scheme: string;
  /** The parallel matching algorithm, by name; empty for a scheme without. */
  readonly mode: string;
  /** Threads of this end. */
  readonly threads: number;
  /** The backend that was asked for. */
  readonly hwRequested: string;
  /** The backend that this end really used. */
  readonly hwClient: string;
  /** The backend that the server says it used. */
  readonly hwServer: string;
  /** Size of the basis in bytes. */
  readonly oldBytes: number;
  /** Size of the new file in bytes. */
  readonly newBytes: number;
  /** Bytes of bodies sent to the server. */
  readonly wireUpBytes: number;
  /** Bytes of bodies received from it. */
  readonly wireDownBytes: number;
  /** Bytes of the target that were noticed to be unchanged before any chunk of them was asked about. */
  readonly unchangedBytes: number;
  /** Bytes of the target that an interrupted sync had brought there, which were not sent again. */
  readonly resumedBytes: number;
  /** Bytes of the target that finer rounds found in the basis. */
  readonly refinedBytes: number;
  /** How many finer rounds there were. */
  readonly refineRounds: number;
  /** Bytes of bodies, both ways, that they took. */
  readonly refineWireBytes: number;
  /** Bytes of the delta, as they were sent. */
  readonly deltaBytes: number;
  /** How the delta was compressed: `zstd`, `deflate`, or empty where it was not. */
  readonly coding: string;
  /** Bytes that this has spared. */
  readonly codingSavedBytes: number;
  /** Bytes of the target taken from the basis. */
  readonly copiedBytes: number;
  /** Bytes of the target sent as they are, before compression. */
  readonly literalBytes: number;
  /** Bytes of the target that are zeros and were neither sent nor taken from the basis. */
  readonly zeroBytes: number;
  /** Copies in the delta. */
  readonly copies: number;
  /** Literals in the delta. */
  readonly literals: number;
  /** Chunks of the basis. */
  readonly chunksOld: number;
  /** Chunks of the new file; of stretches that were unchanged and needed no cutting, one for each MiB. */
  readonly chunksNew: number;
  /** Chunks of the new file that the basis has. */
  readonly chunksMatched: number;
  /** Wall time of the whole sync in milliseconds. */
  readonly elapsedMs: number;
  /** A round trip to the server in milliseconds; `null` where none was measured. */
  readonly rttMs: number | null;
  /** Wall time of each stage in milliseconds; stages overlap. */
  readonly stages: Readonly<Record<string, number>>;
  /** The new file's digest in hexadecimal. */
  readonly digest: string;
  /** How the digest is made: `session` or `blake3`. */
  readonly digestKind: string;
  /** Where this end had its file's block checksums from: `stored`, `computed`, or empty where it has none. */
  readonly checksumsClient: string;
  /** The same at the server. */
  readonly checksumsServer: string;
  /** The most memory that this process has held, in bytes; `null` where the system does not say. */
  readonly peakRssBytes: number | null;
  /** Whether the sync was only tried out: then nothing was written, and no literals were sent. */
  readonly dryRun: boolean;
  /** The line that was asked about, such as `100mbit-40ms`; empty where none was. */
  readonly line: string;
  /** How often one end would wait for the other; `null` where the sync was done. */
  readonly roundTrips: number | null;
  /**
   * How long the sync would take on that line, in milliseconds: its bytes one way, then those the other way, and its
   * round trips, without the work at both ends; `null` where no line was asked about.
   */
  readonly estimatedMs: number | null;
  /** Whether the result was checked against the digest. */
  readonly verified: boolean;
  /** The name of the file that was written, or would be; empty where the result was not to be kept. */
  readonly target: string;
}

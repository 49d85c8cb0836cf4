import type { BasisEnd } from "./scheme.ts";

/** What the server says of a session as it opens: the fields of the message `Session`. */
export interface SessionFields {
  readonly requestKey: string;
  readonly basisSize: bigint;
  readonly basisExists: boolean;
  readonly backend: string;
  readonly threads: number;
  readonly maxPatchBytes: bigint;
  readonly notice: string;
  readonly deltaVersion: number;
  readonly codings: string;
  readonly refines: boolean;
  readonly partial: boolean;
}

/**
 * The message `Session` of a server's end.
 *
 * @param end The server's end.
 * @param partial Whether an interrupted sync has left something of the target.
 */
export function sessionMessage(end: BasisEnd, partial = false): SessionFields {
  const { key, basis, backend, lanes, maxPatchBytes, notice, codings } = end;
  return {
    requestKey: key,
    basisSize: BigInt(basis?.size ?? 0),
    basisExists: basis !== null,
    backend,
    threads: lanes.threads,
    maxPatchBytes: BigInt(maxPatchBytes),
    notice,
    deltaVersion: 2,
    codings,
    refines: true,
    partial,
  };
}

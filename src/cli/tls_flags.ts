import { ParasyncError } from "../errors.ts";
import type { Logger } from "../telemetry/log.ts";
import type { TlsIdentity } from "../transport/tls_identity.ts";

/** The flags that have a server speak TLS. */
export interface TlsFlags {
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}

/**
 * What a server proves who it is by.
 *
 * @param flags The files.
 * @param logger Takes what will be trouble.
 * @returns Undefined where it is to speak plain HTTP.
 * @throws {ParasyncError} `usage` for one without the other, and what keeps a file from being used.
 */
export async function tlsIdentity(
  { tlsCert, tlsKey }: TlsFlags,
  logger: Logger,
): Promise<TlsIdentity | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsKey === undefined) {
    throw new ParasyncError(
      "usage",
      "Cannot use --tls-cert: it takes the private key too (--tls-key)",
    );
  }
  if (tlsCert === undefined) {
    throw new ParasyncError(
      "usage",
      "Cannot use --tls-key: it takes the certificate too (--tls-cert)",
    );
  }
  const { readTlsFiles } = await import("../library/tls_files.ts");
  return readTlsFiles(tlsCert, tlsKey, logger);
}

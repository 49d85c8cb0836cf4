import { X509Certificate } from "node:crypto";
import { ParasyncError } from "../errors.ts";
import { displayName } from "../files/file_error.ts";
import type { Logger } from "../telemetry/log.ts";
import type { TlsIdentity } from "../transport/tls_identity.ts";
import { readPem, requireCertificates } from "./pem_file.ts";

/** How long before a certificate's end the log says so, in ms. */
const SOON_MS = 14 * 86_400_000;

/**
 * Reads a server's certificate and key, and warns of what will be trouble.
 *
 * @param certificateFile The certificate in PEM, the server's own first.
 * @param keyFile Its private key in PEM.
 * @param logger Takes the warnings.
 * @returns Both.
 * @throws {ParasyncError} What keeps a file from being used; that the two belong together is seen when they are used.
 */
export function readTlsFiles(
  certificateFile: string,
  keyFile: string,
  logger: Logger,
): TlsIdentity {
  const cert = readPem(certificateFile, "read certificate");
  const [own] = requireCertificates(cert, certificateFile, "certificate");
  const key = readPem(keyFile, "read private key");
  const reason = whyNoKey(key);
  if (reason !== undefined) {
    throw new ParasyncError("usage", `Cannot use private key ${displayName(keyFile)}: ${reason}`);
  }
  if (othersCanRead(keyFile)) {
    logger.warn("Others can read the private key; chmod 600 it", { file: keyFile });
  }
  const until = endOf(own!);
  if (until < Date.now()) {
    logger.warn("The certificate has expired: no client will accept it", { file: certificateFile });
  } else if (until < Date.now() + SOON_MS) {
    const expires = new Date(until).toISOString();
    logger.warn("The certificate will expire soon", { file: certificateFile, expires });
  }
  return { cert, key };
}

function whyNoKey(text: string): string | undefined {
  if (/-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/.test(text)) {
    return text.includes("Proc-Type: 4,ENCRYPTED") ? "it is encrypted" : undefined;
  }
  if (text.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----")) return "it is encrypted";
  return "it holds no private key in PEM";
}

function othersCanRead(file: string): boolean {
  const mode = Deno.statSync(file).mode ?? 0;
  return Deno.build.os !== "windows" && (mode & 0o077) !== 0;
}

function endOf(certificate: string): number {
  const until = Date.parse(new X509Certificate(certificate).validTo);
  // What cannot be read is for the client to judge.
  return Number.isNaN(until) ? Infinity : until;
}

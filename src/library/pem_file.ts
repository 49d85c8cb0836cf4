import { X509Certificate } from "node:crypto";
import { ParasyncError } from "../errors.ts";
import { asFileError, displayName } from "../files/file_error.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** More than any chain or list of authorities has. */
const MOST_BYTES = 16 << 20;

/**
 * Reads a file of PEM.
 *
 * @param file The file.
 * @param verb What cannot be done where that fails, for example "read certificate".
 * @returns Its text.
 * @throws {ParasyncError} Where it cannot be read.
 */
export function readPem(file: string, verb: string): string {
  try {
    if (Deno.statSync(file).size > MOST_BYTES) {
      throw new ParasyncError(
        "file_selection",
        `Cannot ${verb} ${displayName(file)}: it is too large`,
      );
    }
    return Deno.readTextFileSync(file);
  } catch (error) {
    throw asFileError(error, verb, file);
  }
}

/**
 * The certificates in a file. The runtime takes a file without any for one with none, and then believes nobody.
 *
 * @param text The file's text.
 * @param file Its name.
 * @param what What it is to hold.
 * @returns At least one.
 * @throws {ParasyncError} `usage` where there is none, or a damaged one.
 */
export function requireCertificates(text: string, file: string, what: string): readonly string[] {
  const found = text.match(CERTIFICATE) ?? [];
  const refuse = (reason: string): ParasyncError =>
    new ParasyncError("usage", `Cannot use ${what} ${displayName(file)}: ${reason}`);
  if (found.length === 0) throw refuse("it holds no certificate in PEM");
  for (const certificate of found) {
    try {
      new X509Certificate(certificate);
    } catch {
      throw refuse("a certificate in it is damaged");
    }
  }
  return found;
}

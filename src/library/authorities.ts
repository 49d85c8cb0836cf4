import { readPem, requireCertificates } from "./pem_file.ts";

/**
 * Reads the certificates of authorities whom a client is to believe.
 *
 * @param file In PEM, one or several.
 * @returns Each of them.
 * @throws {ParasyncError} What keeps the file from being used.
 */
export function readAuthorities(file: string): readonly string[] {
  return requireCertificates(readPem(file, "read authority"), file, "authority");
}

/**
 * What `--ca` names.
 *
 * @param file The file, if there is one.
 * @returns The certificates in it, in PEM.
 * @throws {ParasyncError} What keeps it from being used.
 */
export async function authoritiesIn(file: string | undefined): Promise<readonly string[]> {
  if (file === undefined) return [];
  // Loaded where it is needed alone: it takes as long as a short push.
  const { readAuthorities } = await import("../library/authorities.ts");
  return readAuthorities(file);
}

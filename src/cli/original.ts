/** The original's programs: one server, client and test for each scheme, by its names. */
import { SCHEME_NAMES, type SchemeName } from "../schemes/scheme_name.ts";

/** A server of one scheme. */
export type OriginalServer = `${SchemeName}_http_server`;
/** A client of one scheme. */
export type OriginalClient = `${SchemeName}_http_client`;
/** Both ends of one scheme in one process. */
export type OriginalTest = `${SchemeName}_test`;
/** A program of the original. */
export type OriginalProgram = OriginalServer | OriginalClient | OriginalTest;

/** What follows the scheme in the names of each kind. */
export const ORIGINAL_ENDINGS = ["_http_server", "_http_client", "_test"] as const;
/** What follows the scheme in a program's name. */
export type OriginalEnding = typeof ORIGINAL_ENDINGS[number];

/** The servers. */
export const ORIGINAL_SERVERS: readonly OriginalServer[] = SCHEME_NAMES
  .map((scheme): OriginalServer => `${scheme}_http_server`);
/** The clients. */
export const ORIGINAL_CLIENTS: readonly OriginalClient[] = SCHEME_NAMES
  .map((scheme): OriginalClient => `${scheme}_http_client`);
/** The tests. */
export const ORIGINAL_TESTS: readonly OriginalTest[] = SCHEME_NAMES
  .map((scheme): OriginalTest => `${scheme}_test`);

/** The scheme of one of the original's programs; undefined for any other name. */
export function schemeOfProgram(name: string): SchemeName | undefined {
  const match = /^(\w+?)_(?:http_server|http_client|test)$/.exec(name);
  return SCHEME_NAMES.find((scheme) => scheme === match?.[1]);
}

/** The same value for each of the names. */
export function forEach<Name extends string, Value>(
  names: readonly Name[],
  value: Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, value])) as Record<Name, Value>;
}

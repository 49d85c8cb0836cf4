import { camelCase } from "../flag_spec.ts";
import { type Summary, SUMMARY_SCHEMA } from "./summary.ts";

/**
 * The summary that a line of JSON holds, as another process of this program printed it.
 *
 * @param record The line, parsed.
 * @returns The summary; null for any other record, or one of another schema.
 */
export function summaryFrom(record: Readonly<Record<string, unknown>>): Summary | null {
  const { type, schema, ...named } = record;
  if (type !== "summary" || schema !== SUMMARY_SCHEMA) return null;
  const fields = Object.entries(named).map(([name, value]) => [camelCase(name), value] as const);
  // What summaryJson has written, which is what the schema's number says.
  return Object.fromEntries(fields) as unknown as Summary;
}

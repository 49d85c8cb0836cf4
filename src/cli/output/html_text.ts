import { printable } from "../../telemetry/printable.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Makes a file name or any other text safe to stand in a page, as content or as an attribute's value in quotes;
 * what is unprintable becomes a visible escape.
 *
 * @param text Any text.
 */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

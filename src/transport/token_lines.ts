import { FULL_GRANT, type Grant } from "./grant.ts";

/** More would be for something that looks tokens up. */
const MOST_TOKENS = 1000;

/** Where in a file of tokens a line is wrong; the line itself may be a secret. */
export interface TokenLineProblem {
  /** From 1. */
  readonly line: number;
  readonly problem: string;
}

/** A token, and what it opens. */
export interface TokenEntry {
  readonly token: string;
  readonly grant: Grant;
}

/**
 * Reads a file of tokens: one a line, each with `read-only`, `prefix=/FOLDER/` and `name=WORD` after it, or none of
 * these. Empty lines, and those that begin with `#`, are left out.
 *
 * @param text The file's content.
 * @returns The tokens in order, or what is wrong.
 */
export function readTokenLines(text: string): readonly TokenEntry[] | TokenLineProblem {
  const entries: TokenEntry[] = [];
  const seen = new Set<string>();
  for (const [place, raw] of text.replace(/^\ufeff/, "").split(/\r?\n/).entries()) {
    const words = raw.trim().split(/[ \t]+/);
    const token = words.shift()!;
    if (token === "" || token.startsWith("#")) continue;
    const line = place + 1;
    if (!/^[\x21-\x7e]{1,4096}$/.test(token)) {
      return { line, problem: "a token must be 1 to 4096 printable characters without spaces" };
    }
    if (seen.has(token)) return { line, problem: "the token stands there twice" };
    if (entries.length === MOST_TOKENS) {
      return { line, problem: `there are more than ${MOST_TOKENS} tokens` };
    }
    seen.add(token);
    const grant = grantFrom(words, `line ${line}`);
    if (typeof grant === "string") return { line, problem: grant };
    entries.push({ token, grant });
  }
  return entries;
}

/** What the words after a token grant, or what is wrong with them. */
function grantFrom(words: readonly string[], standardName: string): Grant | string {
  let grant: Grant = { ...FULL_GRANT, name: standardName };
  const given = new Set<string>();
  for (const word of words) {
    const [key, ...rest] = word.split("=");
    const value = rest.join("=");
    if (given.has(key!)) return `${key} stands there twice`;
    if (word === "read-only") grant = { ...grant, readOnly: true };
    else if (key === "prefix" && rest.length > 0) {
      const within = componentsOf(value);
      if (within === undefined) return "prefix= must be a path such as /images/, as in a URL";
      grant = { ...grant, within };
    } else if (key === "name" && /^[A-Za-z0-9._@-]{1,64}$/.test(value)) {
      grant = { ...grant, name: value };
    } else {
      return "after a token without spaces there may be read-only, prefix=/FOLDER/ and name=WORD " +
        "(letters, digits or ._@-)";
    }
    given.add(key!);
  }
  return grant;
}

function componentsOf(path: string): readonly string[] | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (!decoded.startsWith("/") || /[\0\\]/.test(decoded)) return undefined;
  const components = decoded.replace(/^\/|\/$/g, "").split("/");
  if (decoded === "/") return [];
  const odd = components.some((part) => part === "" || part === "." || part === "..");
  return odd ? undefined : components;
}

import type { FailureCode } from "../../errors.ts";

/** How a check ended: well; with something to know or to better; or with something that keeps a sync from working. */
export type CheckStatus = "ok" | "note" | "problem";

/** Figures of a check, for scripts; in JSON their names are in snake case. */
export type Figures = Readonly<Record<string, string | number | boolean | null>>;

/** One thing that was looked at. */
export interface Check {
  /** Its stable name, for scripts. */
  readonly name: string;
  /** A word or two for people, below the section's title. */
  readonly label: string;
  readonly status: CheckStatus;
  /** What was found, a line. */
  readonly text: string;
  readonly figures: Figures;
  /** What a person can do about it, a line; empty where there is nothing to do. */
  readonly advice: string;
  /** What a sync would end with; null where it would work. */
  readonly code: FailureCode | null;
}

/** Checks that belong together. */
export interface Section {
  readonly title: string;
  readonly checks: readonly Check[];
}

/** What a check is about. */
export type Subject = readonly [name: string, label: string];

/** A check that ended well. */
export function ok([name, label]: Subject, text: string, figures: Figures = {}): Check {
  return { name, label, status: "ok", text, figures, advice: "", code: null };
}

/** A check that found something worth knowing. */
export function note(
  [name, label]: Subject,
  text: string,
  advice: string,
  figures: Figures = {},
): Check {
  return { name, label, status: "note", text, figures, advice, code: null };
}

/** A check that found what keeps a sync from working. */
export function problem(
  [name, label]: Subject,
  code: FailureCode,
  text: string,
  advice: string,
  figures: Figures = {},
): Check {
  return { name, label, status: "problem", text, figures, advice, code };
}

/** The reason in a message of the form "Cannot <verb> <thing>: <reason>". */
export function reasonIn(message: string): string {
  return message.replace(/^Cannot .*?: /, "");
}

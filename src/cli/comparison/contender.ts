import { ParasyncError } from "../../errors.ts";
import { type ModeName, MODES } from "../../matching/mode_name.ts";
import { SCHEME_NAMES, type SchemeName, SCHEMES } from "../../schemes/scheme_name.ts";
import { printable } from "../../telemetry/printable.ts";
import { nearestName } from "../nearest.ts";

/** A way to sync that is compared with others. */
export interface Contender {
  /** The scheme, and behind a slash the mode where there are several: `parasync/streaming`. */
  readonly name: string;
  readonly scheme: SchemeName;
  /** The parallel matching algorithm; undefined for a scheme without. */
  readonly mode: ModeName | undefined;
}

/** Every scheme, in every mode that it has. */
export const CONTENDERS: readonly Contender[] = SCHEME_NAMES.flatMap((scheme) =>
  SCHEMES[scheme].modes
    ? MODES.map((mode): Contender => ({ name: `${scheme}/${mode}`, scheme, mode }))
    : [{ name: scheme, scheme, mode: undefined }]
);

/**
 * The contenders that `--schemes` names.
 *
 * @param text `all`, or names with commas between them: of a scheme, which means all of its modes, or of one
 * contender.
 * @returns Each once, in the order of {@linkcode CONTENDERS}.
 * @throws {ParasyncError} `usage` for a name that is neither.
 */
export function contendersFor(text: string): Contender[] {
  const words = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
  if (words.length === 0) throw unknown(text, "it names no scheme");
  const chosen = new Set<Contender>();
  for (const word of words) {
    const meant = CONTENDERS.filter(({ name, scheme }) =>
      word === "all" || word === scheme || word === name
    );
    if (meant.length === 0) {
      const names = CONTENDERS.flatMap(({ name, scheme }) => [name, scheme]);
      const near = nearestName(word, [...names, "all"]);
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      throw unknown(word, `there is no such scheme${hint}`);
    }
    for (const contender of meant) chosen.add(contender);
  }
  return CONTENDERS.filter((contender) => chosen.has(contender));
}

function unknown(text: string, reason: string): ParasyncError {
  return new ParasyncError("usage", `Cannot use --schemes=${printable(text, 80)}: ${reason}`);
}

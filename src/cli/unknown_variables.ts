import { printable } from "../telemetry/printable.ts";
import { environmentVariable } from "./flag_spec.ts";
import { FLAGS } from "./flags.ts";
import { nearestName } from "./nearest.ts";

const PREFIX = "PARASYNC_";

/** Variables that are no flag's. */
const OTHERS = ["TOKEN", "LIBISAL", "LIBBLAKE3", "FAILPOINT"];

/**
 * What to say of variables that look like ours and are not: a setting that was misspelt is one that is not made.
 *
 * @param names Of all variables that are set.
 * @returns A line for each.
 */
export function adviseVariables(names: readonly string[]): string[] {
  const known = new Set(OTHERS.map((name) => PREFIX + name));
  for (const [name, spec] of Object.entries(FLAGS)) {
    const aliases: readonly string[] = "aliases" in spec ? spec.aliases : [];
    for (const each of [name, ...aliases]) known.add(environmentVariable(each));
  }
  return names
    .filter((name) => name.startsWith(PREFIX) && !known.has(name))
    .map((name) => {
      // Without what they all begin with, by which anything would be near.
      const endings = [...known].map((each) => each.slice(PREFIX.length));
      const near = nearestName(name.slice(PREFIX.length), endings);
      const hint = near === undefined ? "" : `; did you mean ${PREFIX}${near}?`;
      return `${printable(name, 80)} sets nothing: there is no such flag${hint}`;
    });
}

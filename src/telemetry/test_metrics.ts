/** A family of metrics as a reader of the text format sees it. */
export interface ReadFamily {
  readonly help: string;
  readonly type: string;
  /** Values by name and labels as they stand, such as `x_total{code="busy"}`. */
  readonly samples: Map<string, number>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"`;
const SAMPLE = new RegExp(
  `^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]\\d+)?|[+-]Inf|NaN)$`,
);

/**
 * Reads Prometheus' text format 0.0.4 by its grammar, and holds histograms to what they promise.
 *
 * @param text The text.
 * @returns The families by name.
 * @throws {Error} For the first line that is against it.
 */
export function readMetrics(text: string): Map<string, ReadFamily> {
  if (!text.endsWith("\n")) throw new Error("The last line does not end");
  const families = new Map<string, ReadFamily>();
  let name = "";
  let help: string | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const wrong = (): Error => new Error(`Against the format: ${line}`);
    const told = /^# HELP (\S+) (.+)$/.exec(line);
    const typed = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (told !== null) {
      [name, help] = [told[1]!, told[2]!];
      if (families.has(name)) throw wrong();
    } else if (typed !== null) {
      if (typed[1] !== name || help === undefined) throw wrong();
      families.set(name, { help, type: typed[2]!, samples: new Map() });
      help = undefined;
    } else {
      const sample = SAMPLE.exec(line);
      const family = families.get(name);
      if (sample === null || family === undefined) throw wrong();
      const base = family.type === "histogram"
        ? sample[1]!.replace(/_(bucket|sum|count)$/, "")
        : sample[1]!;
      const series = sample[1]! + (sample[2] ?? "");
      if (base !== name || family.samples.has(series)) throw wrong();
      if ((family.type === "counter") !== name.endsWith("_total")) throw wrong();
      family.samples.set(series, Number(sample[3]!.replace("Inf", "Infinity")));
    }
  }
  for (const [of, { type, samples }] of families) {
    if (type === "histogram") requireHistogram(of, samples);
  }
  return families;
}

/** Buckets grow, and the last one has everything. */
function requireHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  let below = 0;
  for (const [series, value] of samples) {
    const bound = /le="([^"]+)"\}$/.exec(series)?.[1];
    if (bound === undefined) continue;
    if (value < below) throw new Error(`A bucket has less than the one before it: ${series}`);
    below = bound === "+Inf" ? 0 : value;
    if (bound !== "+Inf") continue;
    const labels = series.slice(`${name}_bucket{`.length).replace(/,?le="\+Inf"\}$/, "");
    const count = samples.get(`${name}_count${labels === "" ? "" : `{${labels}}`}`);
    if (count !== value) throw new Error(`${series} is not the count, ${count}`);
  }
}

/** The content type of {@linkcode Metrics.render}: Prometheus' text format. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Values of a family's labels, in the order of their names. */
type Labels = readonly string[];

/** A number with the values of its labels. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Only grows. */
export interface Counter {
  /** Adds to the number with these labels; `more` is at least 0. */
  add(more: number, ...labels: Labels): void;
}

/** How often values fell below each of several bounds. */
export interface Histogram {
  /** Counts a value. */
  observe(value: number, ...labels: Labels): void;
}

/** What all metrics of one name have in common. */
export interface FamilyOptions {
  readonly name: string;
  /** What it counts, a line. */
  readonly help: string;
  /** Names of its labels; absent: none. Their values come from small closed sets, since each is kept for ever. */
  readonly labels?: readonly string[];
}

interface Family extends FamilyOptions {
  readonly type: "counter" | "gauge" | "histogram";
  /** Its lines, without a line feed. */
  readonly lines: () => string[];
}

/**
 * The metrics of a process, as Prometheus reads them (text format 0.0.4). Counters and histograms are told
 * what happens; gauges are asked when somebody looks.
 */
export class Metrics {
  readonly #families: Family[] = [];

  /**
   * A new counter.
   *
   * @param options Its name, which ends in `_total`, and the rest.
   */
  counter(options: FamilyOptions): Counter {
    const { name, labels = [] } = options;
    const series = new Map<string, number>();
    // One without labels is there from the beginning, so that a rate over its first event can be taken.
    if (labels.length === 0) series.set("", 0);
    this.#families.push({
      ...options,
      type: "counter",
      lines: () => [...series].map(([pairs, value]) => `${name}${braced(pairs)} ${number(value)}`),
    });
    return {
      add(more, ...values): void {
        const pairs = labelPairs(labels, values);
        series.set(pairs, (series.get(pairs) ?? 0) + more);
      },
    };
  }

  /**
   * A new gauge.
   *
   * @param options Its name and the rest.
   * @param read Gives its value, or one for each of its labels; undefined where it cannot be known.
   */
  gauge(
    options: FamilyOptions,
    read: () => number | readonly Sample[] | undefined,
  ): void {
    this.#read("gauge", options, read);
  }

  /** As {@linkcode Metrics.gauge}, for what something else counts and only grows. */
  total(options: FamilyOptions, read: () => number | readonly Sample[] | undefined): void {
    this.#read("counter", options, read);
  }

  #read(
    type: Family["type"],
    options: FamilyOptions,
    read: () => number | readonly Sample[] | undefined,
  ): void {
    const { name, labels = [] } = options;
    this.#families.push({
      ...options,
      type,
      lines: () => {
        const value = read() ?? [];
        const samples = typeof value === "number" ? [{ labels: [], value }] : value;
        return samples.map((sample) =>
          `${name}${braced(labelPairs(labels, sample.labels))} ${number(sample.value)}`
        );
      },
    });
  }

  /**
   * A new histogram.
   *
   * @param options Its name, which ends in its unit, and the rest.
   * @param bounds The upper bounds of its buckets, ascending; one without a bound is added.
   */
  histogram(options: FamilyOptions, bounds: readonly number[]): Histogram {
    const { name, labels = [] } = options;
    const series = new Map<string, { readonly counts: number[]; sum: number; count: number }>();
    this.#families.push({
      ...options,
      type: "histogram",
      lines: () =>
        [...series].flatMap(([pairs, { counts, sum, count }]) => {
          const more = pairs === "" ? "" : `${pairs},`;
          let below = 0;
          return [
            ...bounds.map((bound, place) => {
              below += counts[place]!;
              return `${name}_bucket{${more}le="${number(bound)}"} ${below}`;
            }),
            `${name}_bucket{${more}le="+Inf"} ${count}`,
            `${name}_sum${braced(pairs)} ${number(sum)}`,
            `${name}_count${braced(pairs)} ${count}`,
          ];
        }),
    });
    return {
      observe(value, ...values): void {
        const pairs = labelPairs(labels, values);
        let entry = series.get(pairs);
        if (entry === undefined) {
          entry = { counts: bounds.map(() => 0), sum: 0, count: 0 };
          series.set(pairs, entry);
        }
        const place = bounds.findIndex((bound) => value <= bound);
        if (place >= 0) entry.counts[place]!++;
        entry.sum += value;
        entry.count++;
      },
    };
  }

  /** All of them as text; a family of which nothing is known yet is left out. */
  render(): string {
    let text = "";
    for (const { name, help, type, lines } of this.#families) {
      const samples = lines();
      if (samples.length === 0) continue;
      const told = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
      text += `# HELP ${name} ${told}\n# TYPE ${name} ${type}\n${samples.join("\n")}\n`;
    }
    return text;
  }
}

function labelPairs(names: readonly string[], values: Labels): string {
  return names.map((name, place) => `${name}="${escapeLabel(values[place] ?? "")}"`).join(",");
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function braced(pairs: string): string {
  return pairs === "" ? "" : `{${pairs}}`;
}

function number(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

/** A time at each end, in ms. */
export interface EndTimes {
  readonly client: number;
  readonly server: number;
}

/** The times of a sync's stages under names that all schemes share, in ms. Stages may overlap. */
export interface StageTimes {
  /** Cutting a file or its blocks, and weak checksums; at the server of rsync strong ones as well. */
  readonly chunk: EndTimes;
  /** Looking weak checksums up and comparing strong ones; at the client of rsync the search. */
  readonly match: EndTimes;
  /** From the delta's first byte at the server until it is applied; the client makes it meanwhile. */
  readonly apply: number;
  /** Comparing the digest, and putting the result in its place. */
  readonly commit: number;
}

/**
 * Brings a scheme's own stages under those names.
 *
 * @param stages The stages of a summary.
 */
export function stageTimesOf(stages: Readonly<Record<string, number>>): StageTimes {
  const first = (...names: readonly string[]): number => {
    const name = names.find((each) => stages[each] !== undefined);
    return name === undefined ? 0 : stages[name]!;
  };
  const stored = (end: string): string[] => [
    `${end} checksums-stored`,
    `${end} checksums-computed`,
  ];
  return {
    // Where an end chunks, its block checksums are a part of that.
    chunk: {
      client: first("client chunk", ...stored("client")),
      server: first("server chunk", "server signature", ...stored("server")),
    },
    match: {
      client: first("client search", "client match"),
      server: first("server match"),
    },
    apply: first("server receive"),
    commit: first("server verify") + first("server commit"),
  };
}

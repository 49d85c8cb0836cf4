/** What everything that reads or writes rdiff's files is told. */
export interface FileTask {
  /** Whether the result is on the disk before it is reported. */
  readonly fsync: boolean;
  /** Stops the work. */
  readonly signal: AbortSignal;
  /** Told, in a line, what works otherwise than asked for. */
  readonly warn: (problem: string) => void;
}

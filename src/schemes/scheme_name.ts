/** The six systems of the ParaSync artifact (FAST'26), by the names of its programs. */
export const SCHEME_NAMES = [
  "rsync",
  "dsync",
  "skysync_f",
  "skysync_c",
  "pdsync",
  "parasync",
] as const;

/** The name of a scheme. */
export type SchemeName = typeof SCHEME_NAMES[number];

/** Whether `name` is a scheme. */
export function isSchemeName(name: string): name is SchemeName {
  return (SCHEME_NAMES as readonly string[]).includes(name);
}

/** What is known of a scheme without loading it. */
export interface SchemeTraits {
  /** What it does, in a line without a full stop. */
  readonly title: string;
  /** Who moves first: the client with its keys (`POST /csums_queue`), or the server with its signature. */
  readonly opens: "csums_queue" | "signature";
  /** Where the delta's commands may go: anywhere, or one behind the other ("relative offsets"). */
  readonly order: "any" | "target";
  /** Whether each end works on a file with one thread alone, whatever it is offered. */
  readonly serial: boolean;
  /** Whether it has the parallel matching algorithms to choose from (`mode`). */
  readonly modes: boolean;
}

/** The traits of every scheme. */
export const SCHEMES: Readonly<Record<SchemeName, SchemeTraits>> = {
  rsync: {
    title: "fixed blocks, a rolling checksum at the client (librsync's formats)",
    opens: "signature",
    order: "target",
    serial: true,
    modes: false,
  },
  dsync: {
    title: "content-defined chunks, both ends serial (MSST'20)",
    opens: "csums_queue",
    order: "target",
    serial: true,
    modes: false,
  },
  "skysync_f": {
    title: "fixed blocks whose checksums the storage keeps (SkySync, FAST'26)",
    opens: "signature",
    order: "target",
    serial: true,
    modes: false,
  },
  "skysync_c": {
    title: "content-defined chunks, weak checksums derived from stored ones (SkySync, FAST'26)",
    opens: "csums_queue",
    order: "target",
    serial: true,
    modes: false,
  },
  pdsync: {
    title: "dsync with parallel chunking by bitmap and parallel matching (the paper's baseline)",
    opens: "csums_queue",
    order: "target",
    serial: false,
    modes: false,
  },
  parasync: {
    title: "everything in parallel and overlapped, absolute offsets (ParaSync, FAST'26)",
    opens: "csums_queue",
    order: "any",
    serial: false,
    modes: true,
  },
};

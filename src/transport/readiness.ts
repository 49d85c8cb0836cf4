import { artefactPath, newSessionKey } from "../files/artefact.ts";
import { asFileError } from "../files/file_error.ts";
import { fs } from "../node.ts";

/** How long an answer holds, in ms: whoever asks often must not keep the disk busy. */
const HOLDS_MS = 2_000;

/** More than what a file system keeps beside a file's name. */
const TRIAL_BYTES = 64 << 10;

/** Whether a server can take a sync now: it is not stopping, and its root can be written and has room. */
export class Readiness {
  /** Set when the server takes no more requests. */
  stopping = false;
  readonly #directory: string;
  #checkedAt = -Infinity;
  #reason: string | null = null;

  /** @param directory The root, a real path. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Why the server cannot take a sync, a line; null where it can. */
  get reason(): string | null {
    if (this.stopping) return "Cannot sync now: the server is stopping";
    const now = performance.now();
    if (now - this.#checkedAt >= HOLDS_MS) {
      this.#reason = tryToWrite(this.#directory);
      this.#checkedAt = now;
    }
    return this.#reason;
  }
}

/** What a file system says of itself is not what it does: a quota, for one, shows only when something is written. */
function tryToWrite(directory: string): string | null {
  const path = artefactPath(directory, newSessionKey(), "new");
  try {
    const fd = fs.openSync(path, "wx", 0o600);
    try {
      for (let at = 0; at < TRIAL_BYTES;) {
        at += fs.writeSync(fd, new Uint8Array(TRIAL_BYTES - at), 0, TRIAL_BYTES - at, at);
      }
    } finally {
      fs.closeSync(fd);
      fs.rmSync(path, { force: true });
    }
    return null;
  } catch (error) {
    return asFileError(error, "write to", "the root").message;
  }
}

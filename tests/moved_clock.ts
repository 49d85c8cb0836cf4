import fs from "node:fs";
import type { StartOptions } from "./program.ts";

/** Debian's, for each processor that Deno runs on. */
const LIBRARY = Deno.build.os === "linux"
  ? `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketimeMT.so.1`
  : "";

/** What tests that need one add to their names: why they are skipped, or nothing. */
export const CLOCK_ONLY: string = fs.existsSync(LIBRARY) ? "" : " [skipped: needs libfaketime]";

/**
 * A clock that a program goes by, and that is put forward or back while it runs. The files' times stay those of the
 * system, as with a file server's; what counts on from the program's start does not move.
 */
export class MovedClock {
  /** Starts a program that goes by it. */
  readonly options: StartOptions;
  readonly #path: string;

  /**
   * @param path A file for it, which is not there.
   * @param offset By how much it is wrong at first, such as "+0".
   */
  constructor(path: string, offset: string) {
    this.#path = path;
    this.put(offset);
    this.options = {
      env: {
        LD_PRELOAD: LIBRARY,
        FAKETIME_TIMESTAMP_FILE: path,
        FAKETIME_NO_CACHE: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        // What it reads of files is to be what is there.
        NO_FAKE_STAT: "1",
        PARASYNC_KEEP_PARTIAL: "on",
      },
    };
  }

  /** Sets how far it is off from the system's: "+400d", "-3h", "+0". */
  put(offset: string): void {
    // Whoever reads it must not find it empty.
    fs.writeFileSync(`${this.#path}.next`, `${offset}\n`);
    fs.renameSync(`${this.#path}.next`, this.#path);
  }
}

/** What an administrator's files, a proxy's header and a server's header say. */
import fs from "node:fs";
import { join as joinPath } from "node:path";
import { readConfigFile } from "../../../src/cli/config_file.ts";
import { ParasyncError } from "../../../src/errors.ts";
import { parseAddress } from "../../../src/transport/ip_address.ts";
import { readTiming } from "../../../src/transport/server_timing.ts";
import { readTokenLines } from "../../../src/transport/token_lines.ts";
import { type Numbers, oneOf } from "../../fixtures/seeded.ts";
import { join } from "../../hostile/wire/bytes.ts";
import { wildNumber } from "../mutation.ts";
import { type FuzzTarget, must } from "../target.ts";

const decoder = new TextDecoder();

const WORDS = ["secret", "read-only", "prefix=/a/b/", "prefix=/..", "prefix=/%2e%2e/", "name=x"];
const GROUPS = ["", "0", "ffff", "1", "10000", "127.0.0.1", "1.2.3", "256.1.1.1", "%eth0", "g"];
const FLAGS = [
  "root",
  "port",
  "host",
  "threads",
  "prefix",
  "fsync",
  "allowed-host",
  "rot",
  "__proto__",
];

function some(next: Numbers, words: readonly string[], most: number, between: string): string {
  return Array.from({ length: next(most + 1) }, () => oneOf(next, words)).join(between);
}

/**
 * What reads settings.
 *
 * @param folder A folder of its own.
 */
export function settingsTargets(folder: string): readonly FuzzTarget[] {
  return [
    {
      name: "token-lines",
      weight: 3,
      make: (next) => join(some(next, [...WORDS, "\n", "\r\n", "#"], 12, " ")),
      run(bytes) {
        const read = readTokenLines(decoder.decode(bytes));
        if ("problem" in read) return read.problem;
        for (const { token, grant } of read) {
          must(/^[\x21-\x7e]{1,4096}$/.test(token), "a token that no header can hold");
          must(!grant.within?.includes(".."), "a prefix that leads out");
        }
        return `${Math.min(read.length, 2)} tokens`;
      },
    },
    {
      name: "address",
      weight: 3,
      make: (next) => join(some(next, GROUPS, 9, oneOf(next, [":", ".", "::"]))),
      run(bytes) {
        const address = parseAddress(decoder.decode(bytes));
        must(address === undefined || address.length === 16, "no 16 bytes");
        return address === undefined ? "none" : "an address";
      },
    },
    {
      name: "timing",
      weight: 3,
      make: (next) =>
        join(
          Array.from({ length: next(4) }, () =>
            `chunk;dur=${wildNumber(next)};at=${next(100)}.5;busy=${next(9)}`).join(", "),
        ),
      run(bytes) {
        const stages = readTiming(decoder.decode(bytes));
        for (const { stage, beginMs, endMs, busyMs } of stages) {
          must(/^[a-z-]+$/.test(stage), "a stage that a terminal would obey");
          must([beginMs, endMs, busyMs].every(Number.isFinite), "no time");
        }
        return `${Math.min(stages.length, 2)} stages`;
      },
    },
    {
      name: "settings",
      weight: 0.2,
      make: (next) => {
        const entries = Array.from({ length: next(4) }, () => [
          oneOf(next, FLAGS),
          oneOf(next, ["x", 1, true, null, ["x"], [1], {}, Number(wildNumber(next))]),
        ]);
        return join(JSON.stringify(Object.fromEntries(entries)));
      },
      run(bytes) {
        const file = joinPath(folder, "settings");
        fs.writeFileSync(file, bytes);
        try {
          const settings = readConfigFile(file, "serve");
          for (const { texts } of settings.values()) {
            must(texts.every((text) => typeof text === "string"), "a value that is no text");
          }
          return "settings";
        } catch (error) {
          if (!(error instanceof ParasyncError)) throw error;
          // The file and its keys are in the message.
          return /not JSON/.test(error.message) ? "not JSON" : error.message.split(": ").at(-1)!;
        }
      },
    },
  ];
}

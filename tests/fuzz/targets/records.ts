/** Files of the program's own, which others may have damaged or written. */
import fs from "node:fs";
import { join as joinPath } from "node:path";
import { artefactPath } from "../../../src/files/artefact.ts";
import { decodeRecords, encodedLength, encodeRecords } from "../../../src/files/block_records.ts";
import { decodeLeaseRecord, encodeLeaseRecord } from "../../../src/files/lease_record.ts";
import { readPartialRecord } from "../../../src/files/partial_record.ts";
import { readSessionRecord } from "../../../src/files/session_record.ts";
import { isSessionRecord } from "../../../src/files/session_record_check.ts";
import { type Numbers, oneOf, randomBytes } from "../../fixtures/seeded.ts";
import { join } from "../../hostile/wire/bytes.ts";
import { wildNumber } from "../mutation.ts";
import { type FuzzTarget, must } from "../target.ts";

const KEY = "00112233445566778899aabbccddeeff";
const PARAMETERS = { block: 8192, suite: "crc32+sha256", strongBytes: 32 };
const BLOCKS = 3;

/** Values that a field of JSON may have and should not. */
function odd(next: Numbers, value: unknown): unknown {
  if (next(12) !== 0) return value;
  const number = Number(wildNumber(next));
  return oneOf(next, [
    null,
    true,
    "",
    "../x",
    "x\0y",
    number,
    -number,
    1.5,
    [],
    [value],
    {},
    { value },
    "1".repeat(100),
  ]);
}

function identity(next: Numbers): unknown {
  const [dev, ino, mtimeNs] = Array.from({ length: 3 }, () => String(next(2 ** 32)));
  return odd(next, {
    dev: odd(next, dev),
    ino: odd(next, ino),
    size: odd(next, next(1e6)),
    mtimeNs: odd(next, mtimeNs),
  });
}

function json(next: Numbers, fields: Record<string, unknown>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(fields).map(([name, value]) => [name, odd(next, value)]);
  if (next(30) === 0) entries.push(["__proto__", 1]);
  if (next(30) === 0) entries.pop();
  return join(JSON.stringify(Object.fromEntries(entries)) + "\n");
}

function sessionRecord(next: Numbers): Uint8Array<ArrayBuffer> {
  return json(next, {
    version: 1,
    key: KEY,
    protocol: 1,
    scheme: "parasync",
    name: "folder/a",
    basis: next(2) === 0 ? null : identity(next),
    expectTarget: next(2) === 0 ? "absent" : identity(next),
    size: next(1e6),
    mtimeMs: 1.7e12,
    chunk: { min: odd(next, 4096), avg: odd(next, 8192), max: odd(next, 12288) },
    target: next(2) === 0 ? { kind: "replace" } : { kind: "new", suffix: odd(next, ".new") },
    createdMs: 1.7e12,
  });
}

const records = {
  ...PARAMETERS,
  size: BLOCKS * PARAMETERS.block,
  weaks: Uint32Array.of(1, 2, 3),
  strong: new Uint8Array(BLOCKS * PARAMETERS.strongBytes).fill(7),
};
const RECORDS = join(...encodeRecords(KEY, records));

/**
 * What reads records.
 *
 * @param folder A folder of its own, for those that are read from files.
 */
export function recordTargets(folder: string): readonly FuzzTarget[] {
  return [
    {
      name: "lease",
      weight: 4,
      make: (next) =>
        json(next, { version: 1, key: KEY, pid: next(1e5), place: "boot", started: "12" }),
      run(bytes) {
        const record = decodeLeaseRecord(bytes);
        if (record === null) return "no lease";
        must(record.pid > 0 && Number.isSafeInteger(record.pid), "a process of no number");
        must(decodeLeaseRecord(encodeLeaseRecord(record)) !== null, "a lease cannot be read again");
        return "a lease";
      },
    },
    {
      name: "session-fields",
      weight: 6,
      make: sessionRecord,
      run(bytes) {
        let value: unknown;
        try {
          value = JSON.parse(new TextDecoder().decode(bytes));
        } catch {
          return "no JSON";
        }
        if (!isSessionRecord(value)) return "no record";
        must(!/[/\\\0]/.test(value.target.kind === "new" ? value.target.suffix : ""), "a path");
        must(Number.isSafeInteger(value.size) && value.size >= 0, "no size");
        must(Object.keys(value).length === 12, "unknown fields");
        return "a record";
      },
    },
    {
      name: "session-file",
      weight: 0.2,
      make: sessionRecord,
      run(bytes) {
        fs.writeFileSync(artefactPath(folder, KEY, "session"), bytes);
        return readSessionRecord(folder, KEY) === null ? "none" : "a record";
      },
    },
    {
      name: "partial-file",
      weight: 0.2,
      make: (next) => json(next, { version: 1, key: KEY }),
      run(bytes) {
        const path = joinPath(folder, "partial");
        fs.writeFileSync(path, bytes);
        const key = readPartialRecord(path);
        must(key === null || /^[0-9a-f]{32}$/.test(key), "no key");
        return key === null ? "none" : "a key";
      },
    },
    {
      name: "sums",
      weight: 2,
      make: (next) => next(4) === 0 ? join(RECORDS, randomBytes(next, next(9))) : RECORDS.slice(),
      run(bytes) {
        must(encodedLength(KEY, records.size, PARAMETERS) === RECORDS.length, "another length");
        // Whoever reads the file looks at its length first.
        if (bytes.length !== RECORDS.length) return "another length";
        const read = decodeRecords(bytes.slice(), KEY, records.size, PARAMETERS);
        if (typeof read === "string") return read;
        must(read.weaks.join() === "1,2,3" && read.strong.every((byte) => byte === 7), "others");
        return "sums";
      },
    },
  ];
}

import { cores, MOST_THREADS, usefulCores } from "../library/threads.ts";
import { MODES } from "../matching/mode_name.ts";
import { SCHEME_NAMES } from "../schemes/scheme_name.ts";
import { LOG_LEVELS } from "../telemetry/log.ts";
import type { FlagSpec } from "./flag_spec.ts";
import { forEach, ORIGINAL_CLIENTS, ORIGINAL_SERVERS, ORIGINAL_TESTS } from "./original.ts";

const SERVERS = ["serve", ...ORIGINAL_SERVERS] as const;
const CLIENTS = ["push", ...ORIGINAL_CLIENTS] as const;
const LOCALS = ["local", ...ORIGINAL_TESTS] as const;
const SYNCS = [...CLIENTS, ...LOCALS] as const;
const WORKERS = [...SERVERS, ...SYNCS] as const;
/** What runs by a scheme of one's choice, or by the one that has modes. */
const CHOOSERS = ["push", "local"] as const;
const WITH_MODES = [...CHOOSERS, "parasync_http_client", "parasync_test"] as const;

/** What reads and writes rdiff's files. */
const RDIFF = ["signature", "delta", "patch"] as const;

/**
 * Every flag, by its canonical name. Parsing, environment variables, help, suggestions and the types of
 * the commands' options are all made from this table.
 */
export const FLAGS = {
  "server_ip": {
    kind: "string",
    commands: ORIGINAL_CLIENTS,
    help: "The server's address",
    placeholder: "IP",
    default: "127.0.0.1",
    aliases: ["server"],
  },
  "server_port": {
    kind: "int",
    min: 1,
    max: 65535,
    commands: ORIGINAL_CLIENTS,
    help: "The server's port",
    default: "19876",
  },
  "basis_filename": {
    kind: "string",
    commands: ORIGINAL_CLIENTS,
    help: "The old file's path on the server",
    placeholder: "FILE",
    aliases: ["basis", "file"],
    required: true,
  },
  "new_filename": {
    kind: "string",
    commands: ORIGINAL_CLIENTS,
    help: "The new file's path on this machine",
    placeholder: "FILE",
    completes: { paths: "files" },
    aliases: ["new"],
    required: true,
  },
  root: {
    kind: "string",
    commands: [...SERVERS, "doctor"],
    help: "The folder that is served; nothing outside it is read or written",
    placeholder: "DIR",
    completes: { paths: "folders" },
    default: ".",
    // Who only pushes has none that could be examined.
    defaults: { doctor: "" },
  },
  port: {
    kind: "int",
    min: 0,
    max: 65535,
    commands: SERVERS,
    help: "The port to listen on; 0 is any free one",
    default: "19876",
  },
  host: {
    kind: "string",
    commands: SERVERS,
    help: "The address to listen on; any but a loopback one needs a token",
    placeholder: "ADDR",
    default: "127.0.0.1",
  },
  fsync: {
    kind: "boolean",
    commands: [...SERVERS, ...LOCALS, ...RDIFF, "compare"],
    help: "Whether a result is on the disk before it is reported",
    placeholder: "on|off",
    default: "on",
  },
  "token-file": {
    kind: "string",
    commands: [...SERVERS, ...CLIENTS, "doctor"],
    help: "A file, readable by its owner alone, that holds the bearer token; or PARASYNC_TOKEN",
    placeholder: "FILE",
    completes: { paths: "files" },
  },
  config: {
    kind: "string",
    commands: [...SERVERS, ...CLIENTS],
    help:
      "A file of settings, one JSON object by the flags' names; flags and variables go before it",
    placeholder: "FILE",
    completes: { paths: "files" },
  },
  "tls-cert": {
    kind: "string",
    commands: SERVERS,
    help: "Speak TLS: a file with the server's certificate, and those between it and the authority",
    placeholder: "FILE",
    completes: { paths: "files" },
  },
  "tls-key": {
    kind: "string",
    commands: SERVERS,
    help: "A file, readable by its owner alone, with the certificate's private key",
    placeholder: "FILE",
    completes: { paths: "files" },
  },
  ca: {
    kind: "string",
    commands: ["push", "doctor"],
    help: "A file with certificates of authorities to believe beside the usual ones",
    placeholder: "FILE",
    completes: { paths: "files" },
  },
  "insecure-no-auth": {
    kind: "boolean",
    commands: SERVERS,
    help: "Listen on an address that is not loopback without a token",
  },
  prefix: {
    kind: "string",
    commands: [...SERVERS, "push", "doctor"],
    help: "The path under which a proxy forwards to the server",
    placeholder: "PATH",
    default: "",
  },
  "allowed-host": {
    kind: "string",
    commands: SERVERS,
    help: "A host name that requests may be addressed to, beside the loopback and listening ones",
    placeholder: "NAME",
    repeatable: true,
  },
  "trusted-proxy": {
    kind: "string",
    commands: SERVERS,
    help:
      "A proxy, or a network of them, whose X-Forwarded-For is believed: it says where requests come from",
    placeholder: "ADDR[/BITS]",
    repeatable: true,
  },
  output: {
    kind: "string",
    commands: ["local"],
    help: "Where the result goes; without it the result is verified and removed",
    placeholder: "FILE",
    completes: { paths: "files" },
    short: "o",
  },
  threads: {
    kind: "int",
    min: 1,
    max: MOST_THREADS,
    words: { auto: usefulCores, cores },
    commands: [...WORKERS, "signature", "compare"],
    help: "The most threads at work on a file, fewer where it is small; auto: cores up to 8",
    default: "auto",
    defaults: {
      serve: "cores",
      ...forEach(ORIGINAL_SERVERS, "cores"),
      ...forEach([...ORIGINAL_CLIENTS, ...ORIGINAL_TESTS], "4"),
    },
    aliases: ["thread_num"],
    short: "T",
  },
  hw: {
    kind: "choice",
    choices: ["0", "1", "auto", "require"],
    synonyms: { false: "0", true: "1", off: "0", on: "1" },
    bare: "1",
    negated: "0",
    commands: [...WORKERS, "signature", "compare", "doctor"],
    help: "Checksums by native libraries: never, yes, where there are any, or fail without",
    default: "auto",
    defaults: forEach([...ORIGINAL_CLIENTS, ...ORIGINAL_TESTS], "0"),
  },
  mode: {
    kind: "choice",
    choices: MODES,
    synonyms: { "0": "pipeline-v1", "1": "pipeline-v3", "2": "flow-graph", "3": "streaming" },
    commands: WITH_MODES,
    help: "The parallel matching algorithm of parasync, by name or number",
    default: "streaming",
  },
  scheme: {
    kind: "choice",
    choices: SCHEME_NAMES,
    commands: CHOOSERS,
    help: "Who chunks and hashes what, and in which order",
    default: "parasync",
  },
  "chunk-size": {
    kind: "chunk_sizes",
    commands: [...SYNCS, "compare"],
    help:
      "Least, average and greatest chunk, such as 4KiB:8KiB:12KiB, or the blocks of rsync and skysync_f (the average); auto grows with the file",
    default: "auto",
  },
  confirm: {
    kind: "choice",
    choices: ["chunk", "target"],
    commands: WITH_MODES,
    help:
      "What strong checksums prove equal: every chunk before it is used, or the target as it is written",
    default: "target",
    defaults: { "parasync_http_client": "chunk", "parasync_test": "chunk" },
  },
  refine: {
    kind: "choice",
    choices: ["auto", "on", "off"],
    synonyms: { true: "on", false: "off" },
    bare: "on",
    negated: "off",
    commands: WITH_MODES,
    help:
      "Look for what chunks have left once more, in smaller blocks; auto: where the line is slow and it is likely to pay",
    default: "auto",
    defaults: { "parasync_http_client": "off", "parasync_test": "off" },
  },
  compress: {
    kind: "string",
    commands: WITH_MODES,
    help: "Compress what is sent; auto: where the line is slow, by zstd where both ends have it",
    placeholder: "auto|zstd[:N]|deflate[:N]|off",
    default: "auto",
    defaults: { "parasync_http_client": "off", "parasync_test": "off" },
  },
  "dry-run": {
    kind: "boolean",
    commands: CHOOSERS,
    help: "Find out what would be sent, and write nothing",
    short: "n",
  },
  line: {
    kind: "string",
    commands: CHOOSERS,
    help: "With --dry-run: say how long it would take on a line of this rate and round trip",
    placeholder: "RATE-DELAY",
    completes: { words: ["10mbit-40ms", "100mbit-40ms", "1gbit-10ms"] },
  },
  store: {
    kind: "string",
    commands: [...WORKERS, "signature", "compare"],
    bare: ["signature"],
    help:
      "Where skysync_f, and skysync_c for hw=0 and auto, keep checksums: cache (~/.cache/parasync), beside the files, off, or a folder",
    placeholder: "cache|beside|off|DIR",
    completes: { paths: "folders", words: ["cache", "beside", "off"] },
    default: "cache",
    // Runs are to be alike: what one keeps, the next one would find.
    defaults: { compare: "off" },
  },
  hash: {
    kind: "choice",
    choices: ["blake2", "md4"],
    commands: ["signature"],
    help: "The strong checksum of a signature's blocks: BLAKE2b, or MD4, which is broken",
    default: "blake2",
  },
  rolling: {
    kind: "choice",
    choices: ["rollsum", "rabinkarp"],
    commands: ["signature"],
    help: "The weak checksum of a signature's blocks; rdiff before 2.2 knows rollsum only",
    default: "rollsum",
  },
  "block-size": {
    kind: "bytes",
    commands: ["signature"],
    help: "Bytes in a signature's blocks, 1 to 1MiB",
    default: "8KiB",
  },
  "sum-size": {
    kind: "int",
    min: 1,
    max: 32,
    commands: ["signature"],
    help: "Bytes of each strong checksum that a signature keeps; all of them unless given",
  },
  schemes: {
    kind: "string",
    commands: ["compare"],
    help: "What to compare: all, or names such as rsync,dsync,parasync/streaming",
    placeholder: "NAMES",
    completes: { words: ["all", ...SCHEME_NAMES, ...MODES.map((mode) => `parasync/${mode}`)] },
    default: "all",
  },
  runs: {
    kind: "int",
    min: 1,
    max: 1000,
    commands: ["compare"],
    help:
      "Rounds, in each of which everybody runs once; of several the first warms up and is dropped",
    default: "3",
  },
  html: {
    kind: "string",
    commands: ["compare"],
    help: "Write a page with the table and bars of times, bytes and memory as well",
    placeholder: "FILE",
    completes: { paths: "files" },
  },
  digest: {
    kind: "choice",
    choices: ["session", "blake3"],
    commands: SYNCS,
    help: "The digest to report: the session's own, or the file's BLAKE3 as b3sum prints it",
    default: "session",
  },
  suffix: {
    kind: "string",
    commands: CLIENTS,
    help: "Write to the target's name with this added, instead of replacing the target",
    placeholder: "TEXT",
    default: "",
    defaults: forEach(ORIGINAL_CLIENTS, ".new"),
  },
  "max-file-size": {
    kind: "bytes",
    commands: SERVERS,
    help: "Refuse larger files",
    default: "1TiB",
  },
  "max-body": {
    kind: "bytes",
    commands: SERVERS,
    help: "Refuse larger request bodies",
    default: "1TiB",
  },
  "max-sessions": {
    kind: "int",
    min: 1,
    max: 1_000_000,
    commands: SERVERS,
    help: "Sessions remembered at once",
    default: "1024",
  },
  "max-concurrent": {
    kind: "int",
    min: 1,
    max: 10_000,
    commands: SERVERS,
    help: "Syncs at work at once; others wait",
    default: "16",
  },
  "max-queue": {
    kind: "int",
    min: 0,
    max: 10_000,
    commands: SERVERS,
    help: "Syncs that wait at most, one address for half of them; others are told to come again",
    default: "64",
  },
  "queue-timeout": {
    kind: "duration",
    commands: SERVERS,
    help: "Tell a sync to come again that has waited for so long",
    default: "5s",
  },
  "max-connections": {
    kind: "int",
    min: 1,
    max: 1_000_000,
    commands: SERVERS,
    help: "Connections at once; of more, those end that have been silent the longest",
    default: "1024",
  },
  "header-timeout": {
    kind: "duration",
    commands: SERVERS,
    help: "End a connection that has sent no whole head of a request within this time",
    default: "15s",
  },
  "idle-timeout": {
    kind: "duration",
    commands: SERVERS,
    help: "Give up on a peer that sends and takes nothing for so long",
    default: "60s",
  },
  "stall-timeout": {
    kind: "duration",
    commands: SERVERS,
    help: "Give up on a body that has brought less than a KiB in so long",
    default: "10m",
  },
  "keep-partial": {
    kind: "boolean",
    commands: SERVERS,
    help: "Keep what an interrupted push has brought for 48 hours, for the next one to go on with",
    placeholder: "on|off",
    default: "on",
  },
  "partial-dir": {
    kind: "string",
    commands: SERVERS,
    help:
      "A folder in the root, and in its targets' file system, for files that are not complete yet; empty: beside their targets",
    placeholder: "DIR",
    completes: { paths: "folders" },
    default: "",
  },
  "session-ttl": {
    kind: "duration",
    commands: SERVERS,
    help: "Forget a session that is unused for so long",
    default: "15m",
  },
  "connect-timeout": {
    kind: "duration",
    commands: [...CLIENTS, "doctor"],
    help: "Give up when the server does not answer within this time",
    default: "10s",
  },
  timeout: {
    kind: "duration",
    commands: CLIENTS,
    help: "Give up when the whole sync takes longer, with all retries; without it: never",
  },
  retries: {
    kind: "int",
    min: 0,
    max: 1000,
    commands: CLIENTS,
    help:
      "Try again so often when the server cannot be reached, is busy, or the connection breaks, after waits that grow from half a second to 30 s",
    default: "4",
    defaults: forEach(ORIGINAL_CLIENTS, "0"),
  },
  bwlimit: {
    kind: "bytes",
    commands: CLIENTS,
    help: "Send so many bytes a second at most, such as 500KiB; without it: as many as go",
    placeholder: "RATE",
  },
  json: {
    kind: "boolean",
    commands: [...SYNCS, ...RDIFF, "compare", "doctor", "version"],
    help: "Print the result as a line of JSON",
  },
  quiet: {
    kind: "boolean",
    commands: [...SYNCS, ...RDIFF, "compare"],
    help: "Print nothing but errors",
    short: "q",
  },
  progress: {
    kind: "choice",
    choices: ["auto", "on", "off"],
    synonyms: { true: "on", false: "off" },
    bare: "on",
    negated: "off",
    commands: SYNCS,
    help: "Show progress on stderr: bars on a terminal, a line now and then elsewhere",
    default: "auto",
  },
  "log-level": {
    kind: "choice",
    choices: LOG_LEVELS,
    synonyms: { "0": "debug", "1": "info", "2": "warn", "3": "error", "4": "fatal" },
    commands: [...WORKERS, ...RDIFF, "compare"],
    help: "The least grave messages to log on stderr; by default info at a server, else warn",
  },
  "log-format": {
    kind: "choice",
    choices: ["text", "json"],
    commands: [...WORKERS, ...RDIFF, "compare"],
    help: "Log lines for people or for machines",
    default: "text",
  },
  "access-log": {
    kind: "boolean",
    commands: SERVERS,
    help:
      "Log a line for every request; those of monitors, and of clients that show progress, at debug",
    placeholder: "on|off",
    default: "on",
  },
  verbose: {
    kind: "boolean",
    commands: [...WORKERS, ...RDIFF, "compare"],
    help:
      "Log everything, show where an unexpected error came from and when each stage of a sync worked and waited",
    short: "v",
  },
} as const satisfies Record<string, FlagSpec>;

/** The canonical name of a flag. */
export type FlagName = keyof typeof FLAGS;

import { printable } from "./printable.ts";

/** Levels from the most talkative to the rarest; their places are the numbers of `ALOG_LOG_LEVEL`. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "fatal"] as const;

/** How much a message matters. */
export type LogLevel = typeof LOG_LEVELS[number];

/** One line of text for people, or one JSON object a line for machines. */
export type LogFormat = "text" | "json";

/** What belongs to a message; `undefined` fields are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Writes messages at or above a level. */
export interface Logger {
  /** Whether a message of this level would be written; ask before making an expensive one. */
  enabled(level: LogLevel): boolean;
  /** What only someone who looks for a fault wants to know. */
  debug(message: string, fields?: LogFields): void;
  /** What an operator wants to know. */
  info(message: string, fields?: LogFields): void;
  /** What works otherwise than asked for. */
  warn(message: string, fields?: LogFields): void;
  /** What failed. */
  error(message: string, fields?: LogFields): void;
  /** What ends the program. */
  fatal(message: string, fields?: LogFields): void;
}

/** What a logger is made of. */
export interface LoggerOptions {
  /** The least level that is written. */
  readonly level: LogLevel;
  /** The form of a line; absent: text. */
  readonly format?: LogFormat;
  /** Takes a finished line with its line feed. */
  readonly write: (line: string) => void;
  /** The time of a message; absent: the system's. */
  readonly now?: () => Date;
}

/** Fields whose values are never written, by name, without regard to case, `-` and `_`. */
const SECRET_FIELD = /^(token|authorization|cookie|password|secret|key|sessionkey|requestkey)$/;
const REDACTED = "[redacted]";

/**
 * Takes what may be secret out of a text: bearer and basic credentials, the user part of a URL, and the
 * query parameters `key`, `token`, `password` and `secret`.
 *
 * @param text For example a request line, a URL or a peer's message.
 * @returns The text with `[redacted]` in their places.
 */
export function redact(text: string): string {
  return text
    .replace(/\b(bearer|basic)\s+[^\s"',;]+/gi, `$1 ${REDACTED}`)
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s\/?#]*@/gi, `$1${REDACTED}@`)
    .replace(/([?&](?:key|token|password|secret)=)[^\s&#"']*/gi, `$1${REDACTED}`);
}

function fieldValue(name: string, value: string | number | boolean | null): typeof value {
  if (SECRET_FIELD.test(name.toLowerCase().replace(/[-_]/g, ""))) return REDACTED;
  return typeof value === "string" ? redact(value) : value;
}

function textValue(value: string | number | boolean | null): string {
  if (typeof value !== "string") return String(value);
  const shown = printable(value.replace(/[\\"]/g, "\\$&"));
  return shown === value && /^[^\s"=]+$/.test(value) ? value : `"${shown}"`;
}

function renderText(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  let line = `${time.toISOString()} ${level.padEnd(5)} ${printable(redact(message))}`;
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${printable(name)}=${textValue(fieldValue(name, value))}`;
  }
  return `${line}\n`;
}

function renderJson(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const record: Record<string, unknown> = {
    time: time.toISOString(),
    level,
    message: redact(message),
  };
  for (const [name, value] of Object.entries(fields)) {
    // A field may not forge what the logger itself says.
    const own = Object.hasOwn(record, name) ? `field_${name}` : name;
    if (value !== undefined) record[own] = fieldValue(name, value);
  }
  // JSON escapes C0 itself; the rest of what is unprintable becomes the same character's JSON escape.
  const json = JSON.stringify(record).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${json}\n`;
}

/**
 * A logger that writes lines such as
 * `2026-11-22T10:00:00.000Z info  served target=disk.img bytes=4096`, with control characters escaped and
 * secrets redacted.
 *
 * @param options Its level, format, writer and clock.
 * @returns The logger.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { level, format = "text", write, now = () => new Date() } = options;
  const least = LOG_LEVELS.indexOf(level);
  const render = format === "json" ? renderJson : renderText;
  const enabled = (of: LogLevel): boolean => LOG_LEVELS.indexOf(of) >= least;
  const at = (of: LogLevel) => (message: string, fields: LogFields = {}): void => {
    if (enabled(of)) write(render(now(), of, message, fields));
  };
  return {
    enabled,
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
  };
}

/**
 * A logger that adds the same fields to every message, after the message's own and in place of any of their names.
 *
 * @param logger Who writes.
 * @param common The fields.
 * @returns The logger.
 */
export function withFields(logger: Logger, common: LogFields): Logger {
  const at = (level: LogLevel) => (message: string, fields: LogFields = {}): void =>
    logger[level](message, { ...fields, ...common });
  return {
    enabled: (level) => logger.enabled(level),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
  };
}

import { NAME, VERSION } from "../version.ts";
import { SCHEME_NAMES } from "../schemes/scheme_name.ts";
import { EXIT_CODES } from "./exit_codes.ts";
import { environmentVariable, type FlagSpec, mayStandAlone } from "./flag_spec.ts";
import { defaultFor, flagsOf } from "./options.ts";
import { painter } from "./output/paint.ts";
import { type CommandName, COMMANDS, type CommandSpec, ORIGINAL_KINDS } from "./program.ts";

/** How help is shown. */
export interface HelpStyle {
  /** Whether to use colours. */
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** What people do most, by command. */
export const EXAMPLES: Readonly<Partial<Record<CommandName, readonly string[]>>> = {
  serve: ["serve --root /srv/images", "serve --root /srv --host 0.0.0.0 --token-file token"],
  push: [
    "push disk.img http://localhost:19876/backups/disk.img",
    "push disk.img http://localhost:19876/disk.img --suffix=.new --json",
  ],
  local: ["local old.img new.img", "local old.img new.img --output result.img"],
  signature: [
    "signature old.img old.sig",
    "signature old.img --store",
    "signature old.img old.sig --store=cache",
  ],
  delta: ["delta old.sig new.img new.delta"],
  patch: ["patch old.img new.delta new.img"],
  compare: [
    "compare old.img new.img",
    "compare old.img new.img --schemes=rsync,parasync/streaming --html=page.html",
  ],
  doctor: ["doctor", "doctor --root /srv/images", "doctor http://localhost:19876"],
  completions: ["completions bash > ~/.local/share/bash-completion/completions/parasync"],
  man: ["man > /usr/local/share/man/man1/parasync.1"],
};

const WIDEST = 100;
const MOST_NAMES = 30;

/** Breaks `text` into lines of at most `columns`, at spaces. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Two columns; where they do not fit beside each other, the second stands below the first. */
function columns(rows: readonly [left: string, right: string][], style: HelpStyle): string {
  const paint = painter(style.colour);
  const width = Math.min(WIDEST, style.width);
  const longest = Math.max(...rows.map(([left]) => left.length));
  const indent = Math.min(longest, MOST_NAMES, Math.max(4, Math.floor(width / 2))) + 4;
  return rows.map(([left, right]) => {
    const [first = "", ...more] = wrapped(right, Math.max(16, width - indent));
    const below = left.length + 4 > indent;
    const start = below ? `  ${paint("cyan", left)}\n${" ".repeat(indent)}` : "";
    const beside = `  ${paint("cyan", left)}${" ".repeat(Math.max(0, indent - 2 - left.length))}`;
    const rest = more.map((line) => `${" ".repeat(indent)}${line}\n`).join("");
    return `${below ? start : beside}${first}\n${rest}`;
  }).join("");
}

/** What stands for a flag's value. */
export function placeholderOf(spec: FlagSpec): string {
  if (spec.placeholder !== undefined) return spec.placeholder;
  switch (spec.kind) {
    case "int":
      return "N";
    case "choice":
      return spec.choices.join("|");
    case "bytes":
      return "SIZE";
    case "duration":
      return "TIME";
    case "chunk_sizes":
      return "MIN:AVG:MAX";
    default:
      return "TEXT";
  }
}

function namesOf(name: string, spec: FlagSpec, command: CommandName): string {
  const short = spec.short === undefined ? "" : `-${spec.short}, `;
  const value = spec.kind === "boolean" && spec.placeholder === undefined
    ? ""
    : `=${placeholderOf(spec)}`;
  return `${short}--${name}${mayStandAlone(spec, command) ? `[${value}]` : value}`;
}

function explained(name: string, spec: FlagSpec, command: CommandName): string {
  const standard = defaultFor(spec, command);
  const notes = [
    ...spec.required ? ["required"] : [],
    ...spec.repeatable ? ["may be repeated"] : [],
    ...standard ? [`default ${standard}`] : [],
    ...mayStandAlone(spec, command) ? ["a value needs its ="] : [],
    ...spec.aliases ? [`also ${spec.aliases.map((alias) => `--${alias}`).join(", ")}`] : [],
    environmentVariable(name),
  ];
  return `${spec.help} (${notes.join("; ")})`;
}

function usageOf(command: CommandName, invocation: string): string {
  return ["Usage:", invocation, ...COMMANDS[command].positionals, "[FLAGS]"].join(" ");
}

/**
 * The help of one command: what it does, how it is called, and every flag it takes.
 *
 * @param command The command.
 * @param invocation How it is called, for example `parasync push`.
 * @param style How to show it.
 */
export function commandHelp(command: CommandName, invocation: string, style: HelpStyle): string {
  const paint = painter(style.colour);
  const heading = (text: string): string => `\n${paint("bold", text)}\n`;
  const flags = flagsOf(command).map(([name, spec]): [string, string] => [
    namesOf(name, spec, command),
    explained(name, spec, command),
  ]);
  const always: [string, string][] = [["-h, --help", "Show this"], [
    "-V, --version",
    "The version",
  ]];
  const examples = EXAMPLES[command] ?? [];
  return [
    `${COMMANDS[command].summary}\n\n${usageOf(command, invocation)}\n`,
    heading("Flags"),
    columns([...flags, ...always], style),
    ...examples.length > 0 ? [heading("Examples")] : [],
    ...examples.map((example) => `  ${invocation}${example.slice(command.length)}\n`),
  ].join("");
}

function commandRows(): [string, string][] {
  return (Object.entries(COMMANDS) as [CommandName, CommandSpec][])
    .filter(([, { original }]) => original !== true)
    .map(([name, { positionals, summary }]) => [[name, ...positionals].join(" "), summary]);
}

/** A row for each kind of the original's programs, of which there are many. */
function originalRows(): [string, string][] {
  const schemes = `{${SCHEME_NAMES.join(",")}}`;
  return Object.entries(ORIGINAL_KINDS).map(([ending, { positionals, summary }]) => [
    [`${schemes}${ending}`, ...positionals].join(" "),
    summary("that scheme"),
  ]);
}

/**
 * The help of the whole program.
 *
 * @param style How to show it.
 */
export function programHelp(style: HelpStyle): string {
  const paint = painter(style.colour);
  const heading = (text: string): string => `\n${paint("bold", text)}\n`;
  const width = Math.min(WIDEST, style.width) - 2;
  const paragraph = (text: string): string =>
    wrapped(text, width).map((line) => `  ${line}\n`).join("");
  return [
    `${paint("bold", NAME)} ${VERSION}: update one large file elsewhere by sending what changed\n`,
    `\nUsage: ${NAME} COMMAND [ARGUMENTS] [FLAGS]\n`,
    heading("Commands"),
    columns(commandRows(), style),
    heading("Programs of the original, by their names and flags"),
    columns(originalRows(), style),
    heading("Flags"),
    paragraph(
      "One dash or two, --flag=value or --flag value, --flag or --no-flag. Every flag can be set by an " +
        `environment variable: ${environmentVariable("threads")} for --threads. ` +
        `${NAME} COMMAND --help lists the flags of a command.`,
    ),
    heading("Exit codes"),
    paragraph(
      Object.entries(EXIT_CODES).map(([code, { short }]) => `${code} ${short}`).join("; "),
    ),
  ].join("");
}

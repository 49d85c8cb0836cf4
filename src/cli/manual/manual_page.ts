import { SCHEME_NAMES } from "../../schemes/scheme_name.ts";
import { NAME, VERSION } from "../../version.ts";
import { EXIT_CODES } from "../exit_codes.ts";
import { environmentVariable, type FlagSpec } from "../flag_spec.ts";
import { FLAGS } from "../flags.ts";
import { EXAMPLES, placeholderOf } from "../help_text.ts";
import { flagsOf } from "../options.ts";
import {
  CALLED_AS,
  type CommandName,
  COMMANDS,
  type CommandSpec,
  commandsText,
  ORIGINAL_KINDS,
} from "../program.ts";
import { bold, entry, example, italic, paragraph, prose, roff, section } from "./roff.ts";

/** Variables that are not a flag's. */
const VARIABLES: Readonly<Record<string, string>> = {
  PARASYNC_TOKEN: "The bearer token itself, where no --token-file is given",
  PARASYNC_LIBISAL: "The only file to load as ISA-L",
  PARASYNC_LIBBLAKE3: "The only file to load as BLAKE3, the BLAKE3 team's library or LLVM's",
  ALOG_LOG_LEVEL: "The level of the log, 0 to 4, as in the original",
  NO_COLOR: "Anything but nothing: no colours",
};

/** Files that the program makes or looks for. */
const FILES: Readonly<Record<string, string>> = {
  ".parasync-*": "Beside a target: the file that is being built, a session, a lease, and with " +
    "--store=beside stored checksums. What a sync that was killed leaves is removed by the next server",
  "~/.cache/parasync": "Stored checksums of skysync_f and skysync_c (--store=cache)",
};

/**
 * The manual page, parasync(1), made from the tables of commands, flags and exit codes.
 *
 * @returns Its source, for man(1), groff(1) or mandoc(1).
 */
export function manualPage(): string {
  return [
    `.TH ${NAME.toUpperCase()} 1 "" "${NAME} ${VERSION}" "User Commands"\n`,
    // Flags and file names are not to be broken, nor words stretched to a straight margin.
    ".nh\n.ad l\n",
    section("NAME", `${NAME} \\- update one large file elsewhere by sending what changed\n`),
    section("SYNOPSIS", synopsis()),
    section("DESCRIPTION", ...description()),
    section("COMMANDS", ...ownCommands().map(commandEntry)),
    section("PROGRAMS OF THE ORIGINAL", ...originalPrograms()),
    section("FLAGS", ...flags()),
    section(
      "EXIT STATUS",
      ...Object.entries(EXIT_CODES).map(([code, { long }]) => entry(bold(code), prose(long))),
      paragraph(
        "`doctor` ends with 0 if it finds no problem, else with the code that a sync would end with " +
          "for the first one.",
      ),
    ),
    section("ENVIRONMENT", ...environment()),
    section(
      "FILES",
      ...Object.entries(FILES).map(([name, what]) => entry(italic(name), prose(`${what}.`))),
    ),
    section("EXAMPLES", ...examples()),
    section("SEE ALSO", ".BR rsync (1),\n.BR rdiff (1),\n.BR b3sum (1)\n"),
  ].join("");
}

function ownCommands(): [CommandName, CommandSpec][] {
  return (Object.entries(COMMANDS) as [CommandName, CommandSpec][])
    .filter(([, { original }]) => original !== true);
}

function invocation(name: string, positionals: readonly string[]): string {
  return [bold(name), ...positionals.map(italic)].join(" ");
}

function synopsis(): string {
  const lines = [
    `${bold(NAME)} ${italic("COMMAND")} [${italic("ARGUMENTS")}] [${italic("FLAGS")}]\n`,
    ...[...CALLED_AS].map(([name, command]) =>
      `${invocation(name, COMMANDS[command].positionals)} [${italic("FLAGS")}]\n`
    ),
  ];
  return lines.join(".br\n");
}

function description(): string[] {
  return [
    paragraph(
      "`parasync` brings one large file on another machine up to date by sending only what changed " +
        "in it. A server (`serve`) owns a folder with the old files, a client (`push`) has the new " +
        "one. The result is checked whole before it takes the old file's name; if anything goes " +
        "wrong, the old file is still there.",
    ),
    paragraph(
      "Results go to standard output, and nothing else does; progress, logs and errors go to " +
        "standard error. With --json a result, or a failure, is one line of JSON.",
    ),
  ];
}

function commandEntry([name, { positionals, summary }]: [CommandName, CommandSpec]): string {
  const names = flagsOf(name).map(([flag]) => bold(`--${flag}`));
  const aliases = [...CALLED_AS].filter(([, command]) => command === name);
  return entry(
    invocation(name, positionals),
    prose(`${summary}.`),
    ...aliases.map(([alias]) => `Also called as ${bold(alias)}.`),
    ...names.length > 0 ? [".br", `Flags: ${names.join(", ")}.`] : [],
  );
}

function originalPrograms(): string[] {
  const kinds = Object.entries(ORIGINAL_KINDS).map(([ending, { positionals, summary }]) =>
    entry(
      [`${italic("SCHEME")}${bold(ending)}`, ...positionals.map(italic)].join(" "),
      prose(`${summary("SCHEME")}.`),
    )
  );
  return [
    paragraph(
      "The programs of ParaSync's artifact, by their names and flags, as the first argument or as " +
        `the name of a link to \`${NAME}\`. SCHEME is one of ${SCHEME_NAMES.join(", ")}.`,
    ),
    ...kinds,
  ];
}

function flags(): string[] {
  const rows = Object.entries(FLAGS) as [string, FlagSpec][];
  return [
    paragraph(
      "One dash or two, --flag=value or --flag value, --flag or --no-flag; `-` and `_` are the same " +
        "in a name. A flag that is written wins over its environment variable, and that over the " +
        "default.",
    ),
    ...rows.map(flagEntry),
    entry(`${bold("-h")}, ${bold("--help")}`, "Explains the program, or the command before it."),
    entry(`${bold("-V")}, ${bold("--version")}`, "Prints the version."),
  ];
}

function flagEntry([name, spec]: [string, FlagSpec]): string {
  const value = spec.kind === "boolean" && spec.placeholder === undefined
    ? ""
    : `=${italic(placeholderOf(spec))}`;
  const short = spec.short === undefined ? "" : `${bold(`-${spec.short}`)}, `;
  const facts = [
    ...spec.required ? ["Required."] : [],
    ...spec.repeatable ? ["May be repeated."] : [],
    ...defaultsText(spec),
    ...spec.aliases ? [`Also ${spec.aliases.map((alias) => bold(`--${alias}`)).join(", ")}.`] : [],
    `Variable: ${bold(environmentVariable(name))}.`,
    prose(`Taken by: ${commandsText(spec.commands)}.`),
  ];
  return entry(`${short}${bold(`--${name}`)}${value}`, prose(`${spec.help}.`), ".br", ...facts);
}

/** The default, and those of single commands, which it does not hold for. */
function defaultsText(spec: FlagSpec): string[] {
  const others = new Map<string, CommandName[]>();
  for (const [command, value] of Object.entries(spec.defaults ?? {})) {
    others.set(value, [...others.get(value) ?? [], command as CommandName]);
  }
  const except = [...others].map(([value, commands]) =>
    `${value === "" ? "none" : bold(value)} for ${prose(commandsText(commands))}`
  );
  if (!spec.default && except.length === 0) return [];
  const standard = spec.default ? bold(spec.default) : "none";
  return [`Default: ${[standard, ...except].join("; ")}.`];
}

function environment(): string[] {
  return [
    paragraph(
      `Every flag has a variable: PARASYNC_ and its name in capitals, ${
        environmentVariable("connect-timeout")
      } for --connect-timeout. Beside them:`,
    ),
    ...Object.entries(VARIABLES).map(([name, what]) => entry(bold(name), prose(`${what}.`))),
  ];
}

function examples(): string[] {
  return ownCommands().flatMap(([name]) => {
    const lines = EXAMPLES[name];
    return lines === undefined ? [] : [
      `.PP\n${roff(COMMANDS[name].summary)}:\n`,
      example(...lines.map((line) => `${NAME} ${line}`)),
    ];
  });
}

import { CALLED_AS, type CommandName, COMMANDS, wordsOf } from "../program.ts";
import { type CompletedCommands, completedCommands, type CompletedFlag } from "./completed_flag.ts";

/**
 * Completions for fish.
 *
 * @param programs All names that the program is called by.
 * @returns A script to source, or to put into a folder of `fish_complete_path` as `parasync.fish`.
 */
export function fishCompletions(programs: readonly string[]): string {
  const commands = completedCommands();
  const flags = flagsByLine(commands);
  const takers = [
    ...new Set(
      flags.filter(({ flag }) => flag.value === "either")
        .flatMap(({ flag }) => flag.names),
    ),
  ];
  const wrapped = programs.flatMap((name) => {
    const command = CALLED_AS.get(name) ?? name;
    return command === "parasync" ? [] : [`complete -c ${name} -w 'parasync ${command}'\n`];
  });
  return `\
# Completions of parasync for fish; made by: parasync completions fish

# The arguments before the one that is being written, without the program's name.
function __parasync_arguments
    set -l tokens (commandline -opc)
    if set -q tokens[2]
        printf '%s\\n' $tokens[2..]
    end
end

# Folders for the value of a flag, behind "=" or a blank.
function __parasync_folders
    __fish_complete_directories (string replace -r '^--[^=]*=' '' -- (commandline -ct))
end

function __parasync_needs_command
    not count (__parasync_arguments) >/dev/null
end

# Whether the command is one of those named.
function __parasync_is
    set -l given (__parasync_arguments)
    set -q given[1]; and contains -- $given[1] $argv
end

# Whether the positional argument number $argv[1] of one of the commands behind it is being written.
function __parasync_at
    __parasync_is $argv[2..]; or return
    string match -q -- '-*' (commandline -ct); and return 1
    set -l given (__parasync_arguments)
    set -l place 0
    set -l value no
    for each in $given[2..]
        if test $value = yes
            set value no
        else if not string match -q -- '-*' $each
            set place (math $place + 1)
        else if contains -- (string replace -ra -- '^--?' '' $each) ${takers.join(" ")}
            set value yes
        end
    end
    test $value = no -a $place -eq $argv[1]
end

complete -c parasync -f
complete -c parasync -l help -s h -d 'Show help'
complete -c parasync -l version -s V -d 'The version'

${(Object.keys(COMMANDS) as CommandName[]).map(commandLine).join("")}
${flags.map(flagLine).join("")}
${commands.flatMap(positionalLines).join("")}
${wrapped.join("")}`;
}

/** A flag as it is in some commands. */
interface FlagLine {
  readonly flag: CompletedFlag;
  readonly commands: readonly CommandName[];
}

/** A line for each flag, or two where it takes its value in another way in some commands. */
function flagsByLine(commands: readonly CompletedCommands[]): FlagLine[] {
  const lines = new Map<string, { flag: CompletedFlag; commands: CommandName[] }>();
  for (const { names, flags } of commands) {
    for (const flag of flags) {
      const key = JSON.stringify(flag);
      const line = lines.get(key) ?? { flag, commands: [] };
      line.commands.push(...names);
      lines.set(key, line);
    }
  }
  return [...lines.values()];
}

function commandLine(name: CommandName): string {
  const { summary } = COMMANDS[name];
  return `complete -c parasync -n __parasync_needs_command -a ${name} -d ${quoted(summary)}\n`;
}

function flagLine({ flag, commands }: FlagLine): string {
  const { name, short, description, value, words, paths } = flag;
  const offered = [...words, ...paths === "folders" ? ["(__parasync_folders)"] : []];
  return [
    `complete -c parasync -n '__parasync_is ${commands.join(" ")}'`,
    `-l ${name}`,
    ...short === "" ? [] : [`-s ${short}`],
    ...value === "either" ? ["-r"] : [],
    paths === "files" ? "-F" : "-f",
    ...offered.length === 0 ? [] : [`-a ${quoted(offered.join(" "))}`],
    `-d ${quoted(description)}\n`,
  ].join(" ");
}

function positionalLines({ names, positionals }: CompletedCommands): string[] {
  return positionals.flatMap((positional, place) => {
    const words = wordsOf(positional);
    if (words?.length === 0) return [];
    const offers = words === undefined ? "-F" : `-a ${quoted(words.join(" "))}`;
    return [`complete -c parasync -n '__parasync_at ${place} ${names.join(" ")}' ${offers}\n`];
  });
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}

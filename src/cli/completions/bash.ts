import { CALLED_AS, type CommandName, COMMANDS, wordsOf } from "../program.ts";
import { type CompletedCommands, completedCommands, type CompletedFlag } from "./completed_flag.ts";

/** What does not depend on the table. */
const ENGINE = `\
# What stands on the line up to the cursor: readline takes words apart at "=" and ":".
__parasync_line() {
  local i word glue=
  line=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((i > 1)) && [[ -n $glue || $word == [=:]* ]]; then
      line[\${#line[@]} - 1]+=$word
    else
      line+=("$word")
    fi
    if [[ $word == [=:]* ]]; then glue=1; else glue=; fi
  done
}

# Offers the words in $1, and files or folders where $2 says so.
__parasync_offer() {
  local raw=\${COMP_WORDS[COMP_CWORD]} begun=$3 prefix=
  # Only where "=" does not end a word is the flag a part of what is replaced.
  if [[ $raw == -*=* ]]; then prefix=\${raw%%=*}=; fi
  COMPREPLY=($(compgen -P "$prefix" -W "$1" -- "$begun"))
  case $2 in
    files) compopt -o default ;;
    folders) compopt -o plusdirs ;;
  esac
  if [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}

_parasync() {
  local -a line
  local command at word flag= position=0 flags= value= words= paths=
  COMPREPLY=()
  __parasync_line
  local last=$((\${#line[@]} - 1))
  local current=\${line[last]}
  __parasync_program "\${line[0]##*/}"
  at=1
  if [[ -z $command ]]; then
    if ((last == 1)); then
      __parasync_offer "$__parasync_commands --help --version" '' "$current"
      return
    fi
    command=\${line[1]}
    at=2
  fi
  for (( ; at < last; at++)); do
    word=\${line[at]}
    if [[ $word != -?* || $word == -- ]]; then
      if [[ $word != -- ]]; then position=$((position + 1)); fi
      continue
    fi
    if [[ $word == *=* ]]; then continue; fi
    __parasync_value "$word"
    if [[ $value != either ]]; then continue; fi
    at=$((at + 1))
    if ((at == last)); then flag=$word; fi
  done
  if [[ -n $flag ]]; then
    __parasync_value "$flag"
    __parasync_offer "$words" "$paths" "$current"
  elif [[ $current == -*=* ]]; then
    __parasync_value "\${current%%=*}"
    __parasync_offer "$words" "$paths" "\${current#*=}"
  elif [[ $current == -* ]]; then
    __parasync_flags "$command"
    __parasync_offer "$flags --help --version" '' "$current"
  else
    __parasync_place "$command" "$position"
    __parasync_offer "$words" "$paths" "$current"
  fi
}
`;

/**
 * Completions for bash 4 and later.
 *
 * @param programs All names that the program is called by.
 * @returns A script to source.
 */
export function bashCompletions(programs: readonly string[]): string {
  const commands = completedCommands();
  return [
    "# Completions of parasync for bash; made by: parasync completions bash\n",
    `__parasync_commands='${Object.keys(COMMANDS).join(" ")}'\n`,
    "# The command that the program called $1 is; none where the first argument names it.\n",
    caseOf("__parasync_program", programRows()),
    "# The flags of the command $1.\n",
    caseOf("__parasync_flags", commands.map(flagsRow), "$1", "flags="),
    "# What the positional argument number $2 of the command $1 may be.\n",
    caseOf("__parasync_place", commands.flatMap(placeRows), "$1 $2", "words= paths="),
    "# What the value of the flag $1 may be, and how it is given.\n",
    caseOf(
      "__parasync_value",
      valueRows(commands),
      '"$name"',
      [
        "local name=${1#-}",
        "name=${name#-}",
        "name=${name//_/-}",
        "value=none words= paths=",
      ].join("\n  "),
    ),
    ENGINE,
    `complete -F _parasync ${programs.join(" ")}\n`,
  ].join("\n");
}

/** Patterns of a `case`, and what is done where one fits. */
type Row = readonly [patterns: readonly string[], action: string];

function caseOf(name: string, rows: readonly Row[], subject = "$1", before = ""): string {
  const lines = joined(rows).map(([patterns, action]) =>
    `    ${patterns.join(" | ")}) ${action} ;;\n`
  );
  const first = before === "" ? "" : `  ${before}\n`;
  const word = /^".*"$/.test(subject) ? subject : `"${subject}"`;
  return `${name}() {\n${first}  case ${word} in\n${lines.join("")}  esac\n}\n`;
}

/** One row for all that do the same. */
function joined(rows: readonly Row[]): Row[] {
  const patterns = new Map<string, string[]>();
  for (const [more, action] of rows) {
    patterns.set(action, [...patterns.get(action) ?? [], ...more]);
  }
  return [...patterns].map(([action, all]) => [all, action]);
}

function programRows(): Row[] {
  const originals = (Object.keys(COMMANDS) as CommandName[])
    .filter((name) => COMMANDS[name].original);
  return [
    ...[...CALLED_AS].map(([name, command]): Row => [[name], `command=${command}`]),
    [originals, "command=$1"],
    [["*"], "command="],
  ];
}

function flagsRow({ names, flags }: CompletedCommands): Row {
  const spelled = flags.map(({ name, value }) => `--${name}${value === "none" ? "" : "="}`);
  return [names, `flags='${spelled.join(" ")}'`];
}

function placeRows({ names, positionals }: CompletedCommands): Row[] {
  return positionals.flatMap((positional, place): Row[] => {
    const words = wordsOf(positional);
    if (words?.length === 0) return [];
    const patterns = names.map((name) => `"${name} ${place}"`);
    return [[patterns, words === undefined ? "paths=files" : `words='${words.join(" ")}'`]];
  });
}

/** A flag means the same in every command; where one may stand alone in some of them, `=` is always right. */
function valueRows(commands: readonly CompletedCommands[]): Row[] {
  const all = new Map<string, CompletedFlag>();
  for (const flag of commands.flatMap(({ flags }) => flags)) {
    if (flag.value === "none" || all.get(flag.name)?.value === "joined") continue;
    all.set(flag.name, flag);
  }
  return [...all.values()].map(({ names, value, words, paths }) => [
    names.map((name) => name.replaceAll("_", "-")),
    [
      `value=${value}`,
      ...words.length === 0 ? [] : [`words='${words.join(" ")}'`],
      ...paths === "none" ? [] : [`paths=${paths}`],
    ].join(" "),
  ]);
}

import { CALLED_AS, type CommandName, COMMANDS, wordsOf } from "../program.ts";
import { type CompletedCommands, completedCommands, type CompletedFlag } from "./completed_flag.ts";

/**
 * Completions for zsh.
 *
 * @param programs All names that the program is called by.
 * @returns A script to source, or to put into a folder of `fpath` as `_parasync`.
 */
export function zshCompletions(programs: readonly string[]): string {
  const names = Object.keys(COMMANDS) as CommandName[];
  const described = names.map((name) =>
    `    ${quoted(`${name}:${COMMANDS[name].summary.replaceAll(":", "\\:")}`)}\n`
  );
  const called = [...CALLED_AS].map(([name, command]) =>
    `    (${name}) _parasync_arguments ${command} ;;\n`
  );
  const originals = names.filter((name) => COMMANDS[name].original).join("|");
  return `\
#compdef ${programs.join(" ")}
# Completions of parasync for zsh; made by: parasync completions zsh

# Words, and folders.
_parasync_or_folder() {
  _alternative "words:word:($*)" 'folders:folder:_files -/'
}

_parasync_commands() {
  local -a commands=(
${described.join("")}  )
  _describe -t commands command commands
}

# The flags and arguments of the command $1.
_parasync_arguments() {
  case $1 in
${completedCommands().map(argumentsOf).join("")}  esac
}

_parasync() {
  local curcontext=$curcontext state line
  case \${service:t} in
${called.join("")}    (${originals}) _parasync_arguments \${service:t} ;;
    (*)
      _arguments -C ${ALWAYS.join(" ")} '1:command:->command' '*::argument:->arguments'
      case $state in
        (command) _parasync_commands ;;
        (arguments)
          curcontext=\${curcontext%:*}-$words[1]:
          _parasync_arguments $words[1]
          ;;
      esac
      ;;
  esac
}

if [[ $funcstack[1] == _parasync ]]; then
  _parasync "$@"
else
  compdef _parasync ${programs.join(" ")}
fi
`;
}

const ALWAYS = ["'(- *)'{-h,--help}'[Show help]'", "'(- *)'{-V,--version}'[The version]'"];

function argumentsOf({ names, positionals, flags }: CompletedCommands): string {
  const specs = [...flags.flatMap(flagSpecs), ...ALWAYS, ...positionals.map(positionalSpec)];
  return [
    `    (${names.join("|")})`,
    `      _arguments -S \\`,
    ...specs.map((spec, place) => `        ${spec}${place < specs.length - 1 ? " \\" : ""}`),
    "      ;;",
    "",
  ].join("\n");
}

/** The specifications of a flag (zshcompsys, `_arguments`), one for each of its names. */
function flagSpecs(flag: CompletedFlag): string[] {
  const { name, short, description, placeholder, value, repeatable } = flag;
  const explained = `[${description.replace(/[[\]\\]/g, "\\$&")}]`;
  const action = value === "none" ? "" : `:${placeholder}:${actionOf(flag)}`;
  const long = { none: "", joined: "=-", either: "=" }[value];
  const spelled = [
    `--${name}${long}`,
    ...short === "" ? [] : [`-${short}${value === "none" ? "" : "+"}`],
  ];
  const others = repeatable ? "*" : short === "" ? "" : `(--${name} -${short})`;
  // What may be left out has two colons.
  const optional = value === "joined" ? ":" : "";
  return spelled.map((each) => quoted(`${others}${each}${explained}${optional}${action}`));
}

function actionOf({ words, paths }: CompletedFlag): string {
  if (paths === "files") return "_files";
  if (paths === "none") return words.length === 0 ? " " : `(${words.join(" ")})`;
  // The blank keeps zsh from putting arguments of its own before these.
  return words.length === 0 ? "_files -/" : ` _parasync_or_folder ${words.join(" ")}`;
}

function positionalSpec(positional: string): string {
  const words = wordsOf(positional);
  const name = positional.replace(/^\[|\]$/g, "");
  // Not the blank that only says what is wanted: zsh would show that instead of completing a flag there.
  const action = words === undefined
    ? "_files"
    : words.length === 0
    ? "{:}"
    : `(${words.join(" ")})`;
  return quoted(`:${name === positional ? "" : ":"}${name}:${action}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Completions, in the shells that they are for. */
// @ts-types="../../src/types/std_assert.d.ts"
import { assert, assertEquals, assertMatch } from "@std/assert";
import fs from "node:fs";
import { join } from "node:path";
import type { FlagSpec } from "../../src/cli/flag_spec.ts";
import { flagsOf } from "../../src/cli/options.ts";
import { type CommandName, COMMANDS, PROGRAMS, SHELLS } from "../../src/cli/program.ts";
import { assertFailed, assertSucceeded } from "../outcome.ts";
import { run } from "../program.ts";
import { needs, shell, Terminal } from "../shell.ts";
import { Workspace } from "../workspace.ts";

const NAMES = Object.keys(COMMANDS) as CommandName[];

/** How each shell is started so that it reads nobody's settings. */
const STARTS = {
  bash: ["bash", "--norc", "--noprofile"],
  zsh: ["zsh", "-f"],
  fish: ["fish", "--no-config"],
} as const satisfies Record<typeof SHELLS[number], readonly string[]>;

/** Bash's completion of a line, as functions that print what would be offered. */
const BASH_OFFERS = `
compopt() { :; }
offers() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  _parasync
  printf '%s\\n' "\${COMPREPLY[@]}"
}
`;

/** A folder with the script of a shell and files to complete. */
class Shelf extends Workspace {
  readonly script = join(this.path, "completions");

  async prepare(name: typeof SHELLS[number]): Promise<void> {
    fs.writeFileSync(this.script, assertSucceeded(await run(["completions", name])));
    this.new("", "new.img");
    this.new("", "new.txt");
  }
}

function test(name: string, programs: readonly string[], body: () => Promise<void>): void {
  const skipped = needs(...programs);
  Deno.test({ name: `${name}${skipped}`, ignore: skipped !== "", fn: body });
}

/** The words of a choice, for each command and flag that has one. */
function choices(): [CommandName, string, readonly string[]][] {
  return NAMES.flatMap((command) =>
    (flagsOf(command) as [string, FlagSpec][]).flatMap(([name, spec]) =>
      spec.kind === "choice"
        ? [[command, name, spec.choices] as [CommandName, string, readonly string[]]]
        : []
    )
  );
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** Stands behind what was offered for a line. */
const END = "= end =";

/** What was offered, a set for each line. */
function parts(text: string): Set<string>[] {
  return text.split(`${END}\n`).slice(0, -1).map((part) =>
    new Set(lines(part).map((line) => line.split("\t", 1)[0]!))
  );
}

/** A line, and what is offered for its end. */
type Asked = readonly [line: string, offers: readonly string[]];

function assertOffered(offered: readonly Set<string>[], asked: readonly Asked[]): void {
  assertEquals(offered.length, asked.length);
  for (const [place, [line, wanted]] of asked.entries()) {
    assertEquals([...offered[place]!].sort(), [...wanted], line);
  }
}

for (const name of SHELLS) {
  test(`the completions for ${name} are a script that it can read`, [name], async () => {
    await using shelf = new Shelf();
    await shelf.prepare(name);
    const [command, ...flags] = STARTS[name];
    const { code, stderr } = new Deno.Command(command, { args: [...flags, "-n", shelf.script] })
      .outputSync();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  });
}

test("bash completes every flag of every command, and every choice", ["bash"], async () => {
  await using shelf = new Shelf();
  await shelf.prepare("bash");
  const commands = NAMES.map((name) => `offers parasync ${name} -; echo ${END}`);
  const values = choices().map(([command, flag]) =>
    `offers parasync ${command} --${flag} = ''; echo ${END}`
  );
  const script = [`source ${shelf.script}`, BASH_OFFERS, ...commands, ...values].join("\n");
  const offered = parts(shell(STARTS.bash, script, shelf.path));
  assertEquals(offered.length, commands.length + values.length);
  for (const [place, command] of NAMES.entries()) {
    for (const [flag] of flagsOf(command)) {
      const known = offered[place]!.has(`--${flag}`) || offered[place]!.has(`--${flag}=`);
      assert(known, `${command}: --${flag}`);
    }
  }
  for (const [place, [command, flag, words]] of choices().entries()) {
    assertEquals(offered[NAMES.length + place], new Set(words), `${command} --${flag}`);
  }
});

test(
  "bash completes by every name of the program, and what is behind a value",
  ["bash"],
  async () => {
    await using shelf = new Shelf();
    await shelf.prepare("bash");
    const asked: readonly Asked[] = [
      ["parasync ser", ["serve"]],
      ["/usr/bin/parasync-server --roo", ["--root="]],
      ["parasync-client --sch", ["--scheme="]],
      ["rsync_http_client --new_f", ["--new_filename="]],
      ["parasync push --hw=re", ["--hw=require"]], // where "=" does not end a word
      ["parasync push --threads ''", ["auto", "cores"]],
      ["parasync push --threads 2 -T ''", ["auto", "cores"]],
      ["rsync_test --threads 2 old new ''", ["0", "1"]],
      ["parasync push http : //h:1/a --con", ["--config=", "--confirm=", "--connect-timeout="]],
      ["parasync completions z", ["zsh"]],
      ["parasync help comp", ["compare", "completions"]],
      ["parasync nonsense --r", []],
    ];
    const script = asked.map(([line]) => `offers ${line}; echo ${END}`).join("\n");
    const text = shell(STARTS.bash, `source ${shelf.script}\n${BASH_OFFERS}${script}`, shelf.path);
    assertOffered(parts(text), asked);
    const registered = shell(STARTS.bash, `source ${shelf.script}; complete -p`, shelf.path);
    for (const program of PROGRAMS) assertMatch(registered, new RegExp(` ${program}$`, "m"));
  },
);

test("fish completes every flag of every command, and every choice", ["fish"], async () => {
  await using shelf = new Shelf();
  await shelf.prepare("fish");
  const commands = NAMES.map((name) => `complete -C 'parasync ${name} --'; echo ${END}`);
  const values = choices().map(([command, flag]) =>
    `complete -C 'parasync ${command} --${flag}='; echo ${END}`
  );
  const script = [`source ${shelf.script}`, ...commands, ...values].join("\n");
  const offered = parts(shell(STARTS.fish, script, shelf.path));
  for (const [place, command] of NAMES.entries()) {
    for (const [flag] of flagsOf(command)) {
      assert(offered[place]!.has(`--${flag}`), `${command}: --${flag}`);
    }
  }
  for (const [place, [command, flag, words]] of choices().entries()) {
    const whole = new Set(words.map((word) => `--${flag}=${word}`));
    assertEquals(offered[NAMES.length + place], whole, `${command} --${flag}`);
  }
});

test(
  "fish completes by every name of the program, and files where files belong",
  ["fish"],
  async () => {
    await using shelf = new Shelf();
    await shelf.prepare("fish");
    const asked: readonly Asked[] = [
      ["parasync ser", ["serve"]],
      ["parasync-server --roo", ["--root"]],
      ["parasync-server --root=", ["--root=root/"]],
      ["parasync-client --sch", ["--scheme"]],
      ["rsync_http_client --new_filename ne", ["new.img", "new.txt"]],
      ["parasync push ", ["completions", "new.img", "new.txt", "root/"]],
      ["parasync push new.img ", []],
      ["parasync push --threads 2 new.img ", []],
      ["parasync push --token-file ne", ["new.img", "new.txt"]],
      ["parasync push --threads ", ["auto", "cores"]],
      ["parasync completions ", ["bash", "fish", "zsh"]],
      ["parasync doctor ", []],
    ];
    const script = asked.map(([line]) => `complete -C '${line}'; echo ${END}`).join("\n");
    const offered = parts(shell(STARTS.fish, `source ${shelf.script}\n${script}`, shelf.path));
    assertOffered(offered, asked);
  },
);

test("zsh is given every flag of every command, and every choice", ["zsh"], async () => {
  await using shelf = new Shelf();
  await shelf.prepare("zsh");
  const commands = NAMES.map((name) => `_parasync_arguments ${name}; echo ${END}`);
  const script = [
    // What completes is left out: the flags are printed as it would be given them.
    "compdef() { : }",
    `source ${shelf.script}`,
    "_arguments() { print -rl -- $@ }",
    ...commands,
  ].join("\n");
  const given = shell(STARTS.zsh, script, shelf.path).split(`${END}\n`);
  for (const [place, command] of NAMES.entries()) {
    for (const [flag, spec] of flagsOf(command) as [string, FlagSpec][]) {
      const line = lines(given[place]!).find((each) =>
        new RegExp(`^(\\*|\\([^)]*\\))?--${flag}[=[]`).test(each)
      );
      assert(line !== undefined, `${command}: --${flag}`);
      if (spec.kind === "choice") assert(line.endsWith(`:(${spec.choices.join(" ")})`), line);
    }
  }
});

for (
  const [name, setUp] of [
    ["bash", "PS1='> '"],
    ["zsh", "PS1='> '; autoload -Uz compinit; compinit -u -D"],
  ] as const
) {
  test(
    `at a terminal, ${name} completes commands, flags, choices and files`,
    [name, "script"],
    async () => {
      await using shelf = new Shelf();
      await shelf.prepare(name);
      await using terminal = new Terminal(`${STARTS[name].join(" ")} -i`, shelf.path);
      await terminal.type(`${setUp}; source ./completions; echo ready-$((40 + 2))\n`);
      await terminal.shows(/ready-42/);
      const typed: readonly (readonly [keys: string, shows: RegExp])[] = [
        ["parasync serv\t--max-f\t1GiB", /parasync serve --max-file-size=1GiB/],
        ["parasync doctor --ro\tro\t", /parasync doctor --root=root\//],
        ["parasync push --hw=requ\tnew.i\t", /parasync push --hw=require new\.img/],
        ["parasync-server --root=ro\t", /parasync-server --root=root\//],
        ["rsync_http_client --new_f\tnew.t\t", /rsync_http_client --new_filename=new\.txt/],
      ];
      for (const [keys, shows] of typed) {
        await terminal.type(keys);
        await terminal.shows(shows);
        // Takes the line away, as the shells have it without a person's settings.
        await terminal.type("\x15");
      }
    },
  );
}

Deno.test("completions for another shell are refused with the shells that there are", async () => {
  assertFailed(await run(["completions", "tcsh"]), 1, /complete in tcsh: .*bash, zsh and fish/);
  assertFailed(await run(["completions"]), 1, /SHELL is missing/);
});

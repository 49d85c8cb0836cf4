import type { TestFolder } from "./test_folder.ts";

/** A race of processes for something that only one of them may get. */
export interface Race {
  /** What a process does at first; the folder is its first argument. */
  readonly setUp: string;
  /** How it tries. */
  readonly attempt: string;
  /** The failure code of those that come too late; any other failure ends the process. */
  readonly refusal: string;
  /** What it does once all have tried. */
  readonly cleanUp: string;
  /** What is done before each round. */
  prepare(): void;
}

const RACERS = 4;
const ROUNDS = 40;

/**
 * Lets four processes try for one thing at one moment, forty times.
 *
 * @param folder Where it is.
 * @param of What they try.
 * @returns How many rounds did not have exactly one winner.
 */
export async function race(folder: TestFolder, of: Race): Promise<number> {
  const script = folder.write("racer.ts", source(of));
  const racers = Array.from({ length: RACERS }, () => {
    const args = ["run", "-A", "--no-config", "--no-check", script, folder.path];
    const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" })
      .spawn();
    return { child, input: child.stdin.getWriter(), output: child.stdout.getReader() };
  });
  const hear = () =>
    Promise.all(racers.map(async ({ output }) => {
      const { value } = await output.read();
      if (value === undefined) throw new Error("a racer ended early");
      return new TextDecoder().decode(value);
    }));
  const tell = () => Promise.all(racers.map(({ input }) => input.write(new Uint8Array(1))));
  let wrong = 0;
  try {
    await hear();
    for (let round = 0; round < ROUNDS; round++) {
      of.prepare();
      await tell();
      const winners = (await hear()).filter((answer) => answer === "1").length;
      if (winners !== 1) wrong++;
      await tell();
      await hear();
    }
  } finally {
    for (const { child, input, output } of racers) {
      await input.close().catch(() => {});
      output.releaseLock();
      await child.stdout.cancel();
      await child.status;
    }
  }
  return wrong;
}

function source({ setUp, attempt, refusal, cleanUp }: Race): string {
  return `${setUp}
    const heard = () => Deno.stdin.readSync(new Uint8Array(1)) !== null;
    const say = (text) => Deno.stdout.writeSync(new TextEncoder().encode(text));
    say("r");
    while (heard()) {
      let won = "1";
      try { ${attempt} } catch (error) {
        if (error.code !== ${JSON.stringify(refusal)}) throw error;
        won = "0";
      }
      say(won);
      heard();
      ${cleanUp}
      say("r");
    }`;
}

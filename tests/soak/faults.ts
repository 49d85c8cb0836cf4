/** What is done to a push while it is at work, and to a server between pushes. */
import { type Numbers, oneOf, randomBytes } from "../fixtures/seeded.ts";
import { mutated } from "../fuzz/mutation.ts";
import { literalPatch, Speaker } from "../hostile/speaker.ts";
import { Program } from "../program.ts";
import { exchange } from "../raw_request.ts";
import { Relay } from "../relay.ts";

/** Bytes in which most pushes here go up and down: a fault later than that comes too late. */
const MOST_UP = 30_000;
const MOST_DOWN = 1500;
const LATE = 60;

/** Where a push goes, and what. */
export interface Push {
  /** The server's port. */
  readonly port: number;
  readonly file: string;
  readonly name: string;
}

/** Does something to a push; gives its exit code. */
export type Fault = (push: Push, next: Numbers) => Promise<number>;

async function pushTo(
  port: number,
  { file, name }: Push,
  more: readonly string[] = [],
): Promise<number> {
  await using program = new Program(
    ["push", file, `http://127.0.0.1:${port}/${name}`, "--quiet", ...more],
    // Half of all that is sent is what a slow line would be sent.
    { env: { PARASYNC_REFINE: "auto", PARASYNC_COMPRESS: "auto" } },
  );
  return (await program.ended).code;
}

/** A relay that holds bytes back somewhere in the push, and what is done then. */
function held(
  up: boolean,
  then: (relay: Relay, program: Program) => void,
): Fault {
  return async ({ port, file, name }, next) => {
    // Now and then one that comes late in a push of much that is new.
    const after = next(up ? MOST_UP * (next(3) === 0 ? LATE : 1) : MOST_DOWN);
    await using relay = new Relay(port, up ? { holdAfter: after } : { holdAnswerAfter: after });
    await using program = new Program(["push", file, `${relay.url}/${name}`, "--quiet"]);
    await Promise.race([relay.holding, program.ended]);
    then(relay, program);
    return (await program.ended).code;
  };
}

/** Faults of a push by name, with how often each comes in relation to the others. */
export const PUSH_FAULTS: Readonly<Record<string, readonly [weight: number, fault: Fault]>> = {
  "none": [6, (push) => pushTo(push.port, push)],
  "another scheme": [
    2,
    (push, next) => pushTo(push.port, push, [`--scheme=${oneOf(next, ["rsync", "dsync"])}`]),
  ],
  "compressed and refined": [
    2,
    (push, next) =>
      pushTo(push.port, push, [
        "--refine=on",
        `--compress=${oneOf(next, ["zstd", "deflate"])}`,
      ]),
  ],
  "client killed": [3, held(true, (_relay, program) => program.kill("SIGKILL"))],
  "client interrupted": [1, held(true, (_relay, program) => program.kill("SIGINT"))],
  "line cut on the way up": [3, held(true, (relay) => relay.cut())],
  "line cut on the way down": [2, held(false, (relay) => relay.cut())],
  "line that stops for a moment": [1, held(true, (relay) => relay.release())],
};

/** A stranger's bytes; what comes back does not matter. */
export async function throwGarbage(port: number, name: string, next: Numbers): Promise<void> {
  try {
    if (next(3) === 0) {
      await exchange(port, [randomBytes(next, next(20_000))], true);
      return;
    }
    const speaker = await Speaker.meet(port);
    const content = randomBytes(next, 1000);
    const opening = speaker.opening(content.length);
    if (next(2) === 0) {
      await speaker.ask(name, mutated(next, opening, opening), "", next(2) === 0);
      return;
    }
    const { key } = await speaker.open(name, content.length);
    const patch = await literalPatch(next(2000), content);
    await speaker.patch(name, key, mutated(next, patch, patch));
  } catch {
    // The server may be the one that is being killed.
  }
}

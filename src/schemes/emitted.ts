import { ParasyncError } from "../errors.ts";

/** So many things may wait to be taken before whoever makes them is held back. */
const MOST_WAITING = 16;

/**
 * What a piece of work hands on by calls, as a sequence that is asked for.
 *
 * @param work Calls its argument for each thing it makes, in order, and goes on when what that returns resolves:
 * when few enough things wait. It rejects where nobody takes any more, and so must the work then.
 * @returns The things made, as they come; ended early, it ends when the work has.
 * @throws What the work threw, after what it had made.
 */
export async function* emitted<T>(
  work: (emit: (thing: T) => Promise<void>) => Promise<void>,
): AsyncGenerator<T, void, undefined> {
  const things: T[] = [];
  let wake: () => void = () => {};
  const held: (() => void)[] = [];
  const goOn = (): void => {
    for (const resolve of held.splice(0)) resolve();
  };
  let over = false;
  let left = false;
  let failure: { readonly reason: unknown } | undefined;
  const emit = async (thing: T): Promise<void> => {
    things.push(thing);
    wake();
    while (things.length >= MOST_WAITING && !left) {
      await new Promise<void>((resolve) => held.push(resolve));
    }
    if (left) throw new ParasyncError("interrupted", "Cannot go on: nobody takes what is made");
  };
  const done = work(emit).catch((reason) => failure = { reason }).finally(() => {
    over = true;
    wake();
  });
  try {
    for (;;) {
      while (things.length > 0) {
        yield things.shift()!;
        goOn();
      }
      if (over) break;
      await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    left = true;
    goOn();
    await done;
  }
  if (failure !== undefined) throw failure.reason;
}

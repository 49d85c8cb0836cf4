/**
 * What a piece of work hands on by calls, as a sequence that is asked for.
 *
 * @param work Calls its argument for each thing it makes, in order; it is not held back.
 * @returns The things made, as they come.
 * @throws What the work threw, after what it had made.
 */
export async function* emitted<T>(
  work: (emit: (thing: T) => void) => Promise<void>,
): AsyncGenerator<T, void, undefined> {
  const things: T[] = [];
  let wake: () => void = () => {};
  let over = false;
  let failure: { readonly reason: unknown } | undefined;
  work((thing) => {
    things.push(thing);
    wake();
  }).catch((reason) => failure = { reason }).finally(() => {
    over = true;
    wake();
  });
  for (;;) {
    yield* things.splice(0);
    if (things.length > 0) continue;
    if (over) break;
    await new Promise<void>((resolve) => wake = resolve);
  }
  if (failure !== undefined) throw failure.reason;
}

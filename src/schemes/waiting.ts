/** How often the other end is told that something is still being worked on, in ms. */
const TELL_MS = 200;

/**
 * Waits for work, and says now and then how far it is: a peer, or a proxy on the way, takes one that says nothing
 * for dead.
 *
 * @param work What is waited for.
 * @param tell Makes a frame that says how far it is.
 * @returns What the work gives, after the frames.
 */
export async function* waitedFor<T, Frame>(
  work: Promise<T>,
  tell: () => Frame,
): AsyncGenerator<Frame, T, undefined> {
  let over = false;
  const ended = work.then(() => over = true, () => over = true);
  for (;;) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = new Promise((resolve) => timer = setTimeout(resolve, TELL_MS));
    await Promise.race([ended, tick]);
    clearTimeout(timer);
    if (over) return await work;
    yield tell();
  }
}

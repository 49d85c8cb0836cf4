/**
 * Lets the event loop do what is due: signals, timers, the network. Not `setImmediate`: in Deno 2.8 a loop over
 * it lets hardly anything else run.
 */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

import { ParasyncError } from "../errors.ts";

/** A session ends in which nothing was to be changed, and nothing failed. */
export function looked(): ParasyncError {
  return new ParasyncError("changed", "Cannot go on: the session was for looking alone");
}

/** A session ends because nobody is left to answer. */
export function clientGone(): ParasyncError {
  return new ParasyncError("stream", "Cannot go on: the client went away");
}

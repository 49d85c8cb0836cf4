/** What is kept of an interrupted sync of a file shorter than this, in bytes, would not be worth asking about. */
export const LEAST_RESUMED_BYTES = 8 << 20;

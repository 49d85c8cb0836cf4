/** The program's name, as it appears in messages and in `User-Agent`. */
export const NAME = "parasync";

/** This build's version (semantic versioning); equals the one in deno.json, which a test checks. */
export const VERSION = "0.1.0";

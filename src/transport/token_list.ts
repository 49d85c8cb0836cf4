// @ts-types="../types/std_crypto.d.ts"
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { ParasyncError } from "../errors.ts";
import { createHash } from "../node.ts";
import type { Grant } from "./grant.ts";
import type { TokenEntry } from "./token_lines.ts";

/** The tokens that open a server. */
export class TokenList {
  readonly #entries: readonly { readonly digest: Uint8Array; readonly grant: Grant }[];

  /** @param entries The tokens; at least one. */
  constructor(entries: readonly TokenEntry[]) {
    if (entries.length === 0) throw new ParasyncError("usage", "Cannot use tokens: there are none");
    this.#entries = entries.map(({ token, grant }) => ({ digest: digestOf(token), grant }));
  }

  /**
   * What a token opens. Digests of equal length are compared, and all of them whichever it is, so that neither content
   * nor length nor place shows in the time it takes.
   *
   * @param given What a client sent.
   * @returns Its grant; undefined where it is no token of ours.
   */
  grantOf(given: string): Grant | undefined {
    const digest = digestOf(given);
    let found: Grant | undefined;
    for (const { digest: each, grant } of this.#entries) {
      if (timingSafeEqual(digest, each)) found = grant;
    }
    return found;
  }
}

function digestOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

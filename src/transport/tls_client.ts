import { ParasyncError } from "../errors.ts";

/**
 * What speaks TLS to a server, who must prove that the name in the URL is its own; there is no way around that.
 *
 * HTTP/1.1 alone: under HTTP/2 uploads take several times as long with this runtime.
 *
 * @param base The server.
 * @param authorities Certificates of authorities to believe beside the usual ones, in PEM.
 * @returns To be handed to each `fetch`, and closed; undefined where the server is asked in plain HTTP.
 * @throws {ParasyncError} `usage` for authorities that would not be asked.
 */
export function tlsClient(
  base: string,
  authorities: readonly string[],
): Deno.HttpClient | undefined {
  if (base.startsWith("https:")) {
    return Deno.createHttpClient({ caCerts: [...authorities], http1: true, http2: false });
  }
  if (authorities.length === 0) return undefined;
  throw new ParasyncError("usage", `Cannot use --ca with ${base}: it is not https`);
}

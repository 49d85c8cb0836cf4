import { ParasyncError } from "../errors.ts";
import { printable } from "../telemetry/printable.ts";
import { isV4, parseAddress } from "./ip_address.ts";

interface Network {
  readonly address: Uint8Array;
  readonly bits: number;
}

/** The most hops that are looked at: a header of any length must not cost time. */
const MOST_HOPS = 32;

/** The proxies whose word on where a request came from is taken. */
export class TrustedProxies {
  readonly #networks: readonly Network[];

  /**
   * @param names Addresses, each with the number of its leading bits that count where it stands for a network:
   * `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
   * @throws {ParasyncError} `usage` for one that cannot be read.
   */
  constructor(names: readonly string[]) {
    this.#networks = names.map(networkFrom);
  }

  /** Whether an address is a trusted proxy's. */
  has(address: string): boolean {
    if (this.#networks.length === 0) return false;
    const bytes = parseAddress(address);
    return bytes !== undefined && this.#networks.some((network) => contains(network, bytes));
  }

  /**
   * Where a request came from. Each proxy adds whom it had the request from at the header's end, so that what stands
   * before the first address of nobody we trust may be made up.
   *
   * @param peer The other end of the connection.
   * @param forwarded `X-Forwarded-For`.
   * @returns The address of the nearest one who is not a trusted proxy.
   */
  clientOf(peer: string, forwarded: string | null): string {
    if (forwarded === null || !this.has(peer)) return peer;
    const hops = forwarded.split(",").slice(-MOST_HOPS).map((hop) => hop.trim());
    let client = peer;
    while (hops.length > 0 && this.has(client)) {
      const next = hops.pop()!.replace(/^\[|\]$/g, "");
      if (parseAddress(next) === undefined) break;
      client = next;
    }
    return client;
  }
}

function networkFrom(name: string): Network {
  const [text, count, ...more] = name.split("/");
  const address = parseAddress(text!.trim());
  const refuse = (reason: string): ParasyncError =>
    new ParasyncError("usage", `Cannot use --trusted-proxy=${printable(name, 80)}: ${reason}`);
  if (address === undefined || more.length > 0) {
    throw refuse("it must be an address or a network, such as 10.0.0.1 or 10.0.0.0/8");
  }
  const [most, before] = isV4(address) && !text!.includes(":") ? [32, 96] : [128, 0];
  if (count === undefined) return { address, bits: 128 };
  if (!/^\d{1,3}$/.test(count) || Number(count) > most) {
    throw refuse(`after the slash there must be 0 to ${most}`);
  }
  return { address, bits: before + Number(count) };
}

function contains({ address, bits }: Network, bytes: Uint8Array): boolean {
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (address[at] !== bytes[at]) return false;
  const rest = bits & 7;
  return rest === 0 || (address[whole]! ^ bytes[whole]!) >> (8 - rest) === 0;
}

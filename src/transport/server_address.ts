import { ParasyncError } from "../errors.ts";
import { isLoopback } from "./loopback.ts";

/** Makes the runtime listen elsewhere than it is told, or in a second place. */
const OVERRIDE = "DENO_SERVE_ADDRESS";

/**
 * Takes from the environment what would move a server to another address than the one that was asked for and judged.
 *
 * @returns Whether there was something, and it was taken away.
 */
export function dropAddressOverride(): boolean {
  try {
    if (!Deno.env.has(OVERRIDE)) return false;
    Deno.env.delete(OVERRIDE);
    return true;
  } catch (error) {
    // Where it may not be looked at, the address that the server has got tells.
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

/**
 * Makes sure that a server listens where it was asked to.
 *
 * @param address Where it listens.
 * @param host Where it was asked to.
 * @param port At which port; 0: any.
 * @throws {ParasyncError} `usage` where it does not.
 */
export function requireAddress(address: Deno.Addr, host: string, port: number): void {
  const elsewhere = !("hostname" in address) || port !== 0 && address.port !== port ||
    isLoopback(host) && !isLoopback(address.hostname);
  if (!elsewhere) return;
  throw new ParasyncError(
    "usage",
    `Cannot listen on ${host}:${port}: the runtime listens elsewhere; unset ${OVERRIDE}`,
  );
}

import { ParasyncError } from "../errors.ts";
import { openAcceptedSockets, peerKey } from "./accepted_sockets.ts";
import { ConnectionWatch } from "./connection_watch.ts";
import type { Limits } from "./limits.ts";
import { type RouteParts, Routes } from "./routes.ts";
import { dropAddressOverride, requireAddress } from "./server_address.ts";
import type { TlsIdentity } from "./tls_identity.ts";
import type { TrustedProxies } from "./trusted_proxies.ts";

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** What it proves who it is by; undefined: it speaks plain HTTP. */
  readonly tls: TlsIdentity | undefined;
  /** Whose word on where requests come from is taken. */
  readonly proxies: TrustedProxies;
}

/** How long requests at work may go on once the server is asked to stop, in ms. */
const GRACE_MS = 10_000;

/** How often a stopping server looks whether requests are still at work, in ms. */
const POLL_MS = 50;

/** How long the last answers may take to go out, in ms. */
const LINGER_MS = 500;

/** How long a server that could take no connection waits before it listens again, in ms. */
const SHORTAGE_MS = 100;

/** A server that listens. */
export interface RunningServer {
  /** Where it listens. */
  readonly address: { readonly hostname: string; readonly port: number };
  /** Resolves when it has stopped. */
  readonly finished: Promise<void>;
  /** Takes no more requests, lets those at work end for a while, then breaks them off. */
  stop(): Promise<void>;
}

/**
 * Starts to listen.
 *
 * @param parts What to serve from.
 * @param options Where.
 * @returns The running server.
 * @throws {ParasyncError} `connection` where the address cannot be listened on.
 */
export function startServer(parts: RouteParts, options: ListenOptions): RunningServer {
  const { host, port, tls, proxies } = options;
  const { logger, limits } = parts;
  if (dropAddressOverride()) logger.warn("DENO_SERVE_ADDRESS is not heeded; --host and --port are");
  const routes = new Routes(parts);
  let watch: ConnectionWatch | undefined;
  const serve: Deno.ServeHandler<Deno.NetAddr> = async (request, { remoteAddr, completed }) => {
    const { hostname: peer, port: peerPort } = remoteAddr;
    const answered = watch?.requested(peerKey(peer, peerPort));
    const { headers } = request;
    let made: Promise<void> | undefined;
    const response = await routes.handle(request, {
      client: proxies.clientOf(peer, headers.get("x-forwarded-for")),
      requestId: proxies.has(peer) ? headers.get("x-request-id") ?? undefined : undefined,
      completed,
      onMade: (promise) => made = promise,
    });
    if (answered !== undefined) whenSent(made, completed, limits, answered);
    return response;
  };
  const listen = (at: number): Deno.HttpServer<Deno.NetAddr> =>
    Deno.serve({
      hostname: host,
      port: at,
      ...tls,
      onListen: () => {},
      onError: (error) => {
        logger.error("Cannot answer", { cause: String(error) });
        return new Response(null, { status: 500 });
      },
    }, serve);
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = listen(port);
  } catch (error) {
    throw cannotListen(options, error);
  }
  try {
    requireAddress(server.addr, host, port);
  } catch (error) {
    server.shutdown().catch(() => {});
    throw error;
  }
  const sockets = openAcceptedSockets();
  if (sockets === null) {
    logger.info("Silent connections are not ended: on Linux that needs --allow-ffi");
  } else {
    watch = new ConnectionWatch(sockets, server.addr, limits);
    watch.start();
  }
  const { hostname, port: bound } = server.addr;
  let stopping = false;
  /** The runtime stops to listen where it has no descriptor for a connection; there will be some again. */
  const untilStopped = async (): Promise<void> => {
    for (;;) {
      try {
        return await server.finished;
      } catch (error) {
        if (stopping || !isShortage(error)) throw error;
        logger.warn("Cannot take connections for a moment", { reason: String(error) });
      }
      for (let listens = false; !listens && !stopping;) {
        await new Promise((resolve) => setTimeout(resolve, SHORTAGE_MS));
        try {
          server = listen(bound);
          listens = true;
        } catch (error) {
          if (!isShortage(error)) throw cannotListen(options, error);
        }
      }
      if (stopping) return;
    }
  };
  return {
    address: { hostname, port: bound },
    finished: untilStopped(),
    async stop(): Promise<void> {
      stopping = true;
      routes.stopping();
      // The runtime cannot break off what it is shutting down: who asks for nothing is left behind.
      const shutDown = server.shutdown().catch(() => {});
      const until = performance.now() + GRACE_MS;
      while (parts.sessions.busy > 0 && performance.now() < until) {
        await settledWithin(shutDown, POLL_MS);
      }
      watch?.stop();
      await parts.sessions.close();
      await settledWithin(shutDown, LINGER_MS);
    },
  };
}

/** Waits until a promise settles, but not for ever. */
async function settledWithin(promise: Promise<void>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([promise, new Promise((resolve) => timer = setTimeout(resolve, ms))]);
  clearTimeout(timer);
}

/** Tells when an answer has gone out, or has had its time for that since all of it was made. */
function whenSent(
  made: Promise<void> | undefined,
  completed: Promise<void>,
  { idleMs, stallMs }: Limits,
  done: () => void,
): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const over = (): void => {
    clearTimeout(timer);
    if (!isOver) done();
    isOver = true;
  };
  const arm = (ms: number): void => {
    if (isOver) return;
    timer = setTimeout(over, ms);
    Deno.unrefTimer(timer);
  };
  // Of a long answer much may be on a slow line still.
  if (made === undefined) arm(idleMs);
  else made.then(() => arm(stallMs));
  completed.then(over, over);
}

/** Whether the process or the machine has no descriptor or memory left for a connection. */
function isShortage(error: unknown): boolean {
  const reason = error instanceof Error ? `${error.message} ${error.cause ?? ""}` : String(error);
  return /too many open files|os error (12|23|24|105)\b|no buffer space/i.test(reason);
}

function cannotListen({ host, port, tls }: ListenOptions, error: unknown): ParasyncError {
  let reason = error instanceof Error ? error.message : String(error);
  if (tls !== undefined && /KeyMismatch/.test(reason)) {
    return new ParasyncError(
      "usage",
      "Cannot use the private key: it is not that of the certificate (--tls-cert, --tls-key)",
    );
  }
  if (tls !== undefined && error instanceof Deno.errors.InvalidData) {
    return new ParasyncError("usage", `Cannot use the certificate or its key: ${reason}`);
  }
  if (error instanceof Deno.errors.AddrInUse) reason = "the port is in use";
  if (error instanceof Deno.errors.PermissionDenied) reason = "permission denied";
  return new ParasyncError("connection", `Cannot listen on ${host}:${port}: ${reason}`, {
    cause: error,
  });
}

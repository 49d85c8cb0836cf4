import { ParasyncError } from "../errors.ts";
import { type RouteParts, Routes } from "./routes.ts";

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** How long requests at work may go on once the server is asked to stop, in ms. */
const GRACE_MS = 10_000;

/** How often a stopping server looks whether requests are still at work, in ms. */
const POLL_MS = 50;

/** How long the last answers may take to go out, in ms. */
const LINGER_MS = 500;

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
export function startServer(parts: RouteParts, { host, port }: ListenOptions): RunningServer {
  const routes = new Routes(parts);
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
      hostname: host,
      port,
      onListen: () => {},
      onError: (error) => {
        parts.logger.error("Cannot answer", { cause: String(error) });
        return new Response(null, { status: 500 });
      },
    }, (request) => routes.handle(request));
  } catch (error) {
    throw cannotListen(host, port, error);
  }
  const { hostname, port: bound } = server.addr;
  return {
    address: { hostname, port: bound },
    finished: server.finished,
    async stop(): Promise<void> {
      // The runtime cannot break off what it is shutting down: who asks for nothing is left behind.
      const shutDown = server.shutdown().catch(() => {});
      const until = performance.now() + GRACE_MS;
      while (parts.sessions.busy > 0 && performance.now() < until) {
        await settledWithin(shutDown, POLL_MS);
      }
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

function cannotListen(host: string, port: number, error: unknown): ParasyncError {
  let reason = error instanceof Error ? error.message : String(error);
  if (error instanceof Deno.errors.AddrInUse) reason = "the port is in use";
  if (error instanceof Deno.errors.PermissionDenied) reason = "permission denied";
  return new ParasyncError("connection", `Cannot listen on ${host}:${port}: ${reason}`, {
    cause: error,
  });
}

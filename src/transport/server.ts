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
  const controller = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({
      hostname: host,
      port,
      signal: controller.signal,
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
      const timer = setTimeout(() => {
        parts.sessions.close().finally(() => controller.abort());
      }, parts.sessions.busy > 0 ? GRACE_MS : 0);
      await Promise.race([server.shutdown(), server.finished]);
      clearTimeout(timer);
      await parts.sessions.close();
    },
  };
}

function cannotListen(host: string, port: number, error: unknown): ParasyncError {
  let reason = error instanceof Error ? error.message : String(error);
  if (error instanceof Deno.errors.AddrInUse) reason = "the port is in use";
  if (error instanceof Deno.errors.PermissionDenied) reason = "permission denied";
  return new ParasyncError("connection", `Cannot listen on ${host}:${port}: ${reason}`, {
    cause: error,
  });
}

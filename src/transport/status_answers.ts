import { METRICS_TYPE } from "../telemetry/metrics.ts";
import { jsonAnswer, textAnswer, wholeAnswer } from "./answers.ts";
import type { RequestTrace } from "./request_trace.ts";
import type { ServerTelemetry } from "./server_telemetry.ts";

/** `GET /readyz`: whether a sync can be taken now, and if not, why. */
export function readyAnswer({ readiness }: ServerTelemetry, trace: RequestTrace): Response {
  const { reason } = readiness;
  const { body, headers } = textAnswer(`${reason ?? "ready"}\n`, trace);
  return new Response(body, { status: reason === null ? 200 : 503, headers });
}

/** `GET /metrics`: everything that is counted, for Prometheus. */
export function metricsAnswer(telemetry: ServerTelemetry, trace: RequestTrace): Response {
  return wholeAnswer(telemetry.metrics(), METRICS_TYPE, trace);
}

/** `GET /status.json`: what the status page shows. */
export function statusAnswer(telemetry: ServerTelemetry, trace: RequestTrace): Response {
  return jsonAnswer(telemetry.status(), trace);
}

/** `GET /`: the status page. */
export async function pageAnswer(
  telemetry: ServerTelemetry,
  trace: RequestTrace,
): Promise<Response> {
  // Not needed by a server that nobody looks at.
  const { statusPage } = await import("../telemetry/status_page.ts");
  const { html, policy } = statusPage(telemetry.status());
  const response = wholeAnswer(html, "text/html; charset=utf-8", trace);
  response.headers.set("content-security-policy", policy);
  response.headers.set("referrer-policy", "no-referrer");
  return response;
}

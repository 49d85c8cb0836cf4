import { createHash } from "../node.ts";
import type { ServerStatus } from "./server_status.ts";
import { STATUS_SCRIPT } from "./status_script.ts";
import { STATUS_STYLE } from "./status_style.ts";
import { statusView, type ViewNode } from "./status_view.ts";

/** A page and the policy that it is to be sent with. */
export interface StatusPage {
  readonly html: string;
  /** Of the header Content-Security-Policy: nothing runs and nothing is loaded but what is in the page. */
  readonly policy: string;
}

const ICON = "data:image/svg+xml," + encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#0f766e"/>' +
    '<path d="M3.5 5.5h9M3.5 8h5M10.5 8h2M3.5 10.5h9" stroke="#fff" stroke-width="1.5"/></svg>',
);

const SCRIPT = `"use strict";\n${statusView}\n${STATUS_SCRIPT}`;

const POLICY = [
  "default-src 'none'",
  `style-src ${hashSource(STATUS_STYLE)}`,
  `script-src ${hashSource(SCRIPT)}`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * The status page: complete as it is, and kept up to date by its script where that may run.
 *
 * @param status What it shows at first.
 */
export function statusPage(status: ServerStatus): StatusPage {
  const main = statusView(status, null).map(markup).join("");
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>ParaSync</title>
<link rel="icon" href="${ICON}">
<style>${STATUS_STYLE}</style>
</head>
<body>
<header>
<svg class="logo" viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" rx="4"/><path d="M3.5 5.5h9M3.5 8h5M10.5 8h2M3.5 10.5h9"/></svg>
<h1>ParaSync</h1>
<p id="notice" role="status"></p>
</header>
<main>${main}</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
  return { html, policy: POLICY };
}

function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** Elements as HTML. Those without content of their own are none of what the view makes. */
function markup(node: ViewNode | string): string {
  if (typeof node === "string") return escapeHtml(node);
  const [tag, attributes, ...children] = node;
  const pairs = Object.entries(attributes).map(([name, value]) =>
    ` ${name}="${escapeHtml(String(value))}"`
  );
  return `<${tag}${pairs.join("")}>${children.map(markup).join("")}</${tag}>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

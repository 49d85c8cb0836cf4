/**
 * The browser's part of the status page: asks for the figures, and brings the elements up to date with what
 * `statusView` makes of them. Text is only ever set as text. What is the same stays as it is, so that focus, open
 * details and a reader's place are kept.
 */
export const STATUS_SCRIPT = `
const main = document.querySelector("main");
const notice = document.getElementById("notice");
const SVG = "http://www.w3.org/2000/svg";
// The page's own address may hold a password, which no request may.
const source = new URL("status.json", location.href);
source.username = source.password = "";
let before = null;

function make(node, inSvg) {
  if (typeof node === "string") return document.createTextNode(node);
  const [tag, attributes, ...children] = node;
  const svg = inSvg || tag === "svg";
  const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  update(element, attributes, children, svg);
  return element;
}

function update(element, attributes, children, svg) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }
  for (const name of element.getAttributeNames()) {
    if (!(name in attributes) && name !== "open") element.removeAttribute(name);
  }
  children.forEach((child, place) => {
    const there = element.childNodes[place];
    if (there === undefined) element.append(make(child, svg));
    else if (typeof child === "string" && there.nodeType === Node.TEXT_NODE) {
      if (there.data !== child) there.data = child;
    } else if (there.localName === child[0]) {
      const [, more, ...inner] = child;
      update(there, more, inner, svg || child[0] === "svg");
    } else there.replaceWith(make(child, svg));
  });
  while (element.childNodes.length > children.length) element.lastChild.remove();
}

async function refresh() {
  try {
    const answer = await fetch(source, { cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (!answer.ok) throw new Error("The server answered " + answer.status);
    const status = await answer.json();
    update(main, {}, statusView(status, before), false);
    before = status;
    document.title = status.live.length > 0 ? "(" + status.live.length + ") ParaSync" : "ParaSync";
    notice.textContent = "";
  } catch (error) {
    notice.textContent = "No news from the server: " + error.message;
  }
  const wait = before !== null && before.live.length > 0 ? 1000 : 3000;
  setTimeout(() => {
    if (!document.hidden) refresh();
    else document.addEventListener("visibilitychange", refresh, { once: true });
  }, wait);
}
refresh();
`;

/** The language of manual pages, as far as it is needed (man(7)). */

/**
 * Plain text for a page: what has a meaning of its own is escaped.
 *
 * @param text A line of text.
 */
export function roff(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha").replaceAll('"', "\\(dq");
  // A line that begins so would be an instruction.
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** Prose: as {@linkcode roff}, but that hyphens stay hyphens, and what stands in backticks is bold. */
export function prose(text: string): string {
  return text.split("`").map((part, place) => {
    if (place % 2 === 1) return bold(part);
    // Flags stand in prose without backticks too.
    return part.split(/((?<![\w-])--[a-z][\w-]*)/).map((piece, at) =>
      at % 2 === 1 ? roff(piece) : roff(piece).replaceAll("\\-", "-")
    ).join("");
  }).join("");
}

/** What is written as it stands. */
export function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

/** What stands for something else. */
export function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}

/** A section; its first paragraph begins without being told to. */
export function section(title: string, ...content: readonly string[]): string {
  return `.SH ${title}\n${content.join("").replace(/^\.PP\n/, "")}`;
}

/** A paragraph of prose. */
export function paragraph(text: string): string {
  return `.PP\n${prose(text)}\n`;
}

/**
 * A term, and what it is below it.
 *
 * @param term Made by {@linkcode bold} and its like.
 * @param lines What it is, a line of the page's source each.
 */
export function entry(term: string, ...lines: readonly string[]): string {
  return `.TP\n${term}\n${lines.map((line) => `${line}\n`).join("")}`;
}

/** Lines that stay as they are. */
export function example(...lines: readonly string[]): string {
  return `.PP\n.nf\n.RS\n${lines.map((line) => `${roff(line)}\n`).join("")}.RE\n.fi\n`;
}

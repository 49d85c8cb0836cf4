/** Styles that a terminal can give to text. */
const STYLES = {
  bold: ["\x1b[1m", "\x1b[22m"],
  dim: ["\x1b[2m", "\x1b[22m"],
  red: ["\x1b[31m", "\x1b[39m"],
  green: ["\x1b[32m", "\x1b[39m"],
  yellow: ["\x1b[33m", "\x1b[39m"],
  cyan: ["\x1b[36m", "\x1b[39m"],
} as const;

/** The name of a style. */
export type Style = keyof typeof STYLES;

/**
 * How to style text where colours are wanted, and to leave it alone elsewhere. The standard library's
 * colours ask the process instead, so a renderer that is told could not be tested with them.
 *
 * @param colour Whether colours are wanted.
 * @returns A function that styles text.
 */
export function painter(colour: boolean): (style: Style, text: string) => string {
  return (style, text) => colour ? `${STYLES[style][0]}${text}${STYLES[style][1]}` : text;
}

/** `text` without the styles that {@linkcode painter} gives. */
export function unpainted(text: string): string {
  // deno-lint-ignore no-control-regex -- styles begin with ESC
  return text.replace(/\x1b\[\d+m/g, "");
}

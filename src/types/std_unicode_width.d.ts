// Types for "@std/cli/unicode-width", whose npm build carries none (see CONTRIBUTING.md).
export function unicodeWidth(text: string): number;

// Types for "@std/fmt/bytes" and "@std/fmt/colors", whose npm builds carry none (see CONTRIBUTING.md).
export interface FormatOptions {
  binary?: boolean;
  bits?: boolean;
  locale?: boolean | string | string[];
  minimumFractionDigits?: number;
  maximumFractionDigits?: number;
  signed?: boolean;
}
export function format(bytes: number, options?: FormatOptions): string;
export function bold(text: string): string;
export function cyan(text: string): string;
export function dim(text: string): string;
export function green(text: string): string;
export function red(text: string): string;
export function yellow(text: string): string;
export function stripAnsiCode(text: string): string;

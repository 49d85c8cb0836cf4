const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"] as const;

/** Three significant digits, without exponents: `1.23`, `12.3`, `123`. */
function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/**
 * A number of bytes for people, in powers of 1000, as disks and lines are measured: `999 B`, `1.23 MB`.
 *
 * @param bytes At least 0.
 */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  // 999.5 would be rounded to "1000".
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : threeDigits(value)} ${BYTE_UNITS[unit]}`;
}

/** A count with its thousands apart: `1,234,567`. */
export function formatCount(count: number): string {
  // Not toLocaleString: loading the locale's data costs more than the whole summary.
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** A span of time for people: `0.8 ms`, `120 ms`, `1.24 s`, `2 min 05 s`, `3 h 07 min`. */
export function formatMillis(millis: number): string {
  if (millis < 9.95) return `${millis.toFixed(1)} ms`;
  if (millis < 999.5) return `${Math.round(millis)} ms`;
  const seconds = millis / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** A part of a whole for people: `4.9 %`; never `100 %` or `0 %` of what is not all or nothing. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return "0 %";
  const percent = part / whole * 100;
  if (percent > 0 && percent < 0.05) return "< 0.1 %";
  if (percent < 100 && percent >= 99.95) return "> 99.9 %";
  return Number.isInteger(percent) ? `${percent} %` : `${percent.toFixed(1)} %`;
}

/** Where values lie on an axis. */

/** An axis. */
export interface Scale {
  /** A value's place, in pixels. */
  at(value: number): number;
  /** Values to mark on the axis. */
  readonly ticks: readonly number[];
}

/**
 * An axis from 0 to a round number.
 *
 * @param most The greatest value.
 * @param from Where 0 lies, in pixels.
 * @param to Where the end lies.
 */
export function linearScale(most: number, from: number, to: number): Scale {
  const step = roundStep((most > 0 ? most : 1) / 4);
  const count = Math.max(1, Math.ceil(most / step - 1e-9));
  const end = count * step;
  return {
    at: (value) => from + value / end * (to - from),
    // Not by adding up: 0.1 + 0.2 is no round number.
    ticks: Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12))),
  };
}

/** The round number (1, 2 or 5 times a power of ten) that is not below. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((round) => round * power >= least * (1 - 1e-9))!;
  return factor * power;
}

/**
 * An axis on which equal steps are equal factors.
 *
 * @param least The least value, above 0.
 * @param most The greatest value.
 * @param from Where the least lies, in pixels, or a little after.
 * @param to Where the greatest lies, or a little before.
 */
export function logScale(least: number, most: number, from: number, to: number): Scale {
  const first = Math.floor(Math.log10(least) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(most) - 1e-9));
  const power = (exponent: number): number => Number(`1e${exponent}`);
  return {
    at: (value) => from + (Math.log10(value) - first) / (last - first) * (to - from),
    ticks: Array.from({ length: last - first + 1 }, (_, i) => power(first + i)),
  };
}

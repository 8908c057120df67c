// From values to places on a chart. Pure: tested without a browser.

/**
 * @typedef {{least: number, most: number, from: number, to: number}} Scale Values from `least` to `most` lie at places
 *   from `from` to `to`.
 */

/**
 * @param {Scale} scale
 * @param {number} value
 */
export function placeOf({ least, most, from, to }, value) {
  return most === least ? (from + to) / 2 : from + ((value - least) / (most - least)) * (to - from);
}

/**
 * Round numbers from `least` to `most`: at most `wanted` + 1, a step is 1, 2 or 5 times a power of ten.
 *
 * @param {number} least
 * @param {number} most
 * @param {number} wanted 1 or more
 * @returns {number[]}
 */
export function ticks(least, most, wanted) {
  if (!(most > least)) {
    return [least];
  }
  const step = roundStep((most - least) / wanted);
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, place) => clean((first + place) * step));
}

/**
 * The least of 1, 2, 5, 10, 20, ... that is not below `rough`.
 *
 * @param {number} rough above 0
 */
function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough) + 1e-9);
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/**
 * Ticks of a length of time, in a unit that reads well.
 *
 * @param {number} most_s
 * @param {number} wanted
 * @returns {{at: number, text: string}[]}
 */
export function timeTicks(most_s, wanted) {
  const [unit, name] = most_s >= 2 * 3600 ? [3600, "h"] : most_s >= 120 ? [60, "min"] : [1, "s"];
  return ticks(0, most_s / unit, wanted).map((value) => ({ at: value * unit, text: value ? `${value} ${name}` : "0" }));
}

/**
 * Without the dust of binary fractions.
 *
 * @param {number} value
 */
const clean = (value) => Number(value.toPrecision(12));

/**
 * Names beside the ends of lines, moved apart so that none covers another.
 *
 * @param {readonly number[]} places where each would be, in pixels from above
 * @param {number} apart the least distance between two
 * @param {number} least where the first may be
 * @param {number} most where the last may be
 * @returns {number[]} in the same order
 */
export function spread(places, apart, least, most) {
  const order = places.map((_, index) => index).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const out = [...places];
  let free = least;
  for (const index of order) {
    out[index] = Math.max(free, out[index] ?? 0);
    free = (out[index] ?? 0) + apart;
  }
  let limit = most;
  for (const index of order.reverse()) {
    out[index] = Math.min(limit, out[index] ?? 0);
    limit = (out[index] ?? 0) - apart;
  }
  return out;
}

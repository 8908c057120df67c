// Polygons filled by the even-odd rule: a pixel is inside where its middle is.

import { EMPTY, tight } from "./window.js";
/** @typedef {import("./window.js").Mask} Mask */
/** @typedef {import("./window.js").Place} Place */

/**
 * The pixels whose middle lies inside a polygon, which may cross itself.
 *
 * @param {readonly Place[]} points its corners; the last is joined to the first
 * @param {number} w width of the image in pixels
 * @param {number} h height of the image in pixels
 * @returns {Mask} empty where there are fewer than three corners
 */
export function polygon(points, w, h) {
  if (points.length < 3) {
    return EMPTY;
  }
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const left = Math.max(0, Math.floor(least(xs)));
  const top = Math.max(0, Math.floor(least(ys)));
  const width = Math.min(w, Math.ceil(-least(xs.map((x) => -x)))) - left;
  const height = Math.min(h, Math.ceil(-least(ys.map((y) => -y)))) - top;
  if (width <= 0 || height <= 0) {
    return EMPTY;
  }
  const bits = new Uint8Array(width * height);
  crossings(points, top, height).forEach((row, index) => fillRow(bits, index * width, width, row, left));
  return tight(left, top, width, height, bits);
}

/** @param {readonly number[]} numbers */
function least(numbers) {
  return numbers.reduce((a, b) => Math.min(a, b), Infinity);
}

/**
 * Where the middle of each row crosses the polygon, in no order.
 *
 * @param {readonly Place[]} points
 * @param {number} top
 * @param {number} height
 * @returns {number[][]}
 */
function crossings(points, top, height) {
  const rows = Array.from({ length: height }, () => /** @type {number[]} */ ([]));
  points.forEach(([x1, y1], index) => {
    const [x2, y2] = points[(index + 1) % points.length] ?? [x1, y1];
    // Half open, so that a corner at the middle of a row is crossed once, or twice, or not at all, but never by halves.
    const first = Math.max(0, Math.ceil(Math.min(y1, y2) - 0.5) - top);
    const behind = Math.min(height, Math.ceil(Math.max(y1, y2) - 0.5) - top);
    for (let row = first; row < behind; row++) {
      rows[row]?.push(x1 + ((row + top + 0.5 - y1) * (x2 - x1)) / (y2 - y1));
    }
  });
  return rows;
}

/**
 * @param {Uint8Array} bits
 * @param {number} start of the row
 * @param {number} width
 * @param {number[]} crossed
 * @param {number} left column of the image that the row begins with
 */
function fillRow(bits, start, width, crossed, left) {
  crossed.sort((a, b) => a - b);
  for (let index = 0; index + 1 < crossed.length; index += 2) {
    const from = Math.ceil((crossed[index]) - 0.5) - left;
    const to = Math.ceil((crossed[index + 1]) - 0.5) - left;
    bits.fill(1, start + Math.max(0, from), start + Math.max(0, Math.min(width, to)));
  }
}

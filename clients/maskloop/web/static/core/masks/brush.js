// A round brush: the pixels whose middle lies within a radius of the path that it is swept along.

import { EMPTY, tight } from "./window.js";
/** @typedef {import("./window.js").Mask} Mask */
/** @typedef {import("./window.js").Place} Place */
/** @typedef {import("./window.js").Box} Box */

// A thinner brush might pass between the middles of pixels. This one takes every pixel that the path touches, and so
// parts what lies on its two sides.
const LEAST_RADIUS = Math.SQRT1_2;

/**
 * The pixels under a round brush swept along a path.
 *
 * @param {readonly Place[]} path its corners; one is a dab
 * @param {number} radius in pixels of the image
 * @param {number} imageW
 * @param {number} imageH
 * @returns {Mask} empty where it lies outside the image
 */
export function stroke(path, radius, imageW, imageH) {
  const box = strokeBox(path, radius, imageW, imageH);
  if (!box.width || !box.height) {
    return EMPTY;
  }
  const bits = new Uint8Array(box.width * box.height);
  sweep(path, radius, box, (row, from, to) => bits.fill(1, row * box.width + from, row * box.width + to));
  return tight(box.x, box.y, box.width, box.height, bits);
}

/**
 * The box of whole pixels, inside the image, that a stroke cannot leave.
 *
 * @param {readonly Place[]} path
 * @param {number} radius
 * @param {number} imageW
 * @param {number} imageH
 * @returns {Box} without width or height where the stroke lies outside
 */
export function strokeBox(path, radius, imageW, imageH) {
  const reach = Math.max(radius, LEAST_RADIUS);
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of path) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  const x = Math.max(0, Math.floor(left - reach));
  const y = Math.max(0, Math.floor(top - reach));
  const width = Math.max(0, Math.min(imageW, Math.ceil(right + reach)) - x);
  const height = Math.max(0, Math.min(imageH, Math.ceil(bottom + reach)) - y);
  return path.length ? { x, y, width, height } : { x: 0, y: 0, width: 0, height: 0 };
}

/**
 * Calls back with the runs of pixels under a brush; rows and columns are counted from the box's corner.
 *
 * @param {readonly Place[]} path
 * @param {number} radius
 * @param {Box} box what lies outside it is left out
 * @param {(row: number, from: number, to: number) => void} paint `to` is the column behind the run
 */
export function sweep(path, radius, box, paint) {
  const reach = Math.max(radius, LEAST_RADIUS);
  path.forEach((place, index) => {
    const before = path[Math.max(0, index - 1)] ?? place;
    if (index > 0 || path.length === 1) {
      sweepSegment(before, place, reach, box, paint);
    }
  });
}

/**
 * A segment with round ends is convex: each row crosses it in one run.
 *
 * @param {Place} from
 * @param {Place} to
 * @param {number} reach
 * @param {Box} box
 * @param {(row: number, from: number, to: number) => void} paint
 */
function sweepSegment(from, to, reach, box, paint) {
  const top = Math.max(0, Math.floor(Math.min(from[1], to[1]) - reach) - box.y);
  const bottom = Math.min(box.height, Math.ceil(Math.max(from[1], to[1]) + reach) - box.y);
  for (let row = top; row < bottom; row++) {
    const [left, right] = crossing(from, to, reach, row + box.y + 0.5);
    const first = Math.max(0, Math.ceil(left - 0.5) - box.x);
    const behind = Math.min(box.width, Math.floor(right - 0.5) + 1 - box.x);
    if (first < behind) {
      paint(row, first, behind);
    }
  }
}

/**
 * Where the line at height y crosses a segment with round ends: left and right; left exceeds right where it misses.
 *
 * @param {Place} from
 * @param {Place} to
 * @param {number} reach
 * @param {number} y
 * @returns {[number, number]}
 */
function crossing(from, to, reach, y) {
  let [left, right] = beam(from, to, reach, y);
  for (const [x, middle] of [from, to]) {
    const half = Math.sqrt(reach * reach - (y - middle) * (y - middle)); // NaN where the line misses the disc
    if (half >= 0) {
      left = Math.min(left, x - half);
      right = Math.max(right, x + half);
    }
  }
  return [left, right];
}

/**
 * Where the line at height y crosses the rectangle along a segment, without its round ends.
 *
 * @param {Place} from
 * @param {Place} to
 * @param {number} reach
 * @param {number} y
 * @returns {[number, number]}
 */
function beam(from, to, reach, y) {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  if (!length) {
    return [Infinity, -Infinity];
  }
  const alongX = (to[0] - from[0]) / length;
  const alongY = (to[1] - from[1]) / length;
  const down = y - from[1];
  const [a, b] = solved(alongX, down * alongY, 0, length);
  const [c, d] = solved(-alongY, down * alongX, -reach, reach);
  const [left, right] = [Math.max(a, c), Math.min(b, d)];
  return left <= right ? [from[0] + left, from[0] + right] : [Infinity, -Infinity];
}

/**
 * The t of least <= slope * t + start <= most.
 *
 * @param {number} slope
 * @param {number} start
 * @param {number} least
 * @param {number} most
 * @returns {[number, number]}
 */
function solved(slope, start, least, most) {
  if (slope === 0) {
    return start >= least && start <= most ? [-Infinity, Infinity] : [Infinity, -Infinity];
  }
  const [a, b] = [(least - start) / slope, (most - start) / slope];
  return a < b ? [a, b] : [b, a];
}

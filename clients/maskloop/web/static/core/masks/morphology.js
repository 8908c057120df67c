// Growing and shrinking by a disc. Runs are moved and filled, so that the middle of an object costs next to nothing.

import { runsOf } from "./runs.js";
import { EMPTY, bitsIn, overlap, tight } from "./window.js";
/** @typedef {import("./window.js").Mask} Mask */
/** @typedef {import("./runs.js").Runs} Runs */

/**
 * All pixels within a distance of the mask's, counted between middles of pixels.
 *
 * @param {Mask} mask
 * @param {number} px distance in pixels, 0 or more
 * @param {number} w width of the image in pixels, which nothing leaves
 * @param {number} h height of the image in pixels
 * @returns {Mask}
 */
export function grow(mask, px, w, h) {
  const reach = Math.floor(px);
  const wide = { x: mask.x - reach, y: mask.y - reach, width: mask.width + 2 * reach, height: mask.height + 2 * reach };
  const box = overlap(wide, { x: 0, y: 0, width: w, height: h });
  if (!mask.bits.length || !box.width || !box.height) {
    return EMPTY;
  }
  const bits = new Uint8Array(box.width * box.height);
  const runs = runsOf(mask.bits, mask.width, mask.height, 1);
  const corner = { right: mask.x - box.x, down: mask.y - box.y };
  eachDisc(runs, px, { ...corner, width: box.width, height: box.height }, (from, to) => bits.fill(1, from, to));
  return tight(box.x, box.y, box.width, box.height, bits);
}

/**
 * The pixels that lie farther than a distance from all that is not of the mask.
 *
 * @param {Mask} mask
 * @param {number} px distance in pixels, 0 or more
 * @param {number} [w] width of the image in pixels; given with its height, what an image's border cuts off keeps its
 *   edge there, as nobody knows what lies behind
 * @param {number} [h]
 * @returns {Mask}
 */
export function shrink(mask, px, w = Infinity, h = Infinity) {
  if (!mask.bits.length) {
    return EMPTY;
  }
  // The window with a pixel of what lies around it: as far as it is known, that is ground.
  const wide = { x: mask.x - 1, y: mask.y - 1, width: mask.width + 2, height: mask.height + 2 };
  const box = Number.isFinite(w) ? overlap(wide, { x: 0, y: 0, width: w, height: h }) : wide;
  const bits = bitsIn(mask, box);
  const runs = runsOf(bits, box.width, box.height, 0);
  const { width, height } = box;
  eachDisc(runs, px, { right: 0, down: 0, width, height }, (from, to) => bits.fill(0, from, to));
  return tight(box.x, box.y, box.width, box.height, bits);
}

/**
 * Calls back with each run once a row that its disc reaches, as far as it lies inside a window.
 *
 * @param {Runs} runs
 * @param {number} px radius of the disc
 * @param {{right: number, down: number, width: number, height: number}} window where the runs' corner lies in it
 * @param {(from: number, to: number) => void} fill places in the window's bits
 */
function eachDisc(runs, px, { right, down, width, height }, fill) {
  const reach = Math.floor(px);
  for (let dy = -reach; dy <= reach; dy++) {
    const half = Math.floor(Math.sqrt(px * px - dy * dy));
    for (let run = 0; run < runs.count; run++) {
      const row = runs.row[run] + dy + down;
      if (row >= 0 && row < height) {
        const from = Math.max(0, runs.from[run] + right - half);
        const to = Math.min(width, runs.to[run] + right + half);
        fill(row * width + from, row * width + Math.max(from, to));
      }
    }
  }
}

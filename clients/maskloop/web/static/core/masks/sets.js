// Masks as sets of pixels. Every function returns new masks, which are tight.

import { EMPTY, around, bitsIn, overlap, tight } from "./window.js";
/** @typedef {import("./window.js").Mask} MaskValue */

/** @type {WeakMap<MaskValue, number>} */
const areas = new WeakMap();

/**
 * Number of pixels. Counted once a mask.
 *
 * @param {MaskValue} mask
 * @returns {number}
 */
export function areaOf(mask) {
  let area = areas.get(mask);
  if (area === undefined) {
    area = 0;
    for (const bit of mask.bits) {
      area += bit;
    }
    areas.set(mask, area);
  }
  return area;
}

/**
 * Whether a mask is without a pixel; nothing is counted for that.
 *
 * @param {MaskValue} mask
 * @returns {boolean}
 */
export const isEmpty = (mask) => !mask.bits.includes(1);

/**
 * Whether the pixel at a place is of the mask.
 *
 * @param {MaskValue} mask
 * @param {number} x whole, or the place of a pointer
 * @param {number} y
 * @returns {boolean}
 */
export function contains(mask, x, y) {
  const column = Math.floor(x) - mask.x;
  const row = Math.floor(y) - mask.y;
  const inside = column >= 0 && row >= 0 && column < mask.width && row < mask.height;
  return inside && mask.bits[row * mask.width + column] === 1;
}

/**
 * Whether two masks hold the same pixels.
 *
 * @param {MaskValue} a
 * @param {MaskValue} b
 * @returns {boolean}
 */
export function same(a, b) {
  if (a === b) {
    return true;
  }
  const [first, second] = [trimmed(a), trimmed(b)];
  if (first.x !== second.x || first.y !== second.y || first.width !== second.width) {
    return false;
  }
  return first.height === second.height && first.bits.every((bit, place) => bit === second.bits[place]);
}

/**
 * The mask in its tightest window.
 *
 * @param {MaskValue} mask
 * @returns {MaskValue}
 */
export function trimmed(mask) {
  return tight(mask.x, mask.y, mask.width, mask.height, mask.bits);
}

/**
 * |A & B| / |A | B| in [0, 1]; 0 where both are empty.
 *
 * @param {MaskValue} a
 * @param {MaskValue} b
 * @returns {number}
 */
export function iou(a, b) {
  const both = sharedPixels(a, b);
  const either = areaOf(a) + areaOf(b) - both;
  return either ? both / either : 0;
}

/**
 * @param {MaskValue} a
 * @param {MaskValue} b
 * @returns {number}
 */
function sharedPixels(a, b) {
  const box = overlap(a, b);
  let shared = 0;
  for (let y = box.y; y < box.y + box.height; y++) {
    const first = (y - a.y) * a.width + box.x - a.x;
    const second = (y - b.y) * b.width + box.x - b.x;
    for (let column = 0; column < box.width; column++) {
      shared += a.bits[first + column] & b.bits[second + column];
    }
  }
  return shared;
}

/**
 * The pixels of either.
 *
 * @param {MaskValue} a
 * @param {MaskValue} b
 * @returns {MaskValue}
 */
export function union(a, b) {
  if (!a.bits.length || !b.bits.length) {
    return a.bits.length ? a : b;
  }
  const box = around(a, b);
  const bits = bitsIn(a, box);
  for (let row = 0; row < b.height; row++) {
    let target = (b.y - box.y + row) * box.width + b.x - box.x;
    for (let place = row * b.width; place < (row + 1) * b.width; place++) {
      bits[target++] |= b.bits[place];
    }
  }
  return tight(box.x, box.y, box.width, box.height, bits);
}

/**
 * The pixels of `a` that are not of `b`.
 *
 * @param {MaskValue} a
 * @param {MaskValue} b
 * @returns {MaskValue}
 */
export function subtract(a, b) {
  if (!sharedPixels(a, b)) {
    return a;
  }
  const box = overlap(a, b);
  const bits = a.bits.slice();
  for (let y = box.y; y < box.y + box.height; y++) {
    const first = (y - a.y) * a.width + box.x - a.x;
    const second = (y - b.y) * b.width + box.x - b.x;
    for (let column = 0; column < box.width; column++) {
      bits[first + column] &= 1 - b.bits[second + column];
    }
  }
  return tight(a.x, a.y, a.width, a.height, bits);
}

/**
 * The pixels of both.
 *
 * @param {MaskValue} a
 * @param {MaskValue} b
 * @returns {MaskValue}
 */
export function intersect(a, b) {
  const box = overlap(a, b);
  if (!box.width || !box.height) {
    return EMPTY;
  }
  const bits = bitsIn(a, box);
  const others = bitsIn(b, box);
  for (let place = 0; place < bits.length; place++) {
    bits[place] &= others[place];
  }
  return tight(box.x, box.y, box.width, box.height, bits);
}

/**
 * The pixels that lie in an image.
 *
 * @param {MaskValue} mask
 * @param {number} w width of the image in pixels
 * @param {number} h height of the image in pixels
 * @returns {MaskValue}
 */
export function clip(mask, w, h) {
  if (mask.x >= 0 && mask.y >= 0 && mask.x + mask.width <= w && mask.y + mask.height <= h) {
    return mask;
  }
  const box = overlap(mask, { x: 0, y: 0, width: w, height: h });
  return box.width && box.height ? tight(box.x, box.y, box.width, box.height, bitsIn(mask, box)) : EMPTY;
}

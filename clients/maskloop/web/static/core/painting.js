// A mask while it is painted on. The one thing of this room that changes: 60 times a second, a copy of a large mask is
// too much. It lives from the pointer's going down to its going up; then it becomes a mask, and one step to undo.

import { strokeBox, sweep } from "./masks/brush.js";
import { Mask, around, bitsIn, overlap, tight } from "./masks/window.js";
/** @typedef {import("./masks/window.js").Place} Place */
/** @typedef {import("./masks/window.js").Box} Box */

/**
 * @typedef {{
 *   x: number, y: number, width: number, height: number, bits: Uint8Array,
 *   readonly imageW: number, readonly imageH: number,
 * }} Painting
 *   A window of an image as `Mask` has it, written to as it is painted on, and seldom tight. `contains`, `bitsIn` and
 *   all that only reads a mask may read it.
 */

/**
 * A painting that begins with a mask's pixels.
 *
 * @param {Mask} mask
 * @param {number} imageW
 * @param {number} imageH
 * @returns {Painting}
 */
export function beginPainting(mask, imageW, imageH) {
  const { x, y, width, height } = mask;
  return { x, y, width, height, bits: mask.bits.slice(), imageW, imageH };
}

/**
 * Paints or erases under a round brush.
 *
 * @param {Painting} painting written to
 * @param {readonly Place[]} path the brush's places since the last call, the last one of that call first
 * @param {number} radius in pixels of the image
 * @param {boolean} [erases]
 * @returns {Box} what has to be drawn again, in pixels of the image; without width or height where nothing has
 */
export function paint(painting, path, radius, erases = false) {
  const box = strokeBox(path, radius, painting.imageW, painting.imageH);
  const part = erases ? overlap(box, painting) : box;
  if (!part.width || !part.height) {
    return { x: part.x, y: part.y, width: 0, height: 0 };
  }
  if (!erases) {
    makeRoom(painting, part);
  }
  const { bits, width } = painting;
  const start = (part.y - painting.y) * width + part.x - painting.x;
  const value = erases ? 0 : 1;
  sweep(path, radius, part, (row, from, to) => {
    bits.fill(value, start + row * width + from, start + row * width + to);
  });
  return part;
}

/**
 * What has been painted.
 *
 * @param {Painting} painting
 * @returns {Mask} of its own bits, so that painting may go on
 */
export function painted(painting) {
  const { x, y, width, height, bits } = painting;
  const mask = tight(x, y, width, height, bits);
  return mask.bits === bits ? new Mask(x, y, width, height, bits.slice()) : mask;
}

/**
 * Enlarges a painting's window; by more than is asked for, so that it seldom happens.
 *
 * @param {Painting} painting
 * @param {Box} part
 */
function makeRoom(painting, part) {
  const needed = around(painting, part);
  if (needed.width === painting.width && needed.height === painting.height) {
    return;
  }
  const spare = { x: needed.width >> 1, y: needed.height >> 1 };
  const image = { x: 0, y: 0, width: painting.imageW, height: painting.imageH };
  const box = overlap(
    {
      x: needed.x - spare.x,
      y: needed.y - spare.y,
      width: needed.width + 2 * spare.x,
      height: needed.height + 2 * spare.y,
    },
    image,
  );
  const { x, y, width, height, bits } = painting;
  Object.assign(painting, box, { bits: bitsIn({ x, y, width, height, bits }, box) });
}

// A mask is a window of its image: so many bytes as the object is large, and not as the photograph is.

/**
 * @typedef {readonly [number, number]} Place x and y in pixels of the upright image; edges lie between pixels, so that
 *   the middle of the first pixel is (0.5, 0.5).
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Box A rectangle of whole pixels.
 */

/**
 * Pixels of an object. Frozen, and its bits are never written to after it is made.
 *
 * Masks made by the functions of this room are tight: no border row or column is empty. Only `{x, y, width, height,
 * bits}` is read, so that a mask that went through `structuredClone` is one still.
 */
export class Mask {
  /**
   * @param {number} x left column of the window in the image
   * @param {number} y upper row of the window in the image
   * @param {number} width in pixels
   * @param {number} height in pixels
   * @param {Uint8Array} bits of the window, row by row, 0 or 1; taken over, not copied
   */
  constructor(x, y, width, height, bits) {
    if (bits.length !== width * height) {
      throw new RangeError(`a window of ${width} x ${height} pixels does not hold ${bits.length} bits`);
    }
    this.x = x;
    this.y = y;
    this.width = width;
    this.height = height;
    this.bits = bits;
    Object.freeze(this);
  }
}

/** The mask without a pixel. */
export const EMPTY = new Mask(0, 0, 0, 0, new Uint8Array(0));

/**
 * The tight mask of these bits; takes them over where they are tight already.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {Uint8Array} bits
 * @returns {Mask}
 */
export function tight(x, y, width, height, bits) {
  const first = bits.indexOf(1);
  if (first < 0) {
    return EMPTY;
  }
  const top = Math.floor(first / width);
  const bottom = Math.floor(bits.lastIndexOf(1) / width) + 1;
  const [left, right] = columnsOf(bits, width, top, bottom);
  if (left === 0 && top === 0 && right === width && bottom === height) {
    return new Mask(x, y, width, height, bits);
  }
  const cut = copied(bits, width, { x: left, y: top, width: right - left, height: bottom - top });
  return new Mask(x + left, y + top, right - left, bottom - top, cut);
}

/**
 * First column with a pixel set, and the one behind the last, of rows that hold some.
 *
 * @param {Uint8Array} bits
 * @param {number} width
 * @param {number} top
 * @param {number} bottom
 * @returns {[number, number]}
 */
function columnsOf(bits, width, top, bottom) {
  let left = width;
  let right = 0;
  for (let row = top; row < bottom && (left > 0 || right < width); row++) {
    const start = row * width;
    const first = bits.subarray(start, start + left).indexOf(1);
    left = first < 0 ? left : first;
    right += bits.subarray(start + right, start + width).lastIndexOf(1) + 1;
  }
  return [left, right];
}

/**
 * The bits of a part of a window. The part may stick out of it, where nothing is set.
 *
 * @param {Uint8Array} bits
 * @param {number} width of the window
 * @param {Box} part counted from the window's corner
 * @returns {Uint8Array}
 */
export function copied(bits, width, part) {
  const out = new Uint8Array(part.width * part.height);
  const height = width ? bits.length / width : 0;
  const left = Math.max(0, part.x);
  const right = Math.min(width, part.x + part.width);
  const bottom = Math.min(height, part.y + part.height);
  for (let row = Math.max(0, part.y); row < bottom && left < right; row++) {
    out.set(bits.subarray(row * width + left, row * width + right), (row - part.y) * part.width + left - part.x);
  }
  return out;
}

/**
 * The bits of a mask in a box of the image, row by row; copied.
 *
 * @param {Mask} mask
 * @param {Box} box in pixels of the image
 * @returns {Uint8Array}
 */
export function bitsIn(mask, box) {
  return copied(mask.bits, mask.width, { ...box, x: box.x - mask.x, y: box.y - mask.y });
}

/**
 * The smallest box around two, of which one may be without a pixel.
 *
 * @param {Box} a
 * @param {Box} b
 * @returns {Box}
 */
export function around(a, b) {
  if (!a.width || !a.height) {
    return { x: b.x, y: b.y, width: b.width, height: b.height };
  }
  if (!b.width || !b.height) {
    return { x: a.x, y: a.y, width: a.width, height: a.height };
  }
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}

/**
 * What two boxes share; without width or height where they share nothing.
 *
 * @param {Box} a
 * @param {Box} b
 * @returns {Box}
 */
export function overlap(a, b) {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x);
  const height = Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y);
  return { x, y, width, height };
}

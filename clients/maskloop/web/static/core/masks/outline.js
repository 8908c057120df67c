// The rings around a mask's parts and holes, along the edges of pixels.

import { runsOf } from "./runs.js";
/** @typedef {import("./window.js").Mask} Mask */

const RIGHT = 0; // directions turn clockwise: right, down, left, up
const STEP_X = Int32Array.of(1, 0, -1, 0);
const STEP_Y = Int32Array.of(0, 1, 0, -1);

/**
 * Closed rings of corners [x, y] in pixels of the image; the first is not repeated. Filled by the even-odd rule they
 * are the mask again. Corners lie where a ring turns.
 *
 * @param {Mask} mask
 * @returns {number[][][]}
 */
export function outline(mask) {
  const { width, height, bits } = mask;
  const seen = new Uint8Array(bits.length);
  /** @type {number[][][]} */
  const rings = [];
  const { row, from, to, count } = runsOf(bits, width, height, 1);
  for (let run = 0; run < count; run++) {
    const line = row[run];
    // Pixels that are set below ones that are not: every ring runs along such an edge, and along all of it.
    eachBare(mask, line, from[run], to[run], (column) => {
      if (!seen[line * width + column]) {
        rings.push(ringFrom(mask, column, line, seen));
      }
    });
  }
  return rings;
}

/**
 * Calls back with the first column of each stretch of a row above which nothing is set.
 *
 * @param {Mask} mask
 * @param {number} row
 * @param {number} from first column of a run
 * @param {number} to column behind it
 * @param {(column: number) => void} visit
 */
function eachBare({ bits, width }, row, from, to, visit) {
  if (row === 0) {
    visit(from);
    return;
  }
  const above = bits.subarray((row - 1) * width + from, (row - 1) * width + to);
  for (let bare = above.indexOf(0); bare >= 0; ) {
    visit(from + bare);
    const covered = above.indexOf(1, bare);
    bare = covered < 0 ? -1 : above.indexOf(0, covered);
  }
}

/**
 * @param {Mask} mask
 * @param {number} column
 * @param {number} row
 * @returns {boolean}
 */
function isSet(mask, column, row) {
  const inside = column >= 0 && row >= 0 && column < mask.width && row < mask.height;
  return inside && mask.bits[row * mask.width + column] === 1;
}

/**
 * Follows a ring with the mask at its right hand.
 *
 * @param {Mask} mask
 * @param {number} column of the pixel whose upper edge it begins with
 * @param {number} row
 * @param {Uint8Array} seen pixels whose upper edge a ring has run along; written to
 * @returns {number[][]}
 */
function ringFrom(mask, column, row, seen) {
  const ring = [];
  let [x, y, direction] = [column, row, RIGHT];
  do {
    if (direction === RIGHT) {
      seen[y * mask.width + x] = 1;
    }
    x += STEP_X[direction];
    y += STEP_Y[direction];
    const next = turned(mask, x, y, direction);
    if (next !== direction) {
      ring.push([x + mask.x, y + mask.y]);
    }
    direction = next;
  } while (x !== column || y !== row || direction !== RIGHT);
  return ring;
}

/**
 * Where a ring goes on at a corner: left where the pixel ahead at the left hand is set, so that pixels which touch by
 * a corner are one part.
 *
 * @param {Mask} mask
 * @param {number} x of the corner
 * @param {number} y
 * @param {number} direction in which it was reached
 * @returns {number}
 */
function turned(mask, x, y, direction) {
  const [stepX, stepY] = [STEP_X[direction], STEP_Y[direction]];
  // The four pixels at a corner: a step ahead or not, and to either hand. The right hand of (1, 0) is (0, 1).
  const column = x + (stepX - stepY - 1) / 2;
  const row = y + (stepY + stepX - 1) / 2;
  if (isSet(mask, column + stepY, row - stepX)) {
    return (direction + 3) % 4;
  }
  return isSet(mask, column, row) ? direction : (direction + 1) % 4;
}

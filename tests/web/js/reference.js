// Slow and obvious: what the page's modules are held against. A picture is an array of rows of 0 and 1.

import { Mask } from "../../../clients/maskloop/web/static/core/masks/window.js";
import { trimmed } from "../../../clients/maskloop/web/static/core/mask.js";
/** @typedef {number[][]} Picture */

/**
 * Numbers in [0, 1) that are the same each time (mulberry32).
 *
 * @param {number} seed
 * @returns {() => number}
 */
export function randomBy(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * @param {number} w
 * @param {number} h
 * @param {(x: number, y: number) => unknown} isSet
 * @returns {Picture}
 */
export function pictureOf(w, h, isSet) {
  return Array.from({ length: h }, (_row, y) => Array.from({ length: w }, (_column, x) => (isSet(x, y) ? 1 : 0)));
}

/**
 * @param {Picture} picture
 * @returns {Mask}
 */
export function maskOf(picture) {
  return trimmed(new Mask(0, 0, picture[0].length, picture.length, Uint8Array.from(picture.flat())));
}

/**
 * @param {string} text rows of # and .
 * @returns {Mask}
 */
export function drawn(text) {
  return maskOf(text.trim().split(/\s+/).map((row) => [...row].map((sign) => Number(sign === "#"))));
}

/**
 * @param {Mask} mask
 * @param {number} w
 * @param {number} h
 * @returns {Picture}
 */
export function laidOut(mask, w, h) {
  return pictureOf(w, h, (x, y) => {
    const [column, row] = [x - mask.x, y - mask.y];
    return column >= 0 && row >= 0 && column < mask.width && row < mask.height && mask.bits[row * mask.width + column];
  });
}

/**
 * Rows of # and ., to compare and to read.
 *
 * @param {Picture} picture
 * @returns {string[]}
 */
export function rowsOf(picture) {
  return picture.map((row) => row.map((bit) => (bit ? "#" : ".")).join(""));
}

/**
 * Blobs and dust, as masks are.
 *
 * @param {() => number} random
 * @param {number} w
 * @param {number} h
 * @returns {Picture}
 */
export function blobs(random, w, h) {
  const discs = Array.from({ length: 4 }, () => [random() * w, random() * h, 1 + (random() * Math.min(w, h)) / 4]);
  const dust = random() * 0.1;
  return pictureOf(w, h, (x, y) => {
    const isIn = discs.some(([cx, cy, r], index) => index < 3 && Math.hypot(x - cx, y - cy) < r);
    const [cx, cy, r] = discs[3];
    return (isIn && Math.hypot(x - cx, y - cy) >= r / 2) !== random() < dust;
  });
}

/**
 * How far a place lies from a segment.
 *
 * @param {readonly number[]} place
 * @param {readonly number[]} from
 * @param {readonly number[]} to
 * @returns {number}
 */
export function distanceTo([x, y], [ax, ay], [bx, by]) {
  const square = (bx - ax) ** 2 + (by - ay) ** 2;
  const along = square ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square)) : 0;
  return Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
}

/**
 * The parts of a picture, each by a flood.
 *
 * @param {Picture} picture
 * @param {0 | 1} value of the pixels that are flooded
 * @param {boolean} byCorners
 * @returns {number[][][]} of each part its pixels [x, y]
 */
export function flooded(picture, value, byCorners) {
  const seen = picture.map((row) => row.map((bit) => bit !== value));
  const parts = [];
  for (let y = 0; y < picture.length; y++) {
    for (let x = 0; x < picture[0].length; x++) {
      if (!seen[y][x]) {
        parts.push(floodFrom(x, y, seen, byCorners));
      }
    }
  }
  return parts;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {boolean[][]} seen
 * @param {boolean} byCorners
 * @returns {number[][]}
 */
function floodFrom(x, y, seen, byCorners) {
  const part = [];
  const open = [[x, y]];
  seen[y][x] = true;
  for (let next = open.pop(); next; next = open.pop()) {
    part.push(next);
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [1, -1], [-1, 1], [-1, -1]]) {
      const [nx, ny] = [next[0] + dx, next[1] + dy];
      if ((byCorners || !dx || !dy) && seen[ny]?.[nx] === false) {
        seen[ny][nx] = true;
        open.push([nx, ny]);
      }
    }
  }
  return part;
}

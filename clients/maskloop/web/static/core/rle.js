// COCO's compressed run-length strings, column by column, as pycocotools reads and writes them. Only an object's window
// is ever laid out in pixels.

import { runsOf as runsIn } from "./masks/runs.js";
import { EMPTY, Mask } from "./masks/window.js";
/** @typedef {import("./wire.js").MaskDocument} MaskDocument */
/** @typedef {import("./masks/window.js").Box} Box */

const OFFSET = 48; // of the character that stands for 0
/** @type {WeakMap<Mask, MaskDocument>} what was written already: masks never change. */
const encoded = new WeakMap();
const BLOCK = 64; // side of the squares that are turned over at once, so that both sides stay in the cache

/**
 * The pixels of a mask that was sent.
 *
 * @param {MaskDocument} document
 * @returns {Mask} tight
 * @throws {RangeError} the string is broken, or its runs are not those of height x width pixels
 */
export function decodeRle({ height, width, rle }) {
  const runs = runsOf(rle);
  const total = runs.reduce((a, b) => a + b, 0);
  if (total !== height * width) {
    throw new RangeError(`the mask's runs cover ${total} pixels, and ${width} x ${height} has ${height * width}`);
  }
  const box = boxOf(runs, height);
  if (!box.width) {
    return EMPTY;
  }
  const columns = new Uint8Array(box.width * box.height);
  eachPiece(runs, height, (column, from, to) => {
    const start = (column - box.x) * box.height - box.y;
    columns.fill(1, start + from, start + to);
  });
  return new Mask(box.x, box.y, box.width, box.height, turnedOver(columns, box.height, box.width));
}

/**
 * A mask as it is sent, the same string as pycocotools'. Written once a mask.
 *
 * @param {Mask} mask inside the image
 * @param {number} height of the image in pixels
 * @param {number} width of the image in pixels
 * @returns {MaskDocument}
 * @throws {RangeError} the mask sticks out of the image
 */
export function encodeRle(mask, height, width) {
  if (mask.x < 0 || mask.y < 0 || mask.x + mask.width > width || mask.y + mask.height > height) {
    throw new RangeError(`a mask at (${mask.x}, ${mask.y}) sticks out of the image of ${width} x ${height}`);
  }
  const known = encoded.get(mask);
  if (known?.height === height && known.width === width) {
    return known;
  }
  const document = { height, width, rle: written(countsOf(mask, height, height * width)) };
  encoded.set(mask, document);
  return document;
}

/**
 * Runs of an image's pixels, unset first.
 *
 * Five bits a character, low bits first; bit 6 says "more", bit 5 of the last is the sign. From the fourth run on, a
 * run is stored as the difference to the run before the last.
 *
 * @param {string} rle
 * @returns {number[]}
 */
function runsOf(rle) {
  /** @type {number[]} */
  const runs = [];
  let place = 0;
  while (place < rle.length) {
    let value = 0;
    let shift = 0;
    let code = 0x20;
    while (code & 0x20) {
      code = rle.charCodeAt(place++) - OFFSET;
      if (!(code >= 0 && code < 64) || shift > 25) {
        throw new RangeError("the mask's run-length string is broken");
      }
      value |= (code & 0x1f) << shift;
      shift += 5;
    }
    value -= code & 0x10 ? 2 ** shift : 0;
    const run = value + (runs.length > 2 ? (runs[runs.length - 2]) : 0);
    if (run < 0) {
      throw new RangeError("the mask's run-length string holds an impossible run");
    }
    runs.push(run);
  }
  return runs;
}

/**
 * @param {readonly number[]} runs
 * @param {number} height
 * @returns {Box}
 */
function boxOf(runs, height) {
  let [left, right, top, bottom] = [Infinity, 0, Infinity, 0];
  eachSetRun(runs, (start, behind) => {
    const first = Math.floor(start / height);
    const last = Math.floor((behind - 1) / height);
    const isOne = first === last;
    left = Math.min(left, first);
    right = last + 1;
    top = isOne ? Math.min(top, start % height) : 0;
    bottom = isOne ? Math.max(bottom, ((behind - 1) % height) + 1) : height;
  });
  return right ? { x: left, y: top, width: right - left, height: bottom - top } : { x: 0, y: 0, width: 0, height: 0 };
}

/**
 * @param {readonly number[]} runs
 * @param {(start: number, behind: number) => void} visit
 */
function eachSetRun(runs, visit) {
  let place = 0;
  runs.forEach((run, index) => {
    if (index % 2 && run) {
      visit(place, place + run);
    }
    place += run;
  });
}

/**
 * Set runs cut at the ends of columns: column, first row, row behind.
 *
 * @param {readonly number[]} runs
 * @param {number} height
 * @param {(column: number, from: number, to: number) => void} visit
 */
function eachPiece(runs, height, visit) {
  eachSetRun(runs, (start, behind) => {
    for (let place = start; place < behind; ) {
      const column = Math.floor(place / height);
      const end = Math.min(behind, (column + 1) * height);
      visit(column, place - column * height, end - column * height);
      place = end;
    }
  });
}

/**
 * Rows become columns.
 *
 * @param {Uint8Array} bits row by row
 * @param {number} width
 * @param {number} height
 * @returns {Uint8Array} column by column
 */
function turnedOver(bits, width, height) {
  const out = new Uint8Array(bits.length);
  for (let top = 0; top < height; top += BLOCK) {
    const bottom = Math.min(height, top + BLOCK);
    for (let left = 0; left < width; left += BLOCK) {
      const right = Math.min(width, left + BLOCK);
      for (let column = left; column < right; column++) {
        for (let row = top; row < bottom; row++) {
          out[column * height + row] = bits[row * width + column];
        }
      }
    }
  }
  return out;
}

/**
 * Runs of an image's pixels, unset first. A column of a mask is told by the rows at which it changes; those are found
 * from the runs of rows, which are few beside the pixels.
 *
 * @param {Mask} mask
 * @param {number} height of the image
 * @param {number} total pixels of the image
 * @returns {number[]}
 */
function countsOf(mask, height, total) {
  const { first, rows } = turnsOf(mask);
  /** @type {number[]} */
  const counts = [];
  let end = 0; // of the last set run, in pixels of the image
  for (let column = 0; column < mask.width; column++) {
    const top = (mask.x + column) * height + mask.y;
    for (let turn = first[column]; turn < first[column + 1]; turn += 2) {
      const [start, size] = [top + rows[turn], rows[turn + 1] - rows[turn]];
      if (start === end && counts.length) {
        counts[counts.length - 1] += size; // it goes on from the foot of the column before
      } else {
        counts.push(start - end, size);
      }
      end = start + size;
    }
  }
  return end < total ? [...counts, total - end] : counts;
}

/**
 * Rows of a window at which its columns change between set and unset, from above.
 *
 * @param {Mask} mask
 * @returns {{first: Int32Array, rows: Int32Array}} those of column c from `first[c]` to `first[c + 1]`
 */
function turnsOf({ bits, width, height }) {
  const runs = runsIn(bits, width, height, 1);
  const first = new Int32Array(width + 1);
  eachTurn(runs, height, (column) => first[column + 1]++);
  for (let column = 0; column < width; column++) {
    first[column + 1] += first[column];
  }
  const rows = new Int32Array(first[width]);
  const next = first.slice();
  eachTurn(runs, height, (column, row) => {
    rows[next[column]++] = row;
  });
  return { first, rows };
}

/**
 * Calls back with each column and row at which the pixel above is another; row by row. A row differs from the one above
 * between every two ends of their runs, in order.
 *
 * @param {import("./masks/runs.js").Runs} runs
 * @param {number} height
 * @param {(column: number, row: number) => void} visit
 */
function eachTurn({ from, to, first }, height, visit) {
  for (let row = 0; row <= height; row++) {
    const [above, here] = [row ? first[row - 1] : 0, first[row]];
    const behind = row < height ? first[row + 1] : here;
    /** @type {number[]} */
    const ends = [];
    for (let run = above; run < behind; run++) {
      ends.push(from[run], to[run]);
    }
    ends.sort((a, b) => a - b);
    for (let end = 0; end < ends.length; end += 2) {
      for (let column = ends[end]; column < ends[end + 1]; column++) {
        visit(column, row);
      }
    }
  }
}

/**
 * @param {readonly number[]} counts
 * @returns {string}
 */
function written(counts) {
  const codes = counts.map((count, index) => {
    let rest = index > 2 ? count - (counts[index - 2]) : count;
    let text = "";
    for (let more = true; more; ) {
      const code = rest & 0x1f;
      rest >>= 5;
      more = rest !== (code & 0x10 ? -1 : 0);
      text += String.fromCharCode(code + (more ? 0x20 : 0) + OFFSET);
    }
    return text;
  });
  return codes.join("");
}

// Lines that cling to edges: the cheapest path between two pixels, where edges are cheap (Mortensen, Barrett,
// *Intelligent scissors for image composition*, SIGGRAPH 1995; of its costs the gradient's magnitude alone).

import { queueBy } from "./queue.js";
/** @typedef {import("./masks/window.js").Box} Box */

const LEAST_COST = 0.02; // of a step along the strongest edge, so that detours are not free
const MARGIN = 48; // pixels that a path may stray from the box around its ends
const GLARING = 0.95; // the share of pixels whose gradient is below that which costs nothing
const SAMPLED = 20_000; // pixels of which that is found

/**
 * What it costs to go through each pixel: 1 on even ground, next to nothing on a strong edge.
 *
 * @param {Uint8ClampedArray | Float32Array} gray brightness of each pixel, row by row, in any unit
 * @param {number} w
 * @param {number} h
 * @returns {Float32Array} in (0, 1]
 */
export function edgeCost(gray, w, h) {
  const strength = new Float32Array(w * h);
  for (let y = 0; y < h; y++) {
    const [above, here, below] = [Math.max(0, y - 1) * w, y * w, Math.min(h - 1, y + 1) * w];
    for (let x = 0; x < w; x++) {
      const [left, right] = [Math.max(0, x - 1), Math.min(w - 1, x + 1)];
      const falling = gray[below + right] - gray[above + left]; // Sobel's two sums, which share their diagonals
      const rising = gray[above + right] - gray[below + left];
      const across = falling + rising + 2 * (gray[here + right] - gray[here + left]);
      const down = falling - rising + 2 * (gray[below + x] - gray[above + x]);
      strength[here + x] = Math.sqrt(across * across + down * down);
    }
  }
  const strong = strongEdge(strength);
  return strength.map((each) => Math.max(LEAST_COST, 1 - Math.min(1, each / strong)));
}

/**
 * The gradient from which on an edge costs nothing. A few glaring edges must not make all others look like even ground.
 *
 * @param {Float32Array} strength
 * @returns {number} above 0
 */
function strongEdge(strength) {
  const step = Math.max(1, Math.floor(strength.length / SAMPLED));
  const sampled = strength.filter((_, place) => place % step === 0).sort();
  const strong = sampled[Math.floor((sampled.length - 1) * GLARING)];
  return strong || strength.reduce((a, b) => Math.max(a, b), 0) || 1;
}

/**
 * The cheapest path between two pixels, by steps to the eight neighbours.
 *
 * @param {Float32Array} cost of each pixel, row by row, above 0
 * @param {number} w
 * @param {number} h
 * @param {readonly [number, number]} from a pixel, or a place in it
 * @param {readonly [number, number]} to
 * @returns {[number, number][]} columns and rows of its pixels, both ends included
 */
export function magneticPath(cost, w, h, from, to) {
  const [a, b] = [pixelOf(from, w, h), pixelOf(to, w, h)];
  const x = Math.max(0, Math.min(a[0], b[0]) - MARGIN);
  const y = Math.max(0, Math.min(a[1], b[1]) - MARGIN);
  const width = Math.min(w, Math.max(a[0], b[0]) + MARGIN + 1) - x;
  const height = Math.min(h, Math.max(a[1], b[1]) + MARGIN + 1) - y;
  return pathTo(wiresFrom(cost, w, a, { x, y, width, height }, b), b);
}

/**
 * @typedef {{box: Box, parent: Int32Array}} Wires
 *   The cheapest way from each pixel of a box back to where all began: the place in the box of the pixel before; -1 at
 *   the beginning, -2 where none is known.
 */

/**
 * The cheapest paths from one pixel to all others of a box; then each move of the pointer costs a walk along one.
 *
 * @param {Float32Array} cost of each pixel of the image, above 0
 * @param {number} w width of the image
 * @param {readonly [number, number]} from a pixel in the box
 * @param {Box} box inside the image
 * @param {readonly [number, number] | null} [until] a pixel at which to stop
 * @returns {Wires}
 */
export function wiresFrom(cost, w, from, box, until = null) {
  const parent = new Int32Array(box.width * box.height).fill(-2);
  const dear = new Float64Array(parent.length).fill(Infinity);
  const queue = queueBy(dear);
  const goal = until ? placeIn(box, until) : -1;
  const start = placeIn(box, from);
  dear[start] = 0;
  parent[start] = -1;
  queue.put(start);
  const spread = (/** @type {number} */ place) => {
    const column = place % box.width;
    const row = (place - column) / box.width;
    for (let dy = row > 0 ? -1 : 0; dy <= 1 && row + dy < box.height; dy++) {
      for (let dx = column > 0 ? -1 : 0; dx <= 1 && column + dx < box.width; dx++) {
        const next = place + dy * box.width + dx;
        const price = cost[(box.y + row + dy) * w + box.x + column + dx];
        const sum = dear[place] + (dx && dy ? Math.SQRT2 : 1) * price;
        if (sum < dear[next]) {
          dear[next] = sum;
          parent[next] = place;
          queue.put(next);
        }
      }
    }
  };
  for (let place = queue.take(); place >= 0 && place !== goal; place = queue.take()) {
    spread(place);
  }
  return { box, parent };
}

/**
 * The path from where the wires began to a pixel.
 *
 * @param {Wires} wires
 * @param {readonly [number, number]} to a pixel, or a place in it; outside the box its nearest pixel is taken
 * @returns {[number, number][]} columns and rows of the image; empty where the wires stop short of it
 */
export function pathTo({ box, parent }, to) {
  const inside = pixelOf([to[0] - box.x, to[1] - box.y], box.width, box.height);
  /** @type {[number, number][]} */
  const path = [];
  for (let place = inside[1] * box.width + inside[0]; place >= 0; place = parent[place]) {
    if (parent[place] === -2) {
      return [];
    }
    path.push([box.x + (place % box.width), box.y + Math.floor(place / box.width)]);
  }
  return path.reverse();
}

/**
 * @param {readonly [number, number]} place
 * @param {number} w
 * @param {number} h
 * @returns {[number, number]}
 */
function pixelOf([x, y], w, h) {
  return [Math.min(w - 1, Math.max(0, Math.floor(x))), Math.min(h - 1, Math.max(0, Math.floor(y)))];
}

/**
 * @param {Box} box
 * @param {readonly [number, number]} pixel
 * @returns {number}
 */
function placeIn(box, [x, y]) {
  return (y - box.y) * box.width + x - box.x;
}

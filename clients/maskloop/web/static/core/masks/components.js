// Parts of a mask, and its holes. Pixels that touch by a corner are one part; ground that does is two.

import { stroke } from "./brush.js";
import { groupsOf, runsOf } from "./runs.js";
import { contains, intersect, subtract } from "./sets.js";
import { Mask, around, bitsIn, tight } from "./window.js";
/** @typedef {import("./window.js").Place} Place */
/** @typedef {import("./runs.js").Runs} Runs */

/**
 * The connected parts of a mask, largest first; of equally large ones the one that begins higher up.
 *
 * @param {Mask} mask
 * @returns {Mask[]}
 */
export function components(mask) {
  const runs = runsOf(mask.bits, mask.width, mask.height, 1);
  const { group, groups } = groupsOf(runs, mask.height, true);
  if (groups <= 1) {
    return groups ? [mask] : [];
  }
  const parts = Array.from({ length: groups }, () => ({ left: Infinity, right: 0, top: 0, bottom: 0, area: 0 }));
  eachRun(runs, (row, from, to, run) => {
    const part = /** @type {{left: number, right: number, top: number, bottom: number, area: number}} */ (
      parts[group[run]]
    );
    part.top = part.area ? part.top : row;
    part.bottom = row + 1;
    part.left = Math.min(part.left, from);
    part.right = Math.max(part.right, to);
    part.area += to - from;
  });
  const bits = parts.map((part) => new Uint8Array((part.right - part.left) * (part.bottom - part.top)));
  eachRun(runs, (row, from, to, run) => {
    const part = parts[group[run]];
    if (part) {
      const start = (row - part.top) * (part.right - part.left) - part.left;
      bits[group[run]]?.fill(1, start + from, start + to);
    }
  });
  return parts
    .map((part, index) => ({ part, bits: bits[index] ?? new Uint8Array(0) }))
    .sort((a, b) => b.part.area - a.part.area) // the order of groups, which is that of their first runs, breaks ties
    .map(({ part, bits: own }) => {
      const [width, height] = [part.right - part.left, part.bottom - part.top];
      return new Mask(mask.x + part.left, mask.y + part.top, width, height, own);
    });
}

/**
 * @param {Runs} runs
 * @param {(row: number, from: number, to: number, run: number) => void} visit
 */
function eachRun(runs, visit) {
  for (let run = 0; run < runs.count; run++) {
    visit(runs.row[run], runs.from[run], runs.to[run], run);
  }
}

/**
 * The mask with the ground that it encloses.
 *
 * @param {Mask} mask
 * @returns {Mask}
 */
export function fillHoles(mask) {
  const runs = runsOf(mask.bits, mask.width, mask.height, 0);
  const { group, groups } = groupsOf(runs, mask.height, false);
  const isOpen = new Uint8Array(groups);
  eachRun(runs, (row, from, to, run) => {
    if (row === 0 || row === mask.height - 1 || from === 0 || to === mask.width) {
      isOpen[group[run]] = 1;
    }
  });
  if (isOpen.every(Boolean)) {
    return mask;
  }
  const bits = mask.bits.slice();
  eachRun(runs, (row, from, to, run) => {
    if (!isOpen[group[run]]) {
      bits.fill(1, row * mask.width + from, row * mask.width + to);
    }
  });
  return new Mask(mask.x, mask.y, mask.width, mask.height, bits);
}

/**
 * The parts into which a line cuts a mask, largest first; the line's own pixels go to the parts beside it.
 *
 * @param {Mask} mask
 * @param {readonly Place[]} path
 * @param {number} w width of the image in pixels
 * @param {number} h height of the image in pixels
 * @returns {Mask[]} the mask alone where the line cuts nothing off
 */
export function cut(mask, path, w, h) {
  const line = stroke(path, 0, w, h);
  const parts = components(subtract(mask, line));
  if (parts.length <= components(mask).length) {
    return [mask];
  }
  return dealt(parts, placesOf(intersect(mask, line)));
}

/**
 * @param {Mask} mask
 * @returns {[number, number][]} column and row of each of its pixels
 */
function placesOf(mask) {
  /** @type {[number, number][]} */
  const places = [];
  eachRun(runsOf(mask.bits, mask.width, mask.height, 1), (row, from, to) => {
    for (let column = from; column < to; column++) {
      places.push([mask.x + column, mask.y + row]);
    }
  });
  return places;
}

/**
 * The parts with the pixels of a line that parted them: ring by ring, each goes to a part beside it.
 *
 * @param {readonly Mask[]} parts
 * @param {readonly [number, number][]} places
 * @returns {Mask[]}
 */
function dealt(parts, places) {
  /** @type {[number, number][][]} */
  const given = parts.map(() => []);
  const owners = new Map(places.map(([x, y]) => [`${x} ${y}`, -1]));
  const ownerAt = (/** @type {number} */ x, /** @type {number} */ y) =>
    owners.get(`${x} ${y}`) ?? parts.findIndex((part) => contains(part, x, y));
  for (let open = [...places], before = Infinity; open.length < before; ) {
    before = open.length;
    const owned = open.map(([x, y]) =>
      Math.max(ownerAt(x - 1, y), ownerAt(x + 1, y), ownerAt(x, y - 1), ownerAt(x, y + 1)),
    );
    open.forEach((place, index) => {
      owners.set(place.join(" "), owned[index]);
      given[owned[index]]?.push(place);
    });
    open = open.filter((_, index) => owned[index] < 0); // what nothing is beside belongs to nobody
  }
  return parts.map((part, index) => withPlaces(part, given[index]));
}

/**
 * @param {Mask} mask
 * @param {readonly [number, number][]} places
 * @returns {Mask}
 */
function withPlaces(mask, places) {
  const box = places.reduce((all, [x, y]) => around(all, { x, y, width: 1, height: 1 }), around(mask, mask));
  const bits = bitsIn(mask, box);
  for (const [x, y] of places) {
    bits[(y - box.y) * box.width + x - box.x] = 1;
  }
  return tight(box.x, box.y, box.width, box.height, bits);
}

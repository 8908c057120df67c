import assert from "node:assert/strict";
import { test } from "node:test";

import * as masks from "../../../clients/maskloop/web/static/core/mask.js";
import { blobs, drawn, flooded, laidOut, maskOf, pictureOf, randomBy, rowsOf } from "./reference.js";
/** @typedef {import("../../../clients/maskloop/web/static/core/masks/window.js").Mask} Mask */

const [W, H] = [26, 21];

/** @param {Mask} mask */
const shown = (mask) => rowsOf(laidOut(mask, W, H));

/**
 * @param {number[][]} picture
 * @param {number} x
 * @param {number} y
 * @param {number} px
 * @returns {number[]} the values within a disc, `undefined` outside the picture
 */
function around(picture, x, y, px) {
  const found = [];
  for (let dy = -Math.floor(px); dy <= px; dy++) {
    for (let dx = -Math.floor(px); dx <= px; dx++) {
      if (dx * dx + dy * dy <= px * px) {
        found.push(picture[y + dy]?.[x + dx]);
      }
    }
  }
  return found;
}

test("growing takes in what a disc reaches, shrinking keeps where the disc fits in", () => {
  const random = randomBy(6);
  for (let round = 0; round < 80; round++) {
    const picture = blobs(random, W, H);
    const mask = maskOf(picture);
    const px = [0, 1, 1.5, 2, 3, 5][round % 6];
    const grown = pictureOf(W, H, (x, y) => around(picture, x, y, px).some((bit) => bit === 1));
    const shrunk = pictureOf(W, H, (x, y) => around(picture, x, y, px).every((bit) => bit === 1));
    const held = pictureOf(W, H, (x, y) => around(picture, x, y, px).every((bit) => bit !== 0));
    assert.deepEqual(shown(masks.grow(mask, px, W, H)), rowsOf(grown));
    assert.deepEqual(shown(masks.shrink(mask, px)), rowsOf(shrunk));
    assert.deepEqual(shown(masks.shrink(mask, px, W, H)), rowsOf(held));
  }
});

test("components are what floods find, largest first", () => {
  const random = randomBy(7);
  for (let round = 0; round < 80; round++) {
    const picture = blobs(random, W, H);
    const parts = masks.components(maskOf(picture));
    const floods = flooded(picture, 1, true).sort((a, b) => b.length - a.length);
    const named = (/** @type {number[][]} */ pixels) =>
      rowsOf(pictureOf(W, H, (x, y) => pixels.some(([px, py]) => px === x && py === y))).join("\n");
    assert.deepEqual(parts.map((part) => masks.areaOf(part)), floods.map((pixels) => pixels.length));
    const found = new Set(parts.map((part) => shown(part).join("\n")));
    assert.deepEqual(found, new Set(floods.map(named)));
    assert.ok(parts.every((part) => part === masks.trimmed(part) || masks.trimmed(part).width === part.width));
  }
});

test("of equally large parts the upper one is first", () => {
  const parts = masks.components(drawn("....# #...# #....".replaceAll(" ", "\n")));
  assert.deepEqual(parts.map(({ x, y }) => [x, y]), [[4, 0], [0, 1]]);
});

test("holes are ground that no step along rows and columns leads out of", () => {
  const random = randomBy(8);
  for (let round = 0; round < 80; round++) {
    const picture = blobs(random, W, H);
    const filled = picture.map((row) => [...row]);
    for (const pixels of flooded(picture, 0, false)) {
      if (!pixels.some(([x, y]) => x === 0 || y === 0 || x === W - 1 || y === H - 1)) {
        pixels.forEach(([x, y]) => (filled[y][x] = 1));
      }
    }
    assert.deepEqual(shown(masks.fillHoles(maskOf(picture))), rowsOf(filled));
  }
});

test("an outline, filled by the even-odd rule, is the mask", () => {
  const random = randomBy(9);
  for (let round = 0; round < 80; round++) {
    const picture = blobs(random, W, H);
    const rings = masks.outline(maskOf(picture));
    const filled = pictureOf(W, H, (x, y) => rings.filter((ring) => isInside(ring, x + 0.5, y + 0.5)).length % 2);
    assert.deepEqual(rowsOf(filled), rowsOf(picture));
  }
});

test("rings turn at each of their corners, and go round parts and holes once", () => {
  const random = randomBy(10);
  for (let round = 0; round < 40; round++) {
    const picture = blobs(random, W, H);
    const rings = masks.outline(maskOf(picture));
    const padded = pictureOf(W + 2, H + 2, (x, y) => picture[y - 1]?.[x - 1]);
    const [parts, grounds] = [flooded(padded, 1, true), flooded(padded, 0, false)];
    assert.equal(rings.length, parts.length + grounds.length - 1); // the outer ground has no ring of its own
    for (const ring of rings) {
      ring.forEach(([x, y], index) => {
        const [[x1, y1], [x2, y2]] = [ring.at(index - 1) ?? [], ring[(index + 1) % ring.length]];
        assert.ok(x1 === x ? y1 !== y && y2 === y && x2 !== x : y1 === y && x2 === x && y2 !== y);
      });
    }
  }
});

/**
 * @param {number[][]} ring
 * @param {number} x
 * @param {number} y
 */
function isInside(ring, x, y) {
  return (
    ring.filter(([x1, y1], index) => {
      const [x2, y2] = ring[(index + 1) % ring.length];
      return x1 === x2 && x1 > x && y1 > y !== y2 > y;
    }).length % 2
  );
}

test("the centre is a pixel of the mask, far from its edge", () => {
  assert.deepEqual(masks.centre(drawn("....... .#####. .#####. .###### .#####. .#####. .......")), [3, 3]);
  const random = randomBy(11);
  for (let round = 0; round < 60; round++) {
    const mask = maskOf(blobs(random, W, H));
    const place = masks.centre(mask);
    assert.ok(place && masks.contains(mask, place[0], place[1]));
    const inside = pictureOf(W, H, (x, y) => masks.contains(mask, x, y));
    const far = laidOut(mask, W, H).map((row, y) => row.map((bit, x) => (bit ? room(inside, x, y) : 0)));
    assert.ok(far[place[1]][place[0]] >= 0.85 * Math.max(...far.flat())); // chamfer distances are off by so much
  }
});

/**
 * How far a pixel lies from the nearest that is not set, outside the picture as well.
 *
 * @param {number[][]} picture
 * @param {number} x
 * @param {number} y
 */
function room(picture, x, y) {
  let least = Infinity;
  for (let row = -1; row <= H; row++) {
    for (let column = -1; column <= W; column++) {
      least = picture[row]?.[column] ? least : Math.min(least, Math.hypot(column - x, row - y));
    }
  }
  return least;
}

test("the centre of a large mask is found on a grid, and of one too thin for the grid all the same", () => {
  const disc = masks.stroke([[1500, 1200]], 1000, 4000, 3000);
  const [x, y] = masks.centre(disc) ?? [0, 0];
  assert.ok(Math.hypot(x - 1500, y - 1200) < 40);
  const line = new masks.Mask(0, 0, 1000, 1000, new Uint8Array(1e6).fill(1, 3000, 3001));
  assert.deepEqual(masks.centre(line), [0, 3]);
});

test("a line cuts a mask in two, and its own pixels go to either side", () => {
  const random = randomBy(12);
  const mask = masks.polygon([[2, 2], [24, 2], [24, 19], [2, 19]], W, H);
  for (let round = 0; round < 40; round++) {
    const [from, to] = [3 + random() * 15, 3 + random() * 15];
    /** @type {[number, number][]} */
    const line = round % 2 ? [[from, -5], [to, 30]] : [[-5, from], [30, to]];
    const parts = masks.cut(mask, line, W, H);
    assert.equal(parts.length, 2);
    assert.ok(parts.every((part) => masks.components(part).length === 1));
    assert.equal(masks.areaOf(masks.intersect(parts[0], parts[1])), 0);
    assert.ok(masks.same(masks.union(parts[0], parts[1]), mask));
  }
});

test("a line along a border takes nothing away there", () => {
  const mask = masks.polygon([[2, 2], [24, 2], [24, 19], [2, 19]], W, H);
  const parts = masks.cut(mask, [[1, 2.5], [13.5, 2.5], [13.5, 18.5], [30, 18.5]], W, H);
  assert.ok(masks.same(masks.union(parts[0], parts[1]), mask));
  assert.equal(parts.length, 2);
  const below = parts.find((part) => masks.contains(part, 3, 10));
  assert.ok(below && masks.contains(below, 3, 2), "a pixel of the line goes to what is beside it");
});

test("a line that ends inside, or misses, cuts nothing", () => {
  const mask = masks.polygon([[2, 2], [24, 2], [24, 19], [2, 19]], W, H);
  assert.deepEqual(masks.cut(mask, [[10, -5], [10, 12]], W, H), [mask]);
  assert.deepEqual(masks.cut(mask, [[0, 0], [25, 0]], W, H), [mask]);
});

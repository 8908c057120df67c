import assert from "node:assert/strict";
import { test } from "node:test";

import * as masks from "../../../clients/maskloop/web/static/core/mask.js";
import { strokeBox } from "../../../clients/maskloop/web/static/core/masks/brush.js";
import { beginPainting, paint, painted } from "../../../clients/maskloop/web/static/core/painting.js";
import { blobs, distanceTo, drawn, laidOut, maskOf, pictureOf, randomBy, rowsOf } from "./reference.js";
/** @typedef {import("../../../clients/maskloop/web/static/core/masks/window.js").Mask} Mask */
/** @typedef {import("../../../clients/maskloop/web/static/core/masks/window.js").Place} Place */

const [W, H] = [40, 30];

/** @param {Mask} mask */
const shown = (mask) => rowsOf(laidOut(mask, W, H));

/**
 * @param {() => number} random
 * @param {number} corners
 * @returns {Place[]} some of them outside the image
 */
function walk(random, corners) {
  return Array.from({ length: corners }, () => [random() * (W + 16) - 8, random() * (H + 16) - 8]);
}

/**
 * @param {readonly Place[]} path
 * @param {number} radius
 */
function slowStroke(path, radius) {
  const ends = path.length > 1 ? path.slice(1).map((to, index) => [path[index], to]) : [[path[0], path[0]]];
  const reach = Math.max(radius, Math.SQRT1_2);
  return rowsOf(pictureOf(W, H, (x, y) => ends.some(([a, b]) => distanceTo([x + 0.5, y + 0.5], a, b) <= reach)));
}

test("a stroke holds the pixels whose middle is within its radius", () => {
  const random = randomBy(2);
  for (let round = 0; round < 300; round++) {
    const path = walk(random, 1 + Math.floor(random() * 5));
    const radius = random() * 9;
    assert.deepEqual(shown(masks.stroke(path, radius, W, H)), slowStroke(path, radius));
  }
});

test("level, upright and standing strokes", () => {
  /** @type {Place[][]} */
  const paths = [[[5, 7], [25, 7]], [[9, 3], [9, 28]], [[9, 28], [9, 3]], [[8, 8], [8, 8]], [[3.5, 3.5], [20.5, 20.5]]];
  for (const path of paths) {
    for (const radius of [0, 1, 2.3, 6]) {
      assert.deepEqual(shown(masks.stroke(path, radius, W, H)), slowStroke(path, radius));
    }
  }
});

test("the thinnest brush leaves no gap: each place of its path lies in a pixel of the stroke", () => {
  const random = randomBy(3);
  for (let round = 0; round < 50; round++) {
    const [from, to] = [[random() * W, random() * H], [random() * W, random() * H]];
    const line = masks.stroke([[from[0], from[1]], [to[0], to[1]]], 0, W, H);
    for (let step = 0; step <= 1; step += 0.01) {
      assert.ok(masks.contains(line, from[0] + step * (to[0] - from[0]), from[1] + step * (to[1] - from[1])));
    }
  }
});

test("no stroke, and one outside the image, hold nothing", () => {
  assert.equal(masks.stroke([], 5, W, H), masks.EMPTY);
  assert.equal(masks.stroke([[-20, 5]], 5, W, H), masks.EMPTY);
  assert.equal(masks.stroke([[5, H + 5.5]], 5, W, H), masks.EMPTY);
});

test("painting move by move gives what strokes give at once, and says what to draw again", () => {
  const random = randomBy(4);
  for (let round = 0; round < 60; round++) {
    const begun = round % 3 ? maskOf(blobs(random, W, H)) : masks.EMPTY;
    const painting = beginPainting(begun, W, H);
    let expected = begun;
    for (let move = 0; move < 5; move++) {
      const [path, radius, erases] = [walk(random, 2), random() * 6, random() < 0.4];
      const under = masks.stroke(path, radius, W, H);
      const before = painted(painting);
      const dirty = paint(painting, path, radius, erases);
      expected = erases ? masks.subtract(expected, under) : masks.union(expected, under);
      assert.deepEqual(shown(painted(painting)), shown(expected));
      const changed = masks.union(masks.subtract(before, expected), masks.subtract(expected, before));
      for (const [x, y] of pixelsOf(changed)) {
        assert.ok(x >= dirty.x && y >= dirty.y && x < dirty.x + dirty.width && y < dirty.y + dirty.height);
      }
    }
  }
});

test("painting leaves alone the mask that it began with, and what was taken of it", () => {
  const begun = drawn("### ###");
  const painting = beginPainting(begun, W, H);
  const taken = painted(painting);
  paint(painting, [[1, 1]], 9, true);
  assert.equal(masks.areaOf(painted(painting)), 0);
  assert.deepEqual([...begun.bits, ...taken.bits], Array.from({ length: 12 }, () => 1));
});

test("a stroke's box holds all of it", () => {
  assert.deepEqual(strokeBox([[5, 5], [9, 5]], 2, W, H), { x: 3, y: 3, width: 8, height: 4 });
  assert.deepEqual(strokeBox([[0, 0]], 3, W, H), { x: 0, y: 0, width: 3, height: 3 });
});

/** @param {Mask} mask */
function pixelsOf(mask) {
  return [...mask.bits].flatMap((bit, place) =>
    bit ? [[mask.x + (place % mask.width), mask.y + Math.floor(place / mask.width)]] : [],
  );
}

/**
 * By a ray to the right from each pixel's middle.
 *
 * @param {readonly Place[]} points
 */
function slowPolygon(points) {
  return rowsOf(
    pictureOf(W, H, (column, row) => {
      const [x, y] = [column + 0.5, row + 0.5];
      const crossed = points.filter(([x1, y1], index) => {
        const [x2, y2] = points[(index + 1) % points.length];
        return y1 > y !== y2 > y && x1 + ((y - y1) * (x2 - x1)) / (y2 - y1) > x;
      });
      return crossed.length % 2;
    }),
  );
}

test("a polygon holds the pixels whose middle a ray leaves it an odd number of times", () => {
  const random = randomBy(5);
  for (let round = 0; round < 300; round++) {
    const points = walk(random, 3 + Math.floor(random() * 6));
    assert.deepEqual(shown(masks.polygon(points, W, H)), slowPolygon(points));
  }
});

test("polygons by whole numbers meet without a gap and without a pixel in two", () => {
  const left = masks.polygon([[3, 3], [12, 3], [20, 25], [3, 25]], W, H);
  const right = masks.polygon([[12, 3], [30, 3], [30, 25], [20, 25]], W, H);
  assert.equal(masks.areaOf(masks.intersect(left, right)), 0);
  assert.ok(masks.same(masks.union(left, right), masks.polygon([[3, 3], [30, 3], [30, 25], [3, 25]], W, H)));
  assert.equal(masks.areaOf(masks.union(left, right)), 27 * 22);
});

test("fewer than three corners hold nothing, nor does what lies outside", () => {
  assert.equal(masks.polygon([[1, 1], [20, 20]], W, H), masks.EMPTY);
  assert.equal(masks.polygon([[-9, -9], [-1, -9], [-1, -1]], W, H), masks.EMPTY);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import * as masks from "../../../clients/maskloop/web/static/core/mask.js";
import { blobs, drawn, laidOut, maskOf, pictureOf, randomBy, rowsOf } from "./reference.js";
/** @typedef {import("../../../clients/maskloop/web/static/core/masks/window.js").Mask} Mask */

const [W, H] = [23, 17];

/**
 * @param {Mask} mask
 * @returns {string[]}
 */
const shown = (mask) => rowsOf(laidOut(mask, W, H));

test("a mask is frozen, and its bits fill its window", () => {
  const mask = drawn("##. .#.");
  assert.ok(Object.isFrozen(mask));
  assert.deepEqual([mask.x, mask.y, mask.width, mask.height, [...mask.bits]], [0, 0, 2, 2, [1, 1, 0, 1]]);
  assert.throws(() => new masks.Mask(0, 0, 2, 2, new Uint8Array(3)), /2 x 2 pixels does not hold 3 bits/);
});

test("two masks together, without one another, and in common, pixel by pixel", () => {
  const random = randomBy(1);
  for (let round = 0; round < 60; round++) {
    const [a, b] = [blobs(random, W, H), blobs(random, W, H)];
    const [first, second] = [maskOf(a), maskOf(b)];
    assert.deepEqual(shown(masks.union(first, second)), rowsOf(pictureOf(W, H, (x, y) => a[y][x] | b[y][x])));
    assert.deepEqual(shown(masks.subtract(first, second)), rowsOf(pictureOf(W, H, (x, y) => a[y][x] && !b[y][x])));
    const both = pictureOf(W, H, (x, y) => a[y][x] & b[y][x]);
    assert.deepEqual(shown(masks.intersect(first, second)), rowsOf(both));
    const count = (/** @type {number[][]} */ picture) => picture.flat().reduce((sum, bit) => sum + bit, 0);
    assert.equal(masks.areaOf(first), count(a));
    assert.equal(masks.iou(first, second), count(both) / (count(a) + count(b) - count(both)));
  }
});

test("what comes of two masks is tight, so that the same pixels are the same mask", () => {
  const a = drawn(".... .##. .##. ....");
  const b = drawn("#... .... ....");
  const back = masks.subtract(masks.union(a, b), b);
  assert.deepEqual({ ...back, bits: [...back.bits] }, { ...a, bits: [...a.bits] });
  assert.ok(masks.same(back, a));
  const loose = Uint8Array.from([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
  assert.ok(masks.same(new masks.Mask(0, 0, 4, 4, loose), a));
  assert.ok(!masks.same(a, b));
  assert.ok(!masks.same(drawn("## #."), drawn("## .#")));
  assert.ok(!masks.same(drawn("##"), drawn("# #")));
});

test("nothing with anything", () => {
  const a = drawn(".#. ###");
  assert.equal(masks.union(masks.EMPTY, a), a);
  assert.equal(masks.union(a, masks.EMPTY), a);
  assert.equal(masks.subtract(a, masks.EMPTY), a);
  assert.equal(masks.subtract(a, a), masks.EMPTY);
  assert.equal(masks.intersect(a, drawn("#.. ...")), masks.EMPTY);
  assert.equal(masks.iou(masks.EMPTY, masks.EMPTY), 0);
  assert.equal(masks.iou(a, a), 1);
  assert.deepEqual(masks.components(masks.EMPTY), []);
  assert.deepEqual(masks.outline(masks.EMPTY), []);
  assert.equal(masks.centre(masks.EMPTY), null);
  assert.equal(masks.fillHoles(masks.EMPTY), masks.EMPTY);
  assert.equal(masks.grow(masks.EMPTY, 3, 9, 9), masks.EMPTY);
  assert.equal(masks.shrink(masks.EMPTY, 3), masks.EMPTY);
});

test("a place is of a mask where its pixel is", () => {
  const mask = drawn("... .#. ...");
  assert.ok(masks.contains(mask, 1, 1));
  assert.ok(masks.contains(mask, 1.99, 1.5));
  for (const [x, y] of [[0.99, 1], [2, 1], [1, 2], [1, 0.5], [-5, 1], [1, 900]]) {
    assert.ok(!masks.contains(mask, x, y));
  }
});

test("a mask is cut off where its image ends", () => {
  const wide = new masks.Mask(-1, -1, 4, 3, new Uint8Array(12).fill(1));
  assert.deepEqual(rowsOf(laidOut(masks.clip(wide, 2, 9), 4, 3)), ["##..", "##..", "...."]);
  const inside = drawn("##");
  assert.equal(masks.clip(inside, 2, 1), inside);
  assert.equal(masks.clip(new masks.Mask(5, 5, 1, 1, Uint8Array.of(1)), 5, 5), masks.EMPTY);
});

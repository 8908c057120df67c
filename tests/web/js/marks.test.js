import assert from "node:assert/strict";
import { test } from "node:test";

import * as sheet from "../../../clients/maskloop/web/static/label/sheet.js";
import { blank } from "./sheets.js";
/** @typedef {import("../../../clients/maskloop/web/static/core/masks/window.js").Place} Place */

test("points, strokes and boxes are added with the chosen class, selected, and moved onto the image", () => {
  const points = sheet.addPoint(sheet.addPoint(blank("points"), 3.5, 4.25), 99, -3, 2);
  assert.deepEqual(points.points, [
    { key: 1, category: 1, point: [3.5, 4.25] },
    { key: 2, category: 2, point: [30, 0] },
  ]);
  assert.equal(points.selected, 2);
  const strokes = sheet.addStroke(blank("scribbles"), [[1, 1], [40, 5]], 0);
  assert.deepEqual(strokes.strokes, [{ key: 1, category: 0, path: [[1, 1], [30, 5]] }]);
  const boxes = sheet.addBox(blank("boxes"), [25, -4, 10, 10]);
  assert.deepEqual(boxes.boxes, [{ key: 1, category: 1, box: [25, 0, 5, 6] }]);
});

test("a stroke without a corner, and a box without a pixel of the image, are none", () => {
  const [strokes, boxes] = [blank("scribbles"), blank("boxes")];
  assert.equal(sheet.addStroke(strokes, []), strokes);
  assert.equal(sheet.addBox(boxes, [5, 5, 0, 4]), boxes);
  assert.equal(sheet.addBox(boxes, [40, 5, 4, 4]), boxes);
});

test("a stroke keeps a thousand corners, its ends among them", () => {
  const path = Array.from({ length: 2501 }, (_, place) => /** @type {Place} */ ([place / 100, 1]));
  const [{ path: kept }] = sheet.addStroke(blank("scribbles"), path).strokes;
  assert.deepEqual([kept.length, kept[0], kept.at(-1)], [1000, [0, 1], [25, 1]]);
  assert.ok(kept.every(([x], index) => index === 0 || x > kept[index - 1][0]));
});

test("marks are moved, given another class, and removed, by key", () => {
  let state = sheet.addBox(sheet.addBox(blank("boxes"), [1, 1, 2, 2]), [5, 5, 3, 3]);
  state = sheet.replaceMark(state, 1, { box: [0, 0, 4, 4] });
  state = sheet.setCategory(state, 1, 3);
  assert.deepEqual(sheet.markAt(state, 1), { key: 1, category: 3, box: [0, 0, 4, 4] });
  assert.deepEqual(sheet.replaceMark(state, 1, { box: [99, 99, 1, 1] }).boxes, state.boxes);
  const left = sheet.removeMark(state, 2);
  assert.deepEqual([left.boxes.length, left.selected], [1, null]);
  assert.equal(sheet.removeMark(left, 2), left);
  assert.equal(sheet.setCategory(left, 2, 1), left);
  const point = sheet.replaceMark(sheet.addPoint(blank("points"), 1, 1), 1, { point: [2, 50] });
  assert.deepEqual(point.points[0].point, [2, 20]);
  const stroke = sheet.replaceMark(sheet.addStroke(blank("scribbles"), [[1, 1]]), 1, { path: [[2, 2], [3, 3]] });
  assert.deepEqual(stroke.strokes[0].path, [[2, 2], [3, 3]]);
});

test("counts are whole numbers; 0 is no entry", () => {
  const state = sheet.setCount(sheet.setCount(blank("counts"), 2, 3), 1, 1.6);
  assert.deepEqual(state.counts, { 1: 2, 2: 3 });
  assert.deepEqual(sheet.setCount(state, 2, 0).counts, { 1: 2 });
  assert.deepEqual(sheet.setCount(state, 2, -4).counts, { 1: 2 });
  assert.equal(sheet.setCount(state, 2, 1e9).counts[2], 10_000);
  assert.equal(sheet.setCount(state, 2, NaN).counts[2], undefined);
  assert.equal(sheet.setCount(state, 2, 3), state);
  assert.equal(sheet.setCount(state, 5, 0), state);
});

test("classes are there or not, in ascending order", () => {
  const state = sheet.togglePresent(sheet.togglePresent(blank("image_level"), 3), 1);
  assert.deepEqual(state.present, [1, 3]);
  assert.deepEqual(sheet.togglePresent(state, 3).present, [1]);
  assert.equal(sheet.presentSet(state, 3, true), state);
});

test("a hard image is answered, and the answer can be taken back", () => {
  const state = sheet.answer(blank("ood_check"), 0);
  assert.equal(state.answer, 0);
  assert.equal(sheet.answer(state, 2).answer, 2);
  assert.equal(sheet.answer(state, null).answer, null);
  assert.equal(sheet.answer(state, 0), state);
});

test("what says that an image holds nothing", () => {
  for (const kind of /** @type {const} */ (["full", "boxes", "points", "scribbles", "counts", "image_level"])) {
    assert.equal(sheet.nothingHere(blank(kind)), kind !== "full", kind);
  }
  assert.ok(sheet.nothingHere(sheet.addStroke(blank("scribbles"), [[1, 1]], 0)));
  assert.ok(!sheet.nothingHere(sheet.addStroke(blank("scribbles"), [[1, 1]], 1)));
  assert.ok(!sheet.nothingHere(sheet.setCount(blank("counts"), 1, 1)));
  assert.ok(!sheet.nothingHere(blank("ood_check")));
  assert.ok(sheet.nothingHere(sheet.answer(blank("ood_check"), 0)));
  assert.ok(sheet.nothingHere([1, 2, 3].reduce(sheet.reject, blank("full"))));
});

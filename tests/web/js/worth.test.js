import assert from "node:assert/strict";
import { test } from "node:test";

import * as sheet from "../../../clients/maskloop/web/static/label/sheet.js";
import { block, plain, proposed } from "./sheets.js";
/** @typedef {import("../../../clients/maskloop/web/static/label/sheet.js").SheetState} SheetState */

// Predicted IoUs: 0.9 of key 1, 0.2 of key 2, 0.6 of key 3.

/**
 * Which keys are selected, one step after another.
 *
 * @param {SheetState} state
 * @param {(state: SheetState) => SheetState} step
 * @param {number} steps
 */
function walked(state, step, steps) {
  const keys = [];
  let now = state;
  for (let taken = 0; taken < steps; taken++) {
    now = step(now);
    keys.push(now.selected);
  }
  return keys;
}

test("undecided first, of these the lowest predicted IoU; rejected last", () => {
  assert.deepEqual(sheet.order(proposed()), [2, 3, 1]);
  const state = sheet.add(sheet.reject(sheet.accept(proposed(), 2), 3), block(0, 10, 3, 3), 1);
  assert.deepEqual(sheet.order(state), [1, 2, 4, 3]);
  assert.deepEqual(sheet.undecided(state), [1]);
});

test("stepping goes round, both ways", () => {
  assert.deepEqual(walked(proposed(), sheet.next, 4), [2, 3, 1, 2]);
  assert.deepEqual(walked(proposed(), sheet.previous, 4), [1, 3, 2, 1]);
});

test("accepting and stepping visits each proposal once, from the one worth most a look", () => {
  const step = (/** @type {SheetState} */ state) => sheet.next(sheet.accept(state, state.selected ?? 0));
  assert.deepEqual(walked(proposed(), step, 3), [2, 3, 1]);
});

test("from a decided one, the next undecided is the one that would have followed", () => {
  const state = sheet.select(sheet.accept(proposed(), 3), 3);
  assert.equal(sheet.next(state).selected, 1);
  assert.equal(sheet.previous(state).selected, 2);
});

test("when all is decided, stepping goes through all that is visible", () => {
  const state = sheet.add(sheet.reject(sheet.acceptRest(proposed()), 3), block(0, 10, 3, 3), 1);
  assert.deepEqual(walked(state, sheet.next, 4), [2, 1, 4, 2]);
});

test("where there is nothing, nothing is selected", () => {
  assert.equal(sheet.next(plain()).selected, null);
  assert.equal(sheet.previous(plain()).selected, null);
});

test("the smallest object under the pointer is on top, and no rejected one", () => {
  const state = sheet.add(proposed(), block(0, 0, 30, 20), 1);
  assert.equal(sheet.itemAt(state, 2, 2), 1);
  assert.equal(sheet.itemAt(sheet.reject(state, 1), 2, 2), 4);
  assert.equal(sheet.itemAt(state, 2, 18), 4);
  assert.equal(sheet.itemAt(proposed(), 2, 18), null);
});

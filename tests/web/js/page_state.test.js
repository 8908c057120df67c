import assert from "node:assert/strict";
import { test } from "node:test";

import { begin } from "../../../clients/maskloop/web/static/label/sheet.js";
import { INITIAL, reduce } from "../../../clients/maskloop/web/static/label/state.js";
import { createStore } from "../../../clients/maskloop/web/static/label/store.js";

/** @typedef {import("../../../clients/maskloop/web/static/label/state.js").PageState} PageState */

/** @type {import("../../../clients/maskloop/web/static/core/wire.js").SheetDocument} */
const SHEET = {
  image: { id: "i", name: "i.jpg", width: 8, height: 6 },
  proposals: [],
  model_version: "",
  uncalibrated: false,
  label: null,
};
const WORK = begin(SHEET, "full", 1);

/** @returns {PageState} an image in work. */
const opened = () => reduce(INITIAL, { type: "image", sheet: SHEET, work: WORK });

test("an edit is undone, a look is not", () => {
  const edited = reduce(opened(), { type: "edit", sheet: { ...WORK, category: 2 } });
  const looked = reduce(edited, { type: "look", sheet: { ...WORK, category: 2, selected: 7 } });
  assert.equal(looked.work?.present.selected, 7);
  assert.equal(reduce(looked, { type: "undo" }).work?.present, WORK);
  assert.equal(reduce(reduce(looked, { type: "undo" }), { type: "redo" }).work?.present.selected, 7);
});

test("points belong to their object: another one selected ends them", () => {
  /** @type {import("../../../clients/maskloop/web/static/label/state.js").Sketch} */
  const sketch = { kind: "points", key: 7, box: null, points: [[1, 1, true]] };
  const on = reduce(opened(), { type: "look", sheet: { ...WORK, selected: 7 } });
  const pointed = reduce(on, { type: "set", values: { sketch } });
  assert.equal(reduce(pointed, { type: "edit", sheet: { ...WORK, selected: 7, category: 2 } }).sketch, sketch);
  assert.equal(reduce(pointed, { type: "look", sheet: { ...WORK, selected: 8 } }).sketch, null);
});

test("the next image begins without what was being drawn on the last one", () => {
  const busy = reduce(opened(), {
    type: "set",
    values: { sketch: { kind: "line", path: [[1, 1]] }, also: new Set([3]), leaving: true, tool: "brush" },
  });
  const { sketch, also, leaving, tool } = reduce(busy, { type: "image", sheet: SHEET, work: WORK });
  assert.deepEqual([sketch, also.size, leaving, tool], [null, 0, false, "brush"]);
});

test("nobody is told where nothing changed", () => {
  const store = createStore(reduce, INITIAL);
  let told = 0;
  store.subscribe(() => (told += 1));
  store.dispatch({ type: "set", values: { tool: INITIAL.tool } });
  store.dispatch({ type: "edit", sheet: WORK }); // there is no image
  assert.equal(told, 0);
  store.dispatch({ type: "set", values: { tool: "eraser" } });
  assert.deepEqual([told, store.state.tool], [1, "eraser"]);
});

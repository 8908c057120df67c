import assert from "node:assert/strict";
import { test } from "node:test";

import { App } from "../../../clients/maskloop/web/static/label/app.js";
import { classesNamed } from "../../../clients/maskloop/web/static/label/classes_by_name.js";
import { commandOf } from "../../../clients/maskloop/web/static/label/keyboard.js";
import { showClassFinder } from "../../../clients/maskloop/web/static/label/views/class_finder.js";
import { benchOf } from "./stage_stand_ins.js";

const CATEGORIES = ["crab", "Étoile", "brown alga", "algae, red"].map((name, index) => ({ id: index + 1, name }));

test("a class is found by a part of its name; what begins with it goes first", () => {
  const found = (/** @type {string} */ text) => classesNamed(CATEGORIES, text).map(({ id }) => id);
  assert.deepEqual(found("alga"), [4, 3]);
  assert.deepEqual(found(" ETO"), [2]);
  assert.deepEqual(found(""), [1, 2, 3, 4]);
  assert.deepEqual(found("fish"), []);
});

test("its key opens the dialog, and Enter takes the first class that fits", () => {
  const project = { id: "p", name: "p", categories: CATEGORIES, campaigns: [], active_model: "" };
  const bench = benchOf({ project });
  const parts = { append() {}, setAttribute() {}, replaceChildren() {}, value: "of the last time" };
  const made = () => Object.assign(new globalThis.HTMLElement(), parts);
  /** @type {Record<string, any>} */
  const found = { "#class-filter": made(), "#class-matches": made(), "#class-none": made() };
  Object.assign(globalThis, { HTMLInputElement: globalThis.HTMLElement });
  Object.assign(globalThis.document, {
    querySelector: (/** @type {string} */ selector) => found[selector],
    createElement: made,
  });
  const app = new App(bench, /** @type {any} */ ({}), /** @type {any} */ ({}), /** @type {any} */ ({}));
  showClassFinder(app);
  commandOf("w", "full")?.run(app);
  const filter = found["#class-filter"];
  assert.deepEqual([bench.store.state.dialog, filter.value], ["find-class", ""]);
  filter.value = "red";
  filter.dispatchEvent(Object.assign(new Event("keydown", { cancelable: true }), { key: "Enter" }));
  assert.deepEqual([bench.store.state.dialog, bench.sheet?.category], ["", 4]);
});

// What screen readers are told of the labeling page.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { isTakenElsewhere } from "../../../clients/maskloop/web/static/label/keyboard.js";
import { followFocus } from "../../../clients/maskloop/web/static/label/views/grid_view.js";
import { showMessage } from "../../../clients/maskloop/web/static/label/views/veil.js";
import { benchOf } from "./stage_stand_ins.js";

/** @param {Record<string, any>} parts of the document. */
const page = (parts) => Object.assign(globalThis.document, parts);

/**
 * @param {Record<string, any>} [parts]
 * @returns {any}
 */
const element = (parts = {}) => Object.assign(new globalThis.HTMLElement(), { textContent: "", hidden: true }, parts);

test("a message is said in a region that is always there, also where it is the same again", () => {
  const bench = benchOf();
  /** @type {Record<string, any>} */
  const found = { "#message": element(), "#message-words": element(), "#said": element() };
  page({ querySelector: (/** @type {string} */ selector) => found[selector] });
  mock.timers.enable({ apis: ["setTimeout"] });
  showMessage(bench.store);
  const said = found["#said"];
  said.hidden = false;
  for (let round = 0; round < 2; round++) {
    bench.tell("Select an object first.");
    assert.deepEqual([said.textContent, found["#message"].hidden], ["", false]);
    mock.timers.tick(200);
    assert.equal(said.textContent, "Select an object first.");
  }
  mock.timers.tick(60_000);
  assert.deepEqual([said.textContent, found["#message"].hidden], ["", true]);
  mock.timers.reset();
});

test("the focus follows the image that is asked about, unless people are elsewhere", () => {
  benchOf();
  /** @type {any[]} */
  const calls = [];
  const card = element({ focus: (/** @type {any} */ options) => calls.push(options) });
  const [body, other, button] = [element(), element(), element()];
  const place = element({ contains: (/** @type {any} */ one) => one === other });
  for (const activeElement of [body, other, button]) {
    page({ body, activeElement });
    followFocus(card, place);
  }
  assert.deepEqual(calls, [{ preventScroll: true }, { preventScroll: true }]);
});

test("Enter hands the grid in, also with the focus on an image; elsewhere a button keeps it", () => {
  benchOf();
  /** @param {(selector: string) => boolean} fits */
  const on = (fits) => element({ closest: (/** @type {string} */ selector) => (fits(selector) ? {} : null) });
  const card = on((selector) => /^button,/.test(selector));
  const button = on((selector) => /^button/.test(selector));
  const taken = (/** @type {any} */ target, /** @type {string} */ key) =>
    isTakenElsewhere(/** @type {any} */ ({ target, key, isComposing: false }));
  assert.deepEqual(["Enter", " ", "y"].map((key) => taken(card, key)), [false, true, false]);
  assert.deepEqual(["Enter", " ", "y"].map((key) => taken(button, key)), [true, true, false]);
});

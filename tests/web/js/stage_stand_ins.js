// A stage without a browser: an image at full size, pointers that tests move, and a server that answers prompts.

import { Viewport } from "../../../clients/maskloop/web/static/core/viewport.js";
import { Bench } from "../../../clients/maskloop/web/static/label/bench.js";
import { INITIAL, reduce } from "../../../clients/maskloop/web/static/label/state.js";
import { createStore } from "../../../clients/maskloop/web/static/label/store.js";
import { plain, sheetOf } from "./sheets.js";

/** @typedef {import("../../../clients/maskloop/web/static/label/bench.js").Bench} BenchOfPage */
/** @typedef {import("../../../clients/maskloop/web/static/label/state.js").PageState} PageState */
/** @typedef {"mouse" | "pen" | "touch"} Device */

class StandInElement extends EventTarget {
  dataset = {};
  setPointerCapture() {}
  closest() {
    return null;
  }
  getBoundingClientRect() {
    return { left: 0, top: 0 };
  }
}

/** Put what modules ask of a browser in its place. */
export function standInForBrowser() {
  Object.assign(globalThis, {
    Element: StandInElement,
    HTMLElement: StandInElement,
    document: { hidden: false, activeElement: null, documentElement: null },
    getComputedStyle: () => ({ getPropertyValue: () => "" }),
  });
}

/**
 * @param {Partial<PageState>} [values]
 * @returns {BenchOfPage} an image in work, one CSS pixel to each of its own.
 */
export function benchOf(values = {}) {
  standInForBrowser();
  const store = createStore(reduce, INITIAL);
  store.dispatch({ type: "image", sheet: sheetOf({ proposals: [], model_version: "" }), work: plain() });
  const project = { id: "p", name: "p", categories: [{ id: 1, name: "one" }], campaigns: [], active_model: "m1" };
  store.dispatch({ type: "set", values: { phase: "ready", project, ...values } });
  const stage = {
    element: new StandInElement(),
    viewport: new Viewport({ width: 100, height: 100 }),
    isPainting: false,
    show: (/** @type {Viewport} */ viewport) => (stage.viewport = viewport),
  };
  return new Bench(store, /** @type {any} */ (stage));
}

/**
 * @param {BenchOfPage} bench
 * @param {string} type
 * @param {[number, number]} at
 * @param {{device?: Device, id?: number}} [pointer]
 */
export function point(bench, type, [clientX, clientY], { device = "mouse", id = 1 } = {}) {
  const held = { altKey: false, shiftKey: false, button: 0, buttons: 1 };
  const event = Object.assign(new Event(type), { pointerType: device, pointerId: id, clientX, clientY, ...held });
  bench.stage.element.dispatchEvent(event);
}

/**
 * @param {BenchOfPage} bench
 * @param {[number, number]} at
 * @param {{device?: Device, id?: number}} [pointer]
 */
export function clickAt(bench, at, pointer) {
  point(bench, "pointerdown", at, pointer);
  point(bench, "pointerup", at, pointer);
}

/**
 * Two fingers come down, move apart and go: a pinch.
 *
 * @param {BenchOfPage} bench
 * @param {[number, number]} at where the first one is.
 */
export function pinchAt(bench, [x, y]) {
  const [one, other] = [2, 3].map((id) => ({ device: /** @type {Device} */ ("touch"), id }));
  point(bench, "pointerdown", [x, y], one);
  point(bench, "pointerdown", [x + 10, y], other);
  point(bench, "pointermove", [x + 30, y], other);
  point(bench, "pointerup", [x + 30, y], other);
  point(bench, "pointermove", [x + 1, y + 1], one);
  point(bench, "pointerup", [x + 1, y + 1], one);
}

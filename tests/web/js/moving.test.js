import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { INITIAL, reduce } from "../../../clients/maskloop/web/static/label/state.js";
import { Stage } from "../../../clients/maskloop/web/static/label/stage/stage.js";
import { createStore } from "../../../clients/maskloop/web/static/label/store.js";
import { proposed, sheetOf } from "./sheets.js";
import { standInForBrowser } from "./stage_stand_ins.js";

/** A canvas that counts how often it was cleared, which is how often it was drawn. */
function canvasOf() {
  const parts = { width: 0, height: 0, drawn: 0, style: { transform: "" }, getContext: () => context };
  const canvas = Object.assign(new globalThis.HTMLElement(), parts);
  /** @type {object} */
  const context = new Proxy(
    { canvas, clearRect: () => (canvas.drawn += 1) },
    { get: (known, name) => Reflect.get(known, name) ?? (() => {}) },
  );
  return /** @type {any} */ (canvas);
}

/** An image with proposals on a stage; `frame` is what a browser does before it shows the next picture. */
function opened() {
  standInForBrowser();
  mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {(() => void)[]} */
  const waiting = [];
  const element = Object.assign(new globalThis.HTMLElement(), { clientWidth: 400, clientHeight: 300 });
  const canvases = { photo: canvasOf(), masks: canvasOf(), active: canvasOf(), overlay: canvasOf() };
  /** @type {Record<string, any>} */
  const found = { stage: element, ...canvases };
  Object.assign(globalThis.document, { querySelector: (/** @type {string} */ selector) => found[selector.slice(1)] });
  Object.assign(globalThis, {
    HTMLCanvasElement: globalThis.HTMLElement,
    ResizeObserver: class { observe() {} },
    Image: class { async decode() {} },
    Path2D: class { moveTo() {} lineTo() {} closePath() {} },
    devicePixelRatio: 1,
    requestAnimationFrame: (/** @type {() => void} */ draw) => waiting.push(draw),
    cancelAnimationFrame: () => (waiting.length = 0),
  });
  const frame = () => waiting.splice(0).forEach((draw) => draw());
  const store = createStore(reduce, INITIAL);
  const stage = new Stage(store);
  const project = { id: "p", name: "p", categories: [], campaigns: [], active_model: "" };
  store.dispatch({ type: "set", values: { project, phase: "ready" } });
  store.dispatch({ type: "image", sheet: sheetOf(), work: proposed() });
  frame();
  const drawn = () => Object.values(canvases).map((canvas) => canvas.drawn);
  return { stage, store, canvases, frame, drawn };
}

/**
 * @param {number[]} after
 * @param {number[]} before
 */
const since = (after, before) => after.map((count, index) => count - (before[index] ?? 0));

test("while the image moves, the photograph alone is drawn; the rest is moved along, and drawn once that rests", () => {
  const { stage, canvases, frame, drawn } = opened();
  const before = drawn();
  const { scale, offsetX, offsetY } = stage.viewport;
  stage.zoom(1.5, 100, 50);
  frame();
  stage.show(stage.viewport.panBy(7, -3));
  frame();
  assert.deepEqual(since(drawn(), before), [2, 0, 0, 0]);
  const [by, , , , x, y] = canvases.masks.style.transform.match(/-?[\d.]+(?:e-?\d+)?/g).map(Number);
  assert.ok(Math.abs(by * scale - stage.viewport.scale) < 1e-9);
  assert.ok(Math.abs(by * offsetX + x - stage.viewport.offsetX) < 1e-9);
  assert.ok(Math.abs(by * offsetY + y - stage.viewport.offsetY) < 1e-9);
  mock.timers.tick(100);
  frame();
  assert.deepEqual(since(drawn(), before), [2, 1, 1, 1]);
  assert.equal(canvases.masks.style.transform, "");
  mock.timers.reset();
});

test("what was drawn is not stretched beyond twice its size, nor moved far from where there is nothing of it", () => {
  const { stage, frame, drawn } = opened();
  let before = drawn();
  stage.zoom(2.5);
  frame();
  assert.deepEqual(since(drawn(), before), [1, 1, 1, 1]);
  before = drawn();
  stage.show(stage.viewport.panBy(150, 0));
  frame();
  assert.deepEqual(since(drawn(), before), [1, 1, 1, 1]);
  mock.timers.reset();
});

test("a change while the image moves draws all that lies on it where it belongs", () => {
  const { stage, store, canvases, frame, drawn } = opened();
  const before = drawn();
  stage.zoom(1.2);
  store.dispatch({ type: "set", values: { also: new Set([2]) } }); // on the uppermost layer alone
  frame();
  assert.deepEqual([since(drawn(), before), canvases.active.style.transform], [[1, 1, 1, 1], ""]);
  mock.timers.tick(1_000);
  frame();
  assert.deepEqual(since(drawn(), before), [1, 1, 1, 1]);
  mock.timers.reset();
});

test("a stroke begins on a layer that lies where it belongs", () => {
  const { stage, canvases, frame, drawn } = opened();
  const before = drawn();
  stage.zoom(1.2);
  frame();
  stage.beginPainting();
  assert.deepEqual([since(drawn(), before), canvases.active.style.transform], [[1, 1, 1, 1], ""]);
  mock.timers.reset();
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { App } from "../../../clients/maskloop/web/static/label/app.js";
import { Pointers } from "../../../clients/maskloop/web/static/label/stage/pointers.js";
import { makeTools } from "../../../clients/maskloop/web/static/label/tools/tools.js";
import { areaOf } from "../../../clients/maskloop/web/static/core/mask.js";
import { ASKED, block, offered } from "./sheets.js";
import { benchOf, clickAt, pinchAt, point } from "./stage_stand_ins.js";

/** @typedef {import("../../../clients/maskloop/web/static/label/state.js").ToolName} ToolName */

/** @param {ToolName} tool in hand. */
function stageWith(tool) {
  const bench = benchOf({ tool, batch: /** @type {any} */ ({ id: "b", kind: "full", picks: [] }) });
  const tools = makeTools(bench);
  const app = new App(bench, /** @type {any} */ ({}), tools, /** @type {any} */ ({}));
  const pointers = new Pointers(bench, tools);
  return { bench, app, pointers };
}

/** @param {ReturnType<typeof stageWith>} page */
function cornersOf({ bench }) {
  const { sketch } = bench.store.state;
  return sketch?.kind === "area" ? sketch.corners : [];
}

/** The network sees one object, wherever it is asked; `asked` are the points of each question. */
function network() {
  /** @type {[number, number, boolean][][]} */
  const asked = [];
  const proposals = [offered(ASKED, 0.7, block(2, 10, 5, 5))];
  globalThis.fetch = async (_address, options) => {
    asked.push(JSON.parse(String(options?.body)).prompts[0].points);
    return new Response(JSON.stringify({ model_version: "m1", proposals }), {
      headers: { "content-type": "application/json" },
    });
  };
  return asked;
}

/** @returns {Promise<void>} */
const settled = () =>
  new Promise((resolve) => {
    setTimeout(resolve, 20);
  });

test("a pinch keeps the corners of a polygon that were there, and moves the image", () => {
  const page = stageWith("polygon");
  clickAt(page.bench, [2, 2], { device: "touch" });
  clickAt(page.bench, [20, 2], { device: "touch" });
  const before = page.bench.stage.viewport;
  pinchAt(page.bench, [10, 10]);
  assert.deepEqual(cornersOf(page), [[2, 2], [20, 2]]);
  assert.notDeepEqual(page.bench.stage.viewport, before);
  assert.deepEqual(page.bench.store.state.sketch, { kind: "area", corners: cornersOf(page), tip: [] });
});

test("a pinch that begins on the first corner closes nothing; a click there does", () => {
  const page = stageWith("polygon");
  /** @type {[number, number][]} */
  const corners = [[2, 2], [26, 2], [26, 18]];
  corners.forEach((corner) => clickAt(page.bench, corner));
  pinchAt(page.bench, [3, 3]);
  assert.deepEqual(cornersOf(page), corners);
  page.app.submit();
  assert.equal(page.bench.sheet?.objects.length, 1);
  const other = stageWith("polygon");
  [...corners, corners[0] ?? [0, 0]].forEach((corner) => clickAt(other.bench, corner));
  assert.deepEqual([other.bench.sheet?.objects.length, cornersOf(other)], [1, []]);
});

test("Escape and another tool leave all of a polygon, also while the pointer is down", () => {
  const page = stageWith("polygon");
  clickAt(page.bench, [2, 2]);
  clickAt(page.bench, [20, 2]);
  point(page.bench, "pointerdown", [20, 15]);
  page.app.escape();
  point(page.bench, "pointermove", [5, 15]);
  point(page.bench, "pointerup", [5, 15]);
  assert.equal(page.bench.store.state.sketch, null);
  clickAt(page.bench, [2, 2]);
  page.app.takeTool("brush");
  assert.equal(page.bench.store.state.sketch, null);
});

test("a pinch with the point tool sets no point, and asks nobody", async () => {
  const asked = network();
  const { bench } = stageWith("point");
  pinchAt(bench, [4, 12]);
  await settled();
  assert.deepEqual([bench.store.state.sketch, bench.sheet?.objects.length, asked], [null, 0, []]);
  clickAt(bench, [4, 12], { device: "touch" });
  await settled();
  assert.deepEqual([bench.sheet?.objects.length, asked], [1, [[[4, 12, true]]]]);
});

test("a double click with the point tool is two points, whose answer is taken", async () => {
  const asked = network();
  const { bench } = stageWith("point");
  clickAt(bench, [4, 12]);
  clickAt(bench, [4, 12]);
  bench.stage.element.dispatchEvent(new Event("dblclick"));
  await settled();
  assert.deepEqual([asked.length, bench.sheet?.objects.length], [2, 1]);
});

test("a pen takes over from the palm that came before it, and goes on beside one that comes later", () => {
  const { bench, pointers } = stageWith("brush");
  const stage = /** @type {any} */ (bench.stage);
  const canvas = { setTransform() {}, beginPath() {}, moveTo() {}, lineTo() {}, stroke() {} };
  Object.assign(stage, { beginPainting: () => canvas, endPainting() {} });
  point(bench, "pointerdown", [25, 15], { device: "touch", id: 2 });
  point(bench, "pointerdown", [5, 5], { device: "pen", id: 7 });
  point(bench, "pointerdown", [28, 18], { device: "touch", id: 3 });
  point(bench, "pointerdown", [29, 19], { device: "touch", id: 4 });
  point(bench, "pointermove", [20, 10], { device: "touch", id: 3 });
  point(bench, "pointermove", [9, 5], { device: "pen", id: 7 });
  assert.ok(pointers.busy);
  point(bench, "pointerup", [9, 5], { device: "pen", id: 7 });
  const [painted] = bench.sheet?.objects ?? [];
  assert.ok(painted && areaOf(painted.mask) > 0 && bench.sheet?.objects.length === 1);
  assert.equal(pointers.busy, false);
});

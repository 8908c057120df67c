// What is being drawn: areas, boxes, lines, points, and boxes of which the network has been asked.

import { colour } from "./colours.js";
import { colourOf, drawDot, line, pathThrough } from "./layers.js";
import { inImage } from "./shapes.js";

/** @typedef {import("../state.js").PageState} PageState */
/** @typedef {import("../state.js").Sketch} Sketch */
/** @typedef {import("../../core/viewport.js").Viewport} Viewport */
/** @typedef {CanvasRenderingContext2D} Context */

const DARK = "rgb(10 12 18 / 75%)";
const ON_OBJECT = 3; // hues of points
const BESIDE_OBJECT = 8;

/**
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {PageState} state
 */
export function drawSketch(context, viewport, state) {
  inImage(context, viewport);
  for (const { box } of state.asking) {
    if (box) {
      drawBox(context, viewport, box, { paint: "#ffffff", dash: [4, 4] });
    }
  }
  if (state.sketch) {
    drawWhat(context, viewport, state.sketch, paintOf(state));
  }
}

/**
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {Sketch} sketch
 * @param {string} paint
 */
function drawWhat(context, viewport, sketch, paint) {
  switch (sketch.kind) {
    case "box":
      drawBox(context, viewport, boxBetween(sketch.from, sketch.to), { paint, dash: [] });
      break;
    case "area":
      drawArea(context, viewport, sketch, paint);
      break;
    case "line":
      drawLine(context, viewport, sketch.path, paint);
      break;
    case "points":
      for (const [x, y, onObject] of sketch.points) {
        const hue = onObject ? ON_OBJECT : BESIDE_OBJECT;
        drawDot(context, viewport, [x, y], { paint: colour(hue), sign: onObject ? "+" : "-" });
      }
  }
}

/**
 * @param {readonly [number, number]} from
 * @param {readonly [number, number]} to
 * @returns {[number, number, number, number]} x, y, width, height.
 */
export function boxBetween(from, to) {
  const [left, right] = from[0] < to[0] ? [from[0], to[0]] : [to[0], from[0]];
  const [top, bottom] = from[1] < to[1] ? [from[1], to[1]] : [to[1], from[1]];
  return [left, top, right - left, bottom - top];
}

/** @param {PageState} state */
function paintOf(state) {
  return colourOf(state, state.work?.present.category ?? 0);
}

/**
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {readonly number[]} box
 * @param {{paint: string, dash: number[]}} look
 */
function drawBox(context, viewport, [x = 0, y = 0, width = 0, height = 0], { paint, dash }) {
  const path = new Path2D();
  path.rect(x, y, width, height);
  line(context, viewport, path, { paint: DARK, width: 4 });
  line(context, viewport, path, { paint, width: 2, dash });
}

/**
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {readonly (readonly [number, number])[]} corners
 * @param {string} paint
 */
function drawLine(context, viewport, corners, paint) {
  const path = pathThrough(corners);
  line(context, viewport, path, { paint: DARK, width: 5 });
  line(context, viewport, path, { paint, width: 2.5 });
}

/**
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {Extract<Sketch, {kind: "area"}>} sketch
 * @param {string} paint
 */
function drawArea(context, viewport, { corners, tip }, paint) {
  const all = [...corners, ...tip];
  const shape = pathThrough(all);
  context.globalAlpha = 0.25;
  context.fillStyle = paint;
  context.fill(shape, "evenodd");
  context.globalAlpha = 1;
  drawLine(context, viewport, corners, paint);
  const last = corners.at(-1);
  if (last && tip.length) {
    const open = pathThrough([last, ...tip]);
    line(context, viewport, open, { paint: DARK, width: 3.5 });
    line(context, viewport, open, { paint: "#ffffff", width: 1.5, dash: [4, 3] });
  }
  const first = corners[0];
  if (first) {
    drawDot(context, viewport, first, { paint: "#ffffff" });
  }
}

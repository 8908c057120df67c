// What lies on the photograph: masks, the selected object, marks of other kinds. Each layer is one canvas.

import { itemOf, visibleItems } from "../sheet.js";
import { colour, hueOf } from "./colours.js";
import { meets } from "./redrawing.js";
import { inImage, isSeen, shapeOf } from "./shapes.js";

/** @typedef {import("../state.js").PageState} PageState */
/** @typedef {import("../sheet.js").SheetState} SheetState */
/** @typedef {import("../sheet.js").Item} Item */
/** @typedef {import("../../core/viewport.js").Viewport} Viewport */
/** @typedef {CanvasRenderingContext2D} Context */

const FILL = 0.34;
const FILL_BESIDE_SELECTED = 0.2;
const LINE = 1.75; // CSS pixels
const DASH = [5, 4];
const DARK = "rgb(10 12 18 / 75%)";

/**
 * @param {PageState} state
 * @param {number} category
 * @returns {string}
 */
export function colourOf(state, category) {
  return colour(hueOf(state.project?.categories ?? [], category));
}

/**
 * Objects and proposals besides the selected one.
 *
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {PageState} state
 * @param {SheetState} sheet
 * @param {import("../../core/masks/window.js").Box | null} [part] of the image, beyond which nothing is to be drawn.
 */
export function drawMasks(context, viewport, state, sheet, part = null) {
  inImage(context, viewport);
  const selected = itemOf(sheet, sheet.selected);
  const opacity = selected ? FILL_BESIDE_SELECTED : FILL;
  for (const item of visibleItems(sheet)) {
    if (item !== selected && (!part || meets(item.mask, part)) && isSeen(item.mask, viewport)) {
      drawItem(context, viewport, item, { paint: colourOf(state, item.category), opacity });
    }
  }
}

/**
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {Item} item
 * @param {{paint: string, opacity: number}} look
 */
function drawItem(context, viewport, item, { paint, opacity }) {
  const shape = shapeOf(item.mask, viewport);
  context.globalAlpha = opacity;
  context.fillStyle = paint;
  context.fill(shape, "evenodd");
  context.globalAlpha = 1;
  line(context, viewport, shape, { paint: DARK, width: LINE + 1.5 });
  line(context, viewport, shape, { paint, width: LINE, dash: item.status === "proposed" ? DASH : [] });
}

/**
 * A line of the same width at every scale.
 *
 * @param {Context} context that draws in pixels of the image.
 * @param {Viewport} viewport
 * @param {Path2D} path
 * @param {{paint: string, width: number, dash?: readonly number[]}} look in CSS pixels.
 */
export function line(context, { scale }, path, { paint, width, dash = [] }) {
  context.strokeStyle = paint;
  context.lineWidth = width / scale;
  context.lineJoin = scale > 2 ? "round" : "bevel"; // round ones are slow, and seen on large steps alone
  context.lineCap = dash.length ? "butt" : "round";
  context.setLineDash(dash.map((each) => each / scale));
  context.stroke(path);
  context.setLineDash([]);
}

/**
 * The selected object, opaque: its canvas is translucent as a whole.
 *
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {PageState} state
 * @param {SheetState} sheet
 */
export function drawActive(context, viewport, state, sheet) {
  const item = itemOf(sheet, sheet.selected);
  if (!item) {
    return;
  }
  inImage(context, viewport);
  context.fillStyle = colourOf(state, item.category);
  context.fill(shapeOf(item.mask, viewport), "evenodd");
}

/**
 * Outlines of the selected object and of those picked beside it.
 *
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {PageState} state
 * @param {SheetState} sheet
 */
export function drawSelection(context, viewport, state, sheet) {
  inImage(context, viewport);
  for (const key of [...state.also, sheet.selected]) {
    const item = itemOf(sheet, key);
    if (item) {
      const shape = shapeOf(item.mask, viewport);
      line(context, viewport, shape, { paint: DARK, width: 5 });
      line(context, viewport, shape, { paint: "#ffffff", width: 2.5, dash: item.status === "proposed" ? DASH : [] });
    }
  }
}

/**
 * Boxes, points and strokes.
 *
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {PageState} state
 * @param {SheetState} sheet
 */
export function drawMarks(context, viewport, state, sheet) {
  inImage(context, viewport);
  for (const { key, category, box } of sheet.boxes) {
    const path = new Path2D();
    path.rect(...box);
    drawMark(context, viewport, path, {
      paint: colourOf(state, category),
      chosen: key === sheet.selected,
      fills: true,
    });
  }
  for (const { key, category, path: corners } of sheet.strokes) {
    const look = { paint: colourOf(state, category), chosen: key === sheet.selected, fills: false };
    drawMark(context, viewport, pathThrough(corners), look);
  }
  for (const { key, category, point } of sheet.points) {
    drawDot(context, viewport, point, { paint: colourOf(state, category), chosen: key === sheet.selected });
  }
}

/**
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {Path2D} path
 * @param {{paint: string, chosen: boolean, fills: boolean}} look
 */
function drawMark(context, viewport, path, { paint, chosen, fills }) {
  if (fills) {
    context.globalAlpha = chosen ? 0.3 : 0.14;
    context.fillStyle = paint;
    context.fill(path);
    context.globalAlpha = 1;
  }
  line(context, viewport, path, { paint: DARK, width: chosen ? 7 : 5 });
  if (chosen) {
    line(context, viewport, path, { paint: "#ffffff", width: 5 });
  }
  line(context, viewport, path, { paint, width: 2.5 });
}

/**
 * @param {readonly (readonly [number, number])[]} corners one is a dot.
 * @returns {Path2D}
 */
export function pathThrough(corners) {
  const path = new Path2D();
  corners.forEach(([x, y], index) => (index ? path.lineTo(x, y) : path.moveTo(x, y)));
  const [only] = corners;
  if (only && corners.length === 1) {
    path.lineTo(...only);
  }
  return path;
}

/**
 * @param {Context} context
 * @param {Viewport} viewport
 * @param {readonly [number, number]} place
 * @param {{paint: string, chosen?: boolean, sign?: "+" | "-" | ""}} look
 */
export function drawDot(context, viewport, [x, y], { paint, chosen = false, sign = "" }) {
  const unit = 1 / viewport.scale;
  const ring = new Path2D();
  ring.arc(x, y, 6 * unit, 0, 2 * Math.PI);
  line(context, viewport, ring, { paint: DARK, width: 4 });
  context.fillStyle = paint;
  context.fill(ring);
  line(context, viewport, ring, { paint: "#ffffff", width: chosen ? 3 : 1.5 });
  if (sign) {
    const cross = new Path2D();
    cross.moveTo(x - 3 * unit, y);
    cross.lineTo(x + 3 * unit, y);
    if (sign === "+") {
      cross.moveTo(x, y - 3 * unit);
      cross.lineTo(x, y + 3 * unit);
    }
    line(context, viewport, cross, { paint: "#14161b", width: 1.75 });
  }
}

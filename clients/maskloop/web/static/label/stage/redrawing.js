// Drawing masks again where they changed, and nowhere else: with thousands of them, all would take too long.

import { around, overlap } from "../../core/masks/window.js";
import { itemOf } from "../sheet.js";

/** @typedef {import("../../core/masks/window.js").Box} Box */
/** @typedef {import("../../core/viewport.js").Viewport} Viewport */
/** @typedef {import("../sheet.js").SheetState} SheetState */
/** @typedef {import("../sheet.js").Item} Item */

const MOST = 24; // changed objects from which on all is drawn again
const MARGIN = 4; // CSS pixels around a mask that its line may take

/**
 * Where the layer of masks differs between two states.
 *
 * @param {SheetState} before
 * @param {SheetState} after
 * @returns {Box | null} in pixels of the image, empty where nothing does; `null`: all of it may.
 */
export function changedBox(before, after) {
  const [one, other] = [itemOf(before, before.selected), itemOf(after, after.selected)];
  if (before.image.id !== after.image.id || (one === null) !== (other === null)) {
    return null; // beside a selected object all others are fainter
  }
  const changed = changedItems(before, after);
  if (one?.key !== other?.key) {
    changed.push(...[one, other].filter((item) => item !== null));
  }
  return changed.length > MOST ? null : changed.map(({ mask }) => mask).reduce(around, NOWHERE);
}

/** @type {Box} */
const NOWHERE = { x: 0, y: 0, width: 0, height: 0 };

/**
 * @param {SheetState} before
 * @param {SheetState} after
 * @returns {Item[]} as they were and as they are.
 */
function changedItems(before, after) {
  if (before.objects === after.objects) {
    return [];
  }
  const [were, are] = [new Set(before.objects), new Set(after.objects)];
  return [...before.objects.filter((item) => !are.has(item)), ...after.objects.filter((item) => !were.has(item))];
}

/**
 * @param {Box} one
 * @param {Box} other
 */
export const meets = (one, other) => {
  const { width, height } = overlap(one, other);
  return width > 0 && height > 0;
};

/**
 * A box on the canvas with what its lines take, on whole pixels of the device; and the part of the image below that.
 *
 * @param {Box} box in pixels of the image.
 * @param {Viewport} viewport
 * @returns {{onCanvas: [x: number, y: number, width: number, height: number], inImage: Box}}
 */
export function patchOf(box, viewport) {
  const { pixelRatio, scale } = viewport;
  const [left, top] = viewport.toScreen(box.x, box.y);
  const [right, bottom] = viewport.toScreen(box.x + box.width, box.y + box.height);
  const [x, y] = [Math.floor((left - MARGIN) * pixelRatio), Math.floor((top - MARGIN) * pixelRatio)];
  const [behind, below] = [Math.ceil((right + MARGIN) * pixelRatio), Math.ceil((bottom + MARGIN) * pixelRatio)];
  const reach = Math.ceil((2 * MARGIN + 1) / scale); // neighbours whose lines reach into it
  const inImage = {
    x: box.x - reach,
    y: box.y - reach,
    width: box.width + 2 * reach,
    height: box.height + 2 * reach,
  };
  return { onCanvas: [x, y, behind - x, below - y], inImage };
}

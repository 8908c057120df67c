// Masks as paths that a canvas fills at any scale. Each mask is traced once.

import { outline } from "../../core/mask.js";

/** @typedef {import("../../core/mask.js").Mask} Mask */
/** @typedef {import("../../core/viewport.js").Viewport} Viewport */
/** @typedef {{rings: number[][][], paths: Map<number, Path2D>}} Traced `paths` by how coarse they are. */

const COARSE_STEP = 0.75; // pixels of the screen between the corners that are kept where many fall on each

/** @type {WeakMap<Mask, Traced>} */
const traced = new WeakMap();

/**
 * The rings around a mask, in pixels of the image; filled by the even-odd rule. Seen from afar, corners that nobody can
 * tell apart are left out: they would cost as much as those that show.
 *
 * @param {Mask} mask
 * @param {Viewport} viewport
 * @returns {Path2D}
 */
export function shapeOf(mask, { scale, pixelRatio }) {
  const known = traced.get(mask) ?? { rings: outline(mask), paths: new Map() };
  traced.set(mask, known);
  const coarseness = Math.max(0, Math.floor(Math.log2(1 / (scale * pixelRatio))));
  let path = known.paths.get(coarseness);
  if (!path) {
    path = pathOf(known.rings, coarseness ? COARSE_STEP * 2 ** coarseness : 0);
    known.paths.set(coarseness, path);
  }
  return path;
}

/**
 * @param {readonly number[][][]} rings
 * @param {number} step corners that are nearer to the last one are left out, in pixels of the image.
 * @returns {Path2D}
 */
function pathOf(rings, step) {
  const path = new Path2D();
  for (const ring of rings) {
    let [lastX, lastY] = [Infinity, Infinity];
    ring.forEach(([x = 0, y = 0], index) => {
      if (!index) {
        path.moveTo(x, y);
      } else if (Math.abs(x - lastX) + Math.abs(y - lastY) >= step) {
        path.lineTo(x, y);
      } else {
        return;
      }
      [lastX, lastY] = [x, y];
    });
    path.closePath();
  }
  return path;
}

/**
 * Make a context draw in pixels of the image.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Viewport} viewport
 */
export function inImage(context, { scale, offsetX, offsetY, pixelRatio }) {
  const factor = scale * pixelRatio;
  context.setTransform(factor, 0, 0, factor, offsetX * pixelRatio, offsetY * pixelRatio);
}

/**
 * Whether any of a mask's window is on the screen.
 *
 * @param {Mask} mask
 * @param {Viewport} viewport
 * @returns {boolean}
 */
export function isSeen(mask, viewport) {
  const [left, top] = viewport.toScreen(mask.x, mask.y);
  const [right, bottom] = viewport.toScreen(mask.x + mask.width, mask.y + mask.height);
  return right >= 0 && bottom >= 0 && left <= viewport.width && top <= viewport.height;
}

// Tools that ask the network: a box around what it missed, and points that mend what it made.

import { itemOf } from "../sheet.js";
import { boxBetween } from "../stage/sketches.js";
import { askForBox, askForPoints } from "./asking.js";
import { click } from "./select.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("../state.js").Place} Place */
/** @typedef {import("../state.js").Sketch} Sketch */
/** @typedef {import("./tool.js").Tool} Tool */
/** @typedef {import("./tool.js").Hand} Hand */

const LEAST = 5; // CSS pixels; what is smaller was a click

/**
 * A box that is drawn by dragging.
 *
 * @param {Bench} bench
 * @param {(box: [number, number, number, number]) => void} done
 * @returns {Tool}
 */
export function boxTool(bench, done) {
  /** @type {Place | null} */
  let from = null;
  return {
    cursor: "crosshair",
    down({ place }) {
      from = held(bench, place);
      return true;
    },
    move({ place }) {
      if (from) {
        bench.set({ sketch: { kind: "box", from, to: held(bench, place) } });
      }
    },
    up(hand) {
      const box = from && boxBetween(from, held(bench, hand.place));
      from = null;
      bench.set({ sketch: null });
      if (box && Math.min(box[2], box[3]) * bench.stage.viewport.scale >= LEAST) {
        done(box);
      } else {
        click(bench, hand);
      }
    },
    cancel() {
      from = null;
      bench.set({ sketch: null });
    },
  };
}

/**
 * @param {Bench} bench
 * @returns {Tool}
 */
export function promptBoxTool(bench) {
  return boxTool(bench, (box) => void askForBox(bench, box));
}

/**
 * A point counts when the pointer is up again: a finger that is joined by a second one moves the image, and sets none.
 *
 * @param {Bench} bench
 * @returns {Tool}
 */
export function promptPointTool(bench) {
  /** @type {Hand | null} */
  let pressed = null;
  return {
    cursor: "crosshair",
    down(hand) {
      pressed = bench.sheet && hand;
      return pressed !== null;
    },
    move() {},
    up() {
      if (pressed) {
        addPoint(bench, pressed);
      }
      pressed = null;
    },
    cancel() {
      pressed = null;
    },
  };
}

/**
 * @param {Bench} bench
 * @param {Hand} hand
 */
function addPoint(bench, { place, alternate }) {
  const { sheet, store } = bench;
  if (!sheet) {
    return;
  }
  const before = pointsSoFar(store.state.sketch, itemOf(sheet, sheet.selected));
  const [x, y] = held(bench, place);
  const onObject = !(alternate || store.state.negative);
  const box = before.box && onObject ? including(before.box, [x, y]) : before.box;
  bench.set({ sketch: { ...before, box, points: [...before.points, [x, y, onObject]] } });
  void askForPoints(bench);
}

/**
 * The points on an object so far; where they begin, its box goes with them.
 *
 * @param {Sketch | null} sketch
 * @param {import("../sheet.js").Item | null} item `null`: they make a new object.
 * @returns {Extract<Sketch, {kind: "points"}>}
 */
function pointsSoFar(sketch, item) {
  const key = item ? item.key : null;
  if (sketch?.kind === "points" && sketch.key === key) {
    return sketch;
  }
  const box = item ? [item.mask.x, item.mask.y, item.mask.width, item.mask.height] : null;
  return { kind: "points", key, box, points: [] };
}

/**
 * @param {number[]} box
 * @param {Place} place
 * @returns {number[]}
 */
function including([x = 0, y = 0, width = 0, height = 0], place) {
  const [left, top] = [Math.min(x, place[0]), Math.min(y, place[1])];
  const [right, bottom] = [Math.max(x + width, place[0]), Math.max(y + height, place[1])];
  return [left, top, right - left, bottom - top];
}

/**
 * The nearest place of the image.
 *
 * @param {Bench} bench
 * @param {Place} place
 * @returns {Place}
 */
export function held({ sheet }, [x, y]) {
  const { width, height } = sheet?.image ?? { width: 0, height: 0 };
  return [Math.min(width, Math.max(0, x)), Math.min(height, Math.max(0, y))];
}

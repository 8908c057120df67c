// Tools that mark objects without outlining them, and the line that splits one. What was just marked is not selected:
// the next number key names what is marked next.

import { cut } from "../../core/mask.js";
import { addBox, addPoint, addStroke, itemOf, select, split } from "../sheet.js";
import { boxTool, held } from "./prompts.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("../state.js").Place} Place */
/** @typedef {import("./tool.js").Tool} Tool */

/**
 * @param {Bench} bench
 * @returns {Tool}
 */
export function markBoxTool(bench) {
  return boxTool(bench, (box) => bench.edit((sheet) => select(addBox(sheet, box), null)));
}

/**
 * @param {Bench} bench
 * @returns {Tool}
 */
export function markPointTool(bench) {
  let isDown = false;
  return {
    cursor: "crosshair",
    down({ place }) {
      bench.edit((sheet) => select(addPoint(sheet, ...held(bench, place)), null));
      isDown = true;
      return true;
    },
    move() {},
    up() {
      isDown = false;
    },
    cancel() {
      if (isDown) {
        bench.store.dispatch({ type: "undo" });
      }
      isDown = false;
    },
  };
}

/**
 * A line that is drawn by dragging.
 *
 * @param {Bench} bench
 * @param {(path: readonly Place[], alternate: boolean) => void} done
 * @returns {Tool}
 */
function lineTool(bench, done) {
  /** @type {Place[]} */
  let path = [];
  let alternate = false;
  return {
    cursor: "crosshair",
    down(hand) {
      path = [held(bench, hand.place)];
      alternate = hand.alternate;
      bench.set({ sketch: { kind: "line", path } });
      return true;
    },
    move(hand) {
      path = [...path, ...hand.path.map((place) => held(bench, place))];
      bench.set({ sketch: { kind: "line", path } });
    },
    up() {
      bench.set({ sketch: null });
      done(path, alternate);
    },
    cancel() {
      bench.set({ sketch: null });
    },
  };
}

/**
 * A stroke on an object; with Alt, on the ground.
 *
 * @param {Bench} bench
 * @returns {Tool}
 */
export function scribbleTool(bench) {
  return lineTool(bench, (path, alternate) => {
    const ground = alternate || bench.store.state.negative;
    bench.edit((sheet) => select(addStroke(sheet, path, ground ? 0 : sheet.category), null));
  });
}

/**
 * @param {Bench} bench
 * @returns {Tool}
 */
export function cutTool(bench) {
  return lineTool(bench, (path) => {
    const before = bench.sheet;
    bench.edit((sheet) => {
      const item = itemOf(sheet, sheet.selected);
      const { width, height } = sheet.image;
      return item ? split(sheet, item.key, cut(item.mask, path, width, height)) : sheet;
    });
    if (bench.sheet === before) {
      bench.tell("The line cuts nothing off: draw it right across the object.");
    } else {
      bench.set({ tool: "select" });
    }
  });
}

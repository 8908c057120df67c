// Select what is under the pointer; move marks; everything else moves the image.

import { itemAt, replaceMark, select } from "../sheet.js";
import { markUnder, moved } from "./mark_places.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("./tool.js").Tool} Tool */
/** @typedef {import("./tool.js").Hand} Hand */

const REACH = 9; // CSS pixels within which a mark is hit

/**
 * @param {Bench} bench
 * @returns {Tool}
 */
export function selectTool(bench) {
  /** @type {{grip: import("./mark_places.js").Grip, from: import("../state.js").Place, begun: boolean} | null} */
  let held = null;

  /** @param {Hand} hand */
  function hold({ place }) {
    const { sheet } = bench;
    const grip = sheet && markUnder(sheet, place, REACH / bench.stage.viewport.scale);
    if (!grip) {
      return false;
    }
    bench.look((state) => select(state, grip.key));
    held = { grip, from: place, begun: false };
    return true;
  }

  return {
    cursor: "grab",
    down: hold,
    move({ place }) {
      if (!held || !bench.sheet) {
        return;
      }
      const { grip, from } = held;
      const where = moved(grip, [place[0] - from[0], place[1] - from[1]]);
      if (held.begun) {
        bench.look((state) => replaceMark(state, grip.key, where));
      } else {
        bench.edit((state) => replaceMark(state, grip.key, where));
        held.begun = true;
      }
    },
    up() {
      held = null;
    },
    cancel() {
      if (held?.begun) {
        bench.store.dispatch({ type: "undo" });
      }
      held = null;
    },
  };
}

/**
 * A click, with whichever tool moves the image: selects an object, or with Shift picks one beside the selected.
 *
 * @param {Bench} bench
 * @param {Hand} hand
 */
export function click(bench, { place: [x, y], extend }) {
  const { sheet } = bench;
  if (!sheet) {
    return;
  }
  const key = itemAt(sheet, x, y);
  if (!extend || sheet.selected === null) {
    bench.look((state) => select(state, key));
    bench.set({ also: new Set() });
  } else if (key !== null) {
    pickAlso(bench, key);
  }
}

/**
 * Pick an object beside the selected one, or leave it again.
 *
 * @param {Bench} bench
 * @param {number} key
 */
export function pickAlso(bench, key) {
  const { also } = bench.store.state;
  if (key === bench.sheet?.selected) {
    return;
  }
  const others = new Set(also);
  if (!others.delete(key)) {
    others.add(key);
  }
  bench.set({ also: others });
}

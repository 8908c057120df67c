// Areas by their border: a polygon of clicks, a line drawn by hand, or one that clings to edges.

import { polygon, subtract, union } from "../../core/mask.js";
import { add, itemOf, replaceMask } from "../sheet.js";
import { Magnet } from "./magnet.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("../state.js").Place} Place */
/** @typedef {import("./tool.js").Hand} Hand */
/** @typedef {import("./tool.js").Tool} Tool */

const CLOSE = 9; // CSS pixels from the first corner within which a click closes the area
const NEARLY_CLOSE = 27; // the same where a line that was drawn by hand ends
const STEP = 3; // CSS pixels between corners that are drawn by hand
const DRAWN = 8; // corners of one press from which on it was drawn by hand, and not clicked
const FAR = 140; // CSS pixels after which the magnetic line is held by itself

/** @implements {Tool} */
export class AreaTool {
  cursor = "crosshair";
  #bench;
  #magnet;
  /** How many corners there were before each click, for stepping back. @type {number[]} */
  #clicks = [];
  /** What the pointer that is down does. @type {"" | "holds" | "closes"} */
  #press = "";

  /**
   * @param {Bench} bench
   * @param {boolean} clings to edges.
   */
  constructor(bench, clings) {
    this.#bench = bench;
    this.#magnet = clings ? new Magnet(bench.stage) : null;
  }

  /** @param {Hand} hand */
  down({ place }) {
    if (!this.#bench.sheet) {
      return false;
    }
    const corners = this.#corners;
    const [first] = corners;
    const closes = first && corners.length > 2 && this.#far(first, place) <= CLOSE;
    this.#press = closes ? "closes" : "holds";
    if (!closes) {
      this.#hold(place);
    }
    return true;
  }

  /** @param {Hand} hand */
  move({ path }) {
    if (this.#press !== "holds" || this.#magnet) {
      return; // a magnetic line is made by clicks
    }
    const corners = [...this.#corners];
    for (const place of path) {
      const last = corners.at(-1);
      if (!last || this.#far(last, place) >= STEP) {
        corners.push(place);
      }
    }
    this.#show(corners, []);
  }

  /** @param {Hand} hand */
  up({ place }) {
    const press = this.#press;
    this.#press = "";
    const corners = this.#corners;
    const [first] = corners;
    const isDrawn = press === "holds" && !this.#magnet && corners.length - (this.#clicks.at(-1) ?? 0) > DRAWN;
    if (press === "closes" || (first && isDrawn && this.#far(first, place) <= NEARLY_CLOSE)) {
      this.finish();
    }
  }

  /** The corners of the press that is open go, and those before it stay: a second finger moves the image, say. */
  cancel() {
    if (this.#press === "holds") {
      this.stepBack();
    }
    this.#press = "";
  }

  abandon() {
    this.#press = "";
    this.#clicks = [];
    this.#bench.set({ sketch: null });
  }

  /** @param {Hand} hand */
  hover({ place }) {
    const corners = this.#corners;
    const last = corners.at(-1);
    if (!last) {
      return;
    }
    if (this.#magnet && this.#far(last, place) > FAR) {
      this.#hold(place);
    } else {
      this.#show(corners, this.#magnet ? this.#magnet.wayTo(place) : [place]);
    }
  }

  /** A magnetic line clings to the edge on its way back as well: what was shown is what comes of it. */
  finish() {
    const before = this.#corners;
    const [first] = before;
    const corners = first && this.#magnet ? [...before, ...this.#magnet.wayTo(first)] : before;
    this.abandon();
    if (before.length >= 3) {
      applyArea(this.#bench, corners);
    }
  }

  stepBack() {
    const corners = this.#corners;
    const kept = corners.slice(0, this.#clicks.pop() ?? 0);
    const last = kept.at(-1);
    this.#show(kept, []);
    if (last) {
      this.#magnet?.holdAt(last);
    }
    return corners.length > 0;
  }

  /** @returns {readonly Place[]} */
  get #corners() {
    const { sketch } = this.#bench.store.state;
    return sketch?.kind === "area" ? sketch.corners : [];
  }

  /** @param {Place} place */
  #hold(place) {
    const before = this.#corners;
    const way = before.length && this.#magnet ? this.#magnet.wayTo(place) : [place];
    this.#clicks = before.length ? [...this.#clicks, before.length] : [0];
    this.#show([...before, ...way], []);
    this.#magnet?.holdAt(place);
  }

  /**
   * @param {readonly Place[]} corners
   * @param {readonly Place[]} tip
   */
  #show(corners, tip) {
    this.#bench.set({ sketch: corners.length ? { kind: "area", corners, tip } : null });
  }

  /**
   * @param {Place} one
   * @param {Place} other
   * @returns {number} CSS pixels.
   */
  #far(one, other) {
    return Math.hypot(one[0] - other[0], one[1] - other[1]) * this.#bench.stage.viewport.scale;
  }
}

/**
 * Make an area an object of its own, add it to the selected one, or cut it off.
 *
 * @param {Bench} bench
 * @param {readonly Place[]} corners
 */
function applyArea(bench, corners) {
  const { combine } = bench.store.state;
  bench.edit((sheet) => {
    const mask = polygon(corners, sheet.image.width, sheet.image.height);
    const item = itemOf(sheet, sheet.selected);
    if (combine === "new" || !item) {
      return add(sheet, mask, sheet.category, null, { edits: corners.length });
    }
    const after = combine === "add" ? union(item.mask, mask) : subtract(item.mask, mask);
    return replaceMask(sheet, item.key, after);
  });
}

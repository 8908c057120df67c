// A line that clings to the edges that are seen: paths are searched on the screen, at the scale at which people look.

import { edgeCost, pathTo, wiresFrom } from "../../core/magnetic.js";

/** @typedef {import("../state.js").Place} Place */
/** @typedef {import("../stage/stage.js").Stage} Stage */

const REACH = 180; // CSS pixels around the last corner in which paths are searched
const EVERY = 2; // pixels of a path between the corners that are kept

export class Magnet {
  #stage;
  /**
   * @type {{viewport: import("../../core/viewport.js").Viewport, left: number, top: number,
   *   wires: import("../../core/magnetic.js").Wires} | null}
   */
  #search = null;
  /** @type {Place | null} */
  #held = null;

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage;
  }

  /** @param {Place} place from which lines go on. */
  holdAt(place) {
    this.#held = place;
    this.#search = null;
  }

  /**
   * @param {Place} place
   * @returns {Place[]} the corners of the way there, without the first; a straight line where no way is known.
   */
  wayTo(place) {
    const search = this.#searched();
    if (!search) {
      return [place];
    }
    const { viewport, left, top, wires } = search;
    const [x, y] = viewport.toScreen(...place);
    const inside = x >= left && y >= top && x < left + wires.box.width && y < top + wires.box.height;
    if (!inside) {
      return [place];
    }
    const way = pathTo(wires, [x - left, y - top]).filter((_, index) => index % EVERY === EVERY - 1);
    /** @type {Place[]} */
    const corners = way.map(([column, row]) => viewport.toImage(left + column + 0.5, top + row + 0.5));
    return [...corners, place];
  }

  #searched() {
    const { viewport } = this.#stage;
    if (this.#search?.viewport === viewport || !this.#held) {
      return this.#search;
    }
    const [x, y] = viewport.toScreen(...this.#held);
    const left = Math.max(0, Math.floor(x) - REACH);
    const top = Math.max(0, Math.floor(y) - REACH);
    const width = Math.min(Math.floor(viewport.width), Math.floor(x) + REACH) - left;
    const height = Math.min(Math.floor(viewport.height), Math.floor(y) + REACH) - top;
    if (width < 8 || height < 8 || x < left || y < top) {
      this.#search = null; // the last corner is not on the screen
      return null;
    }
    const cost = edgeCost(grayOf(this.#stage.photoPixels(left, top, width, height)), width, height);
    /** @type {[number, number]} */
    const from = [Math.floor(x) - left, Math.floor(y) - top];
    const wires = wiresFrom(cost, width, from, { x: 0, y: 0, width, height });
    this.#search = { viewport, left, top, wires };
    return this.#search;
  }
}

/**
 * @param {ImageData} pixels
 * @returns {Float32Array} brightness, 0 to 255 (ITU-R BT.601).
 */
function grayOf({ data }) {
  const gray = new Float32Array(data.length / 4);
  for (let place = 0; place < gray.length; place++) {
    const at = 4 * place;
    gray[place] = 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  }
  return gray;
}

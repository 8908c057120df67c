// Brush and eraser. A stroke is drawn as it is made, piece by piece, and becomes one step to undo when it ends.

import { EMPTY } from "../../core/mask.js";
import { beginPainting, paint, painted } from "../../core/painting.js";
import { add, itemOf, replaceMask, select } from "../sheet.js";
import { colourOf } from "../stage/layers.js";
import { inImage } from "../stage/shapes.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("../sheet.js").Item} Item */
/** @typedef {import("../sheet.js").SheetState} SheetState */
/** @typedef {import("../state.js").Place} Place */
/** @typedef {import("./tool.js").Hand} Hand */
/** @typedef {import("./tool.js").Tool} Tool */

/**
 * @typedef {{painting: import("../../core/painting.js").Painting, key: number | null, last: Place, erases: boolean,
 *   canvas: CanvasRenderingContext2D}} Stroke
 *   `key` of the object that is painted on, which stays the same whatever is selected meanwhile; `null`: a new one.
 */

/** @implements {Tool} */
export class PaintTool {
  cursor = "none";
  #bench;
  #erases;
  /** @type {Stroke | null} */
  #stroke = null;

  /**
   * @param {Bench} bench
   * @param {boolean} erases always; else with the alternate button.
   */
  constructor(bench, erases) {
    this.#bench = bench;
    this.#erases = erases;
  }

  /** @param {Hand} hand */
  down({ place, alternate }) {
    const { sheet } = this.#bench;
    if (!sheet) {
      return false;
    }
    const item = itemOf(sheet, sheet.selected);
    const erases = this.#erases || alternate;
    if (erases && !item) {
      this.#bench.tell("Select the object from which to erase.");
      return true;
    }
    const { width, height } = sheet.image;
    const painting = beginPainting(item?.mask ?? EMPTY, width, height);
    this.#stroke = { painting, key: item && item.key, last: place, erases, canvas: this.#canvas(sheet, item, erases) };
    this.#draw(this.#stroke, [place]);
    return true;
  }

  /** @param {Hand} hand */
  move({ path }) {
    if (this.#stroke) {
      this.#draw(this.#stroke, path);
    }
  }

  up() {
    if (!this.#stroke) {
      return;
    }
    const { painting, key } = this.#stroke;
    const mask = painted(painting);
    this.cancel();
    this.#bench.edit((sheet) => {
      const item = itemOf(sheet, key);
      return item
        ? replaceMask(select(sheet, item.key), item.key, mask)
        : add(sheet, mask, sheet.category, null, { edits: 1 });
    });
  }

  cancel() {
    if (this.#stroke) {
      this.#stroke.canvas.globalCompositeOperation = "source-over";
      this.#stroke = null;
      this.#bench.stage.endPainting();
    }
  }

  /**
   * @param {SheetState} sheet
   * @param {Item | null} item
   * @param {boolean} erases
   */
  #canvas(sheet, item, erases) {
    const { stage, store } = this.#bench;
    const canvas = stage.beginPainting();
    inImage(canvas, stage.viewport);
    canvas.lineCap = canvas.lineJoin = "round";
    canvas.lineWidth = 2 * store.state.size;
    canvas.globalCompositeOperation = erases ? "destination-out" : "source-over";
    canvas.strokeStyle = colourOf(store.state, item?.category ?? sheet.category);
    return canvas;
  }

  /**
   * Only what is new is drawn, whatever the size of the object.
   *
   * @param {Stroke} stroke
   * @param {readonly Place[]} path since the last piece.
   */
  #draw(stroke, path) {
    const { painting, last, erases, canvas } = stroke;
    paint(painting, [last, ...path], this.#bench.store.state.size, erases);
    canvas.beginPath();
    canvas.moveTo(...last);
    for (const place of path) {
      canvas.lineTo(...place);
    }
    canvas.stroke();
    stroke.last = path.at(-1) ?? last;
  }
}

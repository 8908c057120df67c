// The stage: canvases on each other, the part of the image that they show, and when each is drawn again.

import { Viewport } from "../../core/viewport.js";
import { find } from "../../page/dom.js";
import { drawActive, drawMarks, drawMasks, drawSelection } from "./layers.js";
import { Moving } from "./moving.js";
import { changedBox, patchOf } from "./redrawing.js";
import { drawSketch } from "./sketches.js";
import { Tiles } from "./tiles.js";

/** @typedef {import("../state.js").PageState} PageState */
/** @typedef {import("../state.js").PageStore} PageStore */
/** @typedef {import("../sheet.js").SheetState} SheetState */
/** @typedef {import("../../core/wire.js").ImageFacts} ImageFacts */
/** @typedef {"photo" | "masks" | "active" | "overlay"} LayerName */

/** @type {readonly LayerName[]} */
const ON_PHOTO = ["masks", "active", "overlay"];
/** @type {readonly LayerName[]} */
const LAYERS = ["photo", ...ON_PHOTO];
export const MARGIN = 16;
const CONTROLS = 56; // CSS pixels above and below that a whole image leaves to what floats over it
export const MOST_ON_FITTING = 8;

export class Stage {
  /** @type {Record<LayerName, HTMLCanvasElement>} */
  #canvases;
  /** @type {Set<LayerName>} */
  #dirty = new Set();
  #frame = 0;
  /** @type {ImageFacts | null} */
  #image = null;
  #moving;
  #store;
  #tiles;
  /** Whether a stroke is on the active layer, which then is left alone. */
  #painting = false;
  /** Whether the whole image is shown, and still should be when the stage changes its size. */
  #fitted = true;
  /** @type {{viewport: Viewport, sheet: SheetState} | null} what the layer of masks shows. */
  #masksOf = null;
  /** @type {((viewport: Viewport) => void)[]} */
  #watchers = [];

  /** @param {PageStore} store */
  constructor(store) {
    this.#store = store;
    this.element = find("#stage", HTMLElement);
    this.#canvases = {
      photo: find("#photo", HTMLCanvasElement),
      masks: find("#masks", HTMLCanvasElement),
      active: find("#active", HTMLCanvasElement),
      overlay: find("#overlay", HTMLCanvasElement),
    };
    this.#moving = new Moving(
      ON_PHOTO.map((layer) => this.#canvases[layer]),
      () => this.redraw(...ON_PHOTO),
    );
    this.#tiles = new Tiles(() => this.redraw("photo"));
    this.viewport = this.#measured();
    new ResizeObserver(() => this.#resize()).observe(this.element);
    store.subscribe((state, before) => this.#follow(state, before));
    this.#resize();
  }

  /** @param {(viewport: Viewport) => void} watcher is called when another part of the image is shown. */
  watch(watcher) {
    this.#watchers.push(watcher);
  }

  /** @param {...LayerName} layers */
  redraw(...layers) {
    for (const layer of layers) {
      this.#dirty.add(layer);
    }
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  /**
   * @param {Viewport} viewport
   * @param {{fitted?: boolean}} [options]
   */
  show(viewport, { fitted = false } = {}) {
    const image = this.#image;
    this.#fitted = fitted;
    this.viewport = image ? viewport.heldIn(image.width, image.height) : viewport;
    this.redraw("photo", ...(this.#moving.follow(this.viewport) ? [] : ON_PHOTO));
    for (const watcher of this.#watchers) {
      watcher(this.viewport);
    }
  }

  fit() {
    if (this.#image) {
      this.show(whole(this.viewport, this.#image), { fitted: true });
    }
  }

  /**
   * @param {number} factor
   * @param {number} [x] on the stage; its middle unless given.
   * @param {number} [y]
   */
  zoom(factor, x = this.viewport.width / 2, y = this.viewport.height / 2) {
    this.show(this.viewport.zoomAt(x, y, factor));
  }

  /**
   * Fetch an image's first tiles before it is shown.
   *
   * @param {string} project
   * @param {ImageFacts} image
   */
  preload(project, image) {
    this.#tiles.preload(whole(this.viewport, image), project, image);
  }

  /**
   * The layer of the selected object, for a stroke that is painted on it; drawn in pixels of the image.
   *
   * @returns {CanvasRenderingContext2D}
   */
  beginPainting() {
    if (this.#dirty.size || this.#moving.isMoved) {
      this.redraw(...ON_PHOTO);
      this.#draw();
    }
    this.#painting = true;
    this.redraw("overlay");
    return this.#context("active");
  }

  get isPainting() {
    return this.#painting;
  }

  /** The layer is drawn from the state again. */
  endPainting() {
    this.#painting = false;
    this.redraw("active", "overlay");
  }

  /**
   * What the photograph shows of a part of the stage, as it is on the screen.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   * @returns {ImageData} one pixel for each CSS pixel.
   */
  photoPixels(x, y, width, height) {
    const copy = new OffscreenCanvas(width, height);
    const context = copy.getContext("2d", { willReadFrequently: true });
    if (!context) {
      throw new Error("the browser refuses a canvas");
    }
    const ratio = this.viewport.pixelRatio;
    context.drawImage(this.#canvases.photo, x * ratio, y * ratio, width * ratio, height * ratio, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }

  #measured() {
    const { clientWidth, clientHeight } = this.element;
    return new Viewport({ width: clientWidth, height: clientHeight, pixelRatio: devicePixelRatio });
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.element;
    const ratio = devicePixelRatio;
    for (const canvas of Object.values(this.#canvases)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const fitted = this.#fitted;
    this.show(this.viewport.resized(width, height, ratio), { fitted });
    if (fitted) {
      this.fit();
    }
    this.redraw(...LAYERS);
    this.#draw(); // at once: a canvas that changed its size is empty
  }

  /**
   * @param {PageState} state
   * @param {PageState} before
   */
  #follow(state, before) {
    const image = state.work?.present.image ?? null;
    if (image?.id !== this.#image?.id) {
      this.#image = image;
      this.fit();
      this.redraw(...LAYERS);
    }
    if (state.work !== before.work) {
      this.redraw("masks", "active", "overlay");
    }
    if (state.sketch !== before.sketch || state.also !== before.also || state.asking !== before.asking) {
      this.redraw("overlay");
    }
    this.element.dataset.leaving = String(state.leaving);
    this.element.dataset.masks = state.masksHidden ? "hidden" : "shown";
  }

  /** @param {LayerName} layer */
  #context(layer) {
    const context = this.#canvases[layer].getContext("2d");
    if (!context) {
      throw new Error("the browser refuses a canvas");
    }
    return context;
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (ON_PHOTO.some((layer) => this.#dirty.has(layer)) && this.#moving.settle(this.viewport)) {
      ON_PHOTO.forEach((layer) => this.#dirty.add(layer)); // one of them alone would lie beside the others
    }
    const layers = [...this.#dirty].filter((layer) => layer !== "active" || !this.#painting);
    this.#dirty.clear();
    for (const layer of layers) {
      const context = this.#context(layer);
      context.resetTransform();
      if (layer === "masks" && this.#mendMasks(context)) {
        continue;
      }
      context.clearRect(0, 0, context.canvas.width, context.canvas.height);
      this.#drawLayer(layer, context);
    }
  }

  /**
   * Draw masks again where they changed, if that is not everywhere.
   *
   * @param {CanvasRenderingContext2D} context
   * @returns {boolean} whether that was enough.
   */
  #mendMasks(context) {
    const { state } = this.#store;
    const { viewport } = this;
    const shown = this.#masksOf;
    const sheet = state.work?.present ?? null;
    this.#masksOf = sheet && { viewport, sheet };
    const box = sheet && shown?.viewport === viewport ? changedBox(shown.sheet, sheet) : null;
    if (!box || !sheet) {
      return false;
    }
    if (box.width) {
      const { onCanvas, inImage } = patchOf(box, viewport);
      context.save();
      context.beginPath();
      context.rect(...onCanvas);
      context.clip();
      context.clearRect(...onCanvas);
      drawMasks(context, viewport, state, sheet, inImage);
      context.restore();
    }
    return true;
  }

  /**
   * @param {LayerName} layer
   * @param {CanvasRenderingContext2D} context
   */
  #drawLayer(layer, context) {
    const { state } = this.#store;
    const { viewport } = this;
    const sheet = state.work?.present;
    if (!sheet || !state.project) {
      return;
    }
    if (layer === "photo") {
      this.#tiles.draw(context, viewport, state.project.id, sheet.image);
    } else if (layer === "masks") {
      drawMasks(context, viewport, state, sheet);
    } else if (layer === "active") {
      drawActive(context, viewport, state, sheet);
    } else {
      drawMarks(context, viewport, state, sheet);
      if (!this.#painting) {
        drawSelection(context, viewport, state, sheet);
      }
      drawSketch(context, viewport, state);
    }
  }
}

/**
 * The viewport that shows all of an image, between what floats over the stage.
 *
 * @param {Viewport} viewport
 * @param {ImageFacts} image
 */
export function whole(viewport, { width, height }) {
  const room = viewport.resized(viewport.width, Math.max(1, viewport.height - 2 * CONTROLS));
  const { scale, offsetX, offsetY } = room.fit(width, height, { margin: MARGIN, most: MOST_ON_FITTING });
  return new Viewport({ ...viewport, scale, offsetX, offsetY: offsetY + CONTROLS });
}

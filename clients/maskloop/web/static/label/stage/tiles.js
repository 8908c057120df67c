// The photograph, by tiles: what is not there yet is drawn from coarser tiles, so that there is never a hole.

import { lastLevel } from "../../core/viewport.js";
import { tileUrl } from "../../page/api.js";

/** @typedef {import("../../core/viewport.js").Viewport} Viewport */
/** @typedef {import("../../core/viewport.js").Tile} Tile */
/** @typedef {import("../../core/wire.js").ImageFacts} ImageFacts */
/** @typedef {{picture: HTMLImageElement, ready: boolean}} Kept */

const MOST_TILES = 192; // a megabyte each once they are decoded
const AGAIN_AFTER_MS = 2_000;
const CRISP_FROM = 4; // screen pixels to one of the image: then people want to see each

export class Tiles {
  /** @type {Map<string, Kept>} the least lately used first. */
  #kept = new Map();
  #room = MOST_TILES;
  #arrived;

  /** @param {() => void} arrived a tile came that may be seen. */
  constructor(arrived) {
    this.#arrived = arrived;
  }

  /**
   * Draw what is seen of an image, and fetch what is missing.
   *
   * @param {CanvasRenderingContext2D} context whose unit is one pixel of the device.
   * @param {Viewport} viewport
   * @param {string} project
   * @param {ImageFacts} image
   * @returns {boolean} whether everything was there at its full sharpness.
   */
  draw(context, viewport, project, image) {
    const { width, height } = image;
    const [sharp, coarse] = [viewport.level(width, height), lastLevel(width, height)];
    context.imageSmoothingEnabled = viewport.scale * viewport.pixelRatio < CRISP_FROM;
    context.imageSmoothingQuality = "medium";
    const wanted = viewport.visibleTiles(width, height, sharp);
    this.#room = Math.max(MOST_TILES, 2 * wanted.length); // a large screen may show more than that at once
    const pictures = wanted.map((tile) => this.#get(project, image.id, tile));
    const complete = pictures.every((picture) => picture);
    for (let level = coarse; level > sharp && !complete; level--) {
      for (const tile of viewport.visibleTiles(width, height, level)) {
        const picture = level === coarse ? this.#get(project, image.id, tile) : this.#have(project, image.id, tile);
        if (picture) {
          place(context, viewport, tile, picture);
        }
      }
    }
    wanted.forEach((tile, index) => {
      const picture = pictures[index];
      if (picture) {
        place(context, viewport, tile, picture);
      }
    });
    this.#makeRoom();
    return complete;
  }

  /**
   * Fetch what will be seen first of an image.
   *
   * @param {Viewport} viewport as it will be.
   * @param {string} project
   * @param {ImageFacts} image
   */
  preload(viewport, project, image) {
    const { width, height } = image;
    const coarse = viewport.visibleTiles(width, height, lastLevel(width, height));
    for (const tile of [...coarse, ...viewport.visibleTiles(width, height)]) {
      this.#get(project, image.id, tile);
    }
    this.#makeRoom();
  }

  /**
   * @param {string} project
   * @param {string} image
   * @param {Tile} tile
   * @returns {HTMLImageElement | null}
   */
  #have(project, image, tile) {
    const kept = this.#kept.get(tileUrl(project, image, tile.level, tile.x, tile.y));
    return kept?.ready ? kept.picture : null;
  }

  /**
   * A tile if it is there; else it is fetched.
   *
   * @param {string} project
   * @param {string} image
   * @param {Tile} tile
   * @returns {HTMLImageElement | null}
   */
  #get(project, image, tile) {
    const url = tileUrl(project, image, tile.level, tile.x, tile.y);
    const kept = this.#kept.get(url);
    if (kept) {
      this.#kept.delete(url);
      this.#kept.set(url, kept);
      return kept.ready ? kept.picture : null;
    }
    const picture = new Image();
    /** @type {Kept} */
    const coming = { picture, ready: false };
    this.#kept.set(url, coming);
    picture.src = url;
    picture.decode().then(
      () => {
        coming.ready = true;
        this.#arrived();
      },
      () => setTimeout(() => this.#forget(url), AGAIN_AFTER_MS),
    );
    return null;
  }

  /** @param {string} url of a tile that did not come. */
  #forget(url) {
    this.#kept.delete(url);
    this.#arrived();
  }

  /** Once all tiles of a view were touched: before, one that is drawn next might go to make room for its neighbour. */
  #makeRoom() {
    for (const url of this.#kept.keys()) {
      if (this.#kept.size <= this.#room) {
        return;
      }
      this.#kept.delete(url);
    }
  }
}

/**
 * Edges are on whole pixels of the device: else seams would show between neighbours.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Viewport} viewport
 * @param {Tile} tile
 * @param {HTMLImageElement} picture
 */
function place(context, { scale, offsetX, offsetY, pixelRatio }, { left, top, width, height }, picture) {
  /** @param {number} x */
  const across = (x) => Math.round((x * scale + offsetX) * pixelRatio);
  /** @param {number} y */
  const down = (y) => Math.round((y * scale + offsetY) * pixelRatio);
  const [x, y] = [across(left), down(top)];
  context.drawImage(picture, x, y, across(left + width) - x, down(top + height) - y);
}

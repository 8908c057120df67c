// Which part of an image the screen shows: screen = image * scale + offset.

export const TILE = 512; // pixels a side

/**
 * @typedef {{level: number, x: number, y: number, left: number, top: number, width: number, height: number}} Tile
 *   Level and place by which the server knows it, and where it lies, in pixels of the full image; at the far edges, it
 *   may stick out by less than a pixel of its level.
 */

/** What the screen shows. Frozen: each move makes another one. */
export class Viewport {
  /**
   * @param {{
   *   width: number, height: number, scale?: number, offsetX?: number, offsetY?: number, pixelRatio?: number,
   * }} parts `width` and `height` of the canvas in CSS pixels; `scale` CSS pixels a pixel of the image; offsets where
   *   the image's corner lies, in CSS pixels; `pixelRatio` the device's pixels a CSS pixel
   */
  constructor({ width, height, scale = 1, offsetX = 0, offsetY = 0, pixelRatio = 1 }) {
    this.width = width;
    this.height = height;
    this.scale = scale;
    this.offsetX = offsetX;
    this.offsetY = offsetY;
    this.pixelRatio = pixelRatio;
    Object.freeze(this);
  }

  /**
   * @param {number} x on the screen
   * @param {number} y
   * @returns {[number, number]} in pixels of the image
   */
  toImage(x, y) {
    return [(x - this.offsetX) / this.scale, (y - this.offsetY) / this.scale];
  }

  /**
   * @param {number} x in pixels of the image
   * @param {number} y
   * @returns {[number, number]} on the screen
   */
  toScreen(x, y) {
    return [x * this.scale + this.offsetX, y * this.scale + this.offsetY];
  }

  /**
   * Zooms about a place on the screen, which goes on showing the same pixel.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} factor above 1 to come closer
   * @param {{least?: number, most?: number}} [limits] of the scale
   * @returns {Viewport}
   */
  zoomAt(x, y, factor, { least = 1 / 64, most = 64 } = {}) {
    const scale = Math.min(most, Math.max(least, this.scale * factor));
    const [imageX, imageY] = this.toImage(x, y);
    return new Viewport({ ...this, scale, offsetX: x - imageX * scale, offsetY: y - imageY * scale });
  }

  /**
   * @param {number} dx on the screen
   * @param {number} dy
   * @returns {Viewport}
   */
  panBy(dx, dy) {
    return new Viewport({ ...this, offsetX: this.offsetX + dx, offsetY: this.offsetY + dy });
  }

  /**
   * The same part of the image at the middle of a canvas of another size.
   *
   * @param {number} width
   * @param {number} height
   * @param {number} [pixelRatio]
   * @returns {Viewport}
   */
  resized(width, height, pixelRatio = this.pixelRatio) {
    const moved = this.panBy((width - this.width) / 2, (height - this.height) / 2);
    return new Viewport({ ...moved, width, height, pixelRatio });
  }

  /**
   * Shows all of a box, in the middle; of the whole image unless one is given.
   *
   * @param {number} imageW
   * @param {number} imageH
   * @param {{margin?: number, box?: {x: number, y: number, width: number, height: number}, most?: number}} [options]
   *   margin in CSS pixels; the largest scale
   * @returns {Viewport}
   */
  fit(imageW, imageH, { margin = 0, box = { x: 0, y: 0, width: imageW, height: imageH }, most = 8 } = {}) {
    const wide = Math.max(1, this.width - 2 * margin) / box.width;
    const high = Math.max(1, this.height - 2 * margin) / box.height;
    const scale = Math.min(wide, high, most);
    const offsetX = this.width / 2 - (box.x + box.width / 2) * scale;
    const offsetY = this.height / 2 - (box.y + box.height / 2) * scale;
    return new Viewport({ ...this, scale, offsetX, offsetY });
  }

  /**
   * Moved as little as is needed for some of the image to stay on the screen.
   *
   * @param {number} imageW
   * @param {number} imageH
   * @param {number} [least] CSS pixels of the image that stay, each way
   * @returns {Viewport}
   */
  heldIn(imageW, imageH, least = 64) {
    const held = (/** @type {number} */ offset, /** @type {number} */ size, /** @type {number} */ room) => {
      const kept = Math.min(least, size, room);
      return Math.min(room - kept, Math.max(kept - size, offset));
    };
    const offsetX = held(this.offsetX, imageW * this.scale, this.width);
    const offsetY = held(this.offsetY, imageH * this.scale, this.height);
    return new Viewport({ ...this, offsetX, offsetY });
  }

  /**
   * The level at which a pixel of a tile is no larger than one of the screen.
   *
   * @param {number} imageW
   * @param {number} imageH
   * @returns {number}
   */
  level(imageW, imageH) {
    const wanted = Math.floor(Math.log2(1 / (this.scale * this.pixelRatio)) + 1e-9);
    return Math.min(lastLevel(imageW, imageH), Math.max(0, wanted));
  }

  /**
   * The tiles that cover what is seen, those at the middle of the screen first.
   *
   * @param {number} imageW
   * @param {number} imageH
   * @param {number} [level] another than that which suits the scale
   * @returns {Tile[]}
   */
  visibleTiles(imageW, imageH, level = this.level(imageW, imageH)) {
    const [left, top] = this.toImage(0, 0);
    const [right, bottom] = this.toImage(this.width, this.height);
    const columns = spans(imageW, level, left, right);
    const tiles = spans(imageH, level, top, bottom).flatMap((row) =>
      columns.map((column) => ({
        level,
        x: column.place,
        y: row.place,
        left: column.start,
        top: row.start,
        width: column.size,
        height: row.size,
      })),
    );
    const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
    const far = (/** @type {Tile} */ tile) =>
      Math.hypot(tile.left + tile.width / 2 - middleX, tile.top + tile.height / 2 - middleY);
    return tiles.sort((a, b) => far(a) - far(b));
  }
}

/**
 * The first level at which one tile holds all of the image.
 *
 * @param {number} imageW
 * @param {number} imageH
 * @returns {number}
 */
export function lastLevel(imageW, imageH) {
  let level = 0;
  while (Math.max(imageW, imageH) > TILE * 2 ** level) {
    level++;
  }
  return level;
}

/**
 * The tiles along one axis that meet a range, by their place, where they start and their size in the image's pixels.
 *
 * @param {number} size of the image
 * @param {number} level
 * @param {number} from
 * @param {number} to
 * @returns {{place: number, start: number, size: number}[]}
 */
function spans(size, level, from, to) {
  const each = 2 ** level; // pixels of the image to one of the level, also to the last one, of which a part is shown
  const pixels = Math.ceil(size / each);
  const first = Math.max(0, Math.floor(from / (TILE * each)));
  const behind = from < size ? Math.min(Math.ceil(pixels / TILE), Math.ceil(to / (TILE * each))) : first;
  return Array.from({ length: Math.max(0, behind - first) }, (_, index) => {
    const start = (first + index) * TILE;
    return { place: first + index, start: start * each, size: Math.min(TILE, pixels - start) * each };
  });
}

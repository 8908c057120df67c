// While people move the image, what lies on it is moved along as a picture, and drawn again once that rests. Thousands
// of masks take longer than a frame.

/** @typedef {import("../../core/viewport.js").Viewport} Viewport */

const RESTS_AFTER_MS = 80;
const MOST_BARE = 0.25; // of the stage, on which nothing was drawn yet
const MOST = 2; // how much larger or smaller a picture may be shown than it was drawn

export class Moving {
  #canvases;
  #rests;
  /** @type {Viewport | null} at which the canvases were drawn. */
  #drawnAt = null;
  #isMoved = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {readonly HTMLCanvasElement[]} canvases
   * @param {() => void} rests is called when they are to be drawn again.
   */
  constructor(canvases, rests) {
    this.#canvases = canvases;
    this.#rests = rests;
  }

  /** Whether the canvases show another part of the image than they were drawn for. */
  get isMoved() {
    return this.#isMoved;
  }

  /**
   * @param {Viewport} viewport that is shown now.
   * @returns {boolean} whether moving them is enough for a while: else they are to be drawn again.
   */
  follow({ scale, offsetX, offsetY, width, height, pixelRatio }) {
    const drawn = this.#drawnAt;
    const isAlike = drawn?.width === width && drawn.height === height && drawn.pixelRatio === pixelRatio;
    const by = drawn ? scale / drawn.scale : 0;
    if (!drawn || !isAlike || by > MOST || by < 1 / MOST) {
      return false;
    }
    const [x, y] = [offsetX - by * drawn.offsetX, offsetY - by * drawn.offsetY];
    const bare = Math.max(x / width, 1 - by - x / width, y / height, 1 - by - y / height);
    if (bare > MOST_BARE) {
      return false;
    }
    this.#place(`matrix(${by}, 0, 0, ${by}, ${x}, ${y})`);
    this.#isMoved = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#rests, RESTS_AFTER_MS);
    return true;
  }

  /**
   * @param {Viewport} viewport at which they are drawn now.
   * @returns {boolean} whether they were moved, so that all of them must be drawn.
   */
  settle(viewport) {
    const wasMoved = this.#isMoved;
    clearTimeout(this.#timer);
    this.#drawnAt = viewport;
    this.#isMoved = false;
    if (wasMoved) {
      this.#place("");
    }
    return wasMoved;
  }

  /** @param {string} transform */
  #place(transform) {
    for (const canvas of this.#canvases) {
      canvas.style.transform = transform;
    }
  }
}

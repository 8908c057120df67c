// Where to write an object's number: a pixel inside it, far from its edge.

/** @typedef {import("./window.js").Mask} Mask */

const MOST_CELLS = 128; // a side of the grid that is searched; more would place the number no better

/**
 * The pixel [x, y] of a mask that lies about as far from its edge as any; `null` of an empty mask.
 *
 * @param {Mask} mask
 * @returns {[number, number] | null}
 */
export function centre(mask) {
  const step = Math.max(1, Math.ceil(Math.max(mask.width, mask.height) / MOST_CELLS));
  const columns = Math.ceil(mask.width / step);
  const rows = Math.ceil(mask.height / step);
  const grid = sampled(mask, step, columns, rows);
  const best = farthest(distances(grid, columns, rows));
  if (best >= 0) {
    const [column, row] = [best % columns, Math.floor(best / columns)];
    return [mask.x + middle(column, step, mask.width), mask.y + middle(row, step, mask.height)];
  }
  const first = mask.bits.indexOf(1); // so thin that no pixel of the grid met it
  return first < 0 ? null : [mask.x + (first % mask.width), mask.y + Math.floor(first / mask.width)];
}

/**
 * @param {number} cell
 * @param {number} step
 * @param {number} size
 */
function middle(cell, step, size) {
  return Math.min(size - 1, cell * step + (step >> 1));
}

/**
 * @param {Mask} mask
 * @param {number} step
 * @param {number} columns
 * @param {number} rows
 * @returns {Int32Array} large where the cell's middle is set, else 0
 */
function sampled(mask, step, columns, rows) {
  const grid = new Int32Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = middle(row, step, mask.height) * mask.width + middle(column, step, mask.width);
      grid[row * columns + column] = mask.bits[place] ? 1 << 20 : 0;
    }
  }
  return grid;
}

/**
 * Chamfer distances to what is not set, the outside included: 3 a step, 4 a slanting one (Borgefors, *Distance
 * transformations in digital images*, 1986, section 4).
 *
 * @param {Int32Array} grid changed in place
 * @param {number} columns
 * @param {number} rows
 * @returns {Int32Array}
 */
function distances(grid, columns, rows) {
  const value = (/** @type {number} */ column, /** @type {number} */ row) =>
    column < 0 || row < 0 || column >= columns || row >= rows ? 0 : (grid[row * columns + column]);
  const lower = (/** @type {number} */ column, /** @type {number} */ row, /** @type {1 | -1} */ back) => {
    grid[row * columns + column] = Math.min(
      value(column, row),
      value(column - back, row) + 3,
      value(column - 1, row - back) + 4,
      value(column, row - back) + 3,
      value(column + 1, row - back) + 4,
    );
  };
  for (let place = 0; place < grid.length; place++) {
    lower(place % columns, Math.floor(place / columns), 1);
  }
  for (let place = grid.length - 1; place >= 0; place--) {
    lower(place % columns, Math.floor(place / columns), -1);
  }
  return grid;
}

/**
 * @param {Int32Array} grid
 * @returns {number} the place of the largest, -1 where all are 0
 */
function farthest(grid) {
  let [best, most] = [-1, 0];
  grid.forEach((distance, place) => {
    if (distance > most) {
      [best, most] = [place, distance];
    }
  });
  return best;
}
